"""The commands that hand something of a run to others: `export`, `promote`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lakeproof.cli.group import commands
from lakeproof.cli.options import (
    common_options,
    env_option,
    offer_runs,
    output_option,
    verbose_option,
)

if TYPE_CHECKING:
    from kedro.framework.startup import ProjectMetadata

# Those of `lakeproof.export`, which is not imported for every command.
FORMATS = ("in-toto", "cyclonedx", "ro-crate", "openlineage")
# What was signed, and what it stands on.
SIGNED = ("attestation", "chain")


@commands.command()
@click.argument("run", shell_complete=offer_runs)
@click.option(
    "--format",
    "kind",
    type=click.Choice([*FORMATS, *SIGNED]),
    required=True,
    help="What to write it as.",
)
@env_option()
@output_option("Write it to this file instead.")
@verbose_option()
@click.pass_obj
def export(
    metadata: "ProjectMetadata | None",
    run: str,
    kind: str,
    env: str | None,
    output: Path | None,
) -> None:
    """Write the record of a run in a format that others read.

    in-toto is a Statement with SLSA's provenance, cyclonedx an ML-BOM, ro-crate the metadata of a
    Provenance Run Crate, openlineage two events, a line each. Each is made of the record alone:
    what the record does not say is not in it. attestation is the newest signed statement that the
    run was reproduced (`kedro reproduce --attest`), chain the records up to the newest one that it
    names. Exit code 0: written; 2: trouble.

    \b
    Example:
        kedro export last --format cyclonedx --output bom.json
        kedro export 3f9c2a7b --format openlineage
    """  # noqa: D301 - click wants the character itself
    from lakeproof.commands.for_others import export as room
    from lakeproof.commands.project import RunProject

    text = room.export(RunProject(metadata, env), run, kind)
    if output is not None:
        room.save(text, output)
    else:
        click.echo(text, nl=False)


@commands.command()
@click.argument("run", shell_complete=offer_runs)
@click.option("--alias", required=True, metavar="ALIAS", help="What to call the version.")
@click.option("--model", metavar="NAME", help="The registered model, where there are several.")
@common_options()
@click.pass_obj
def promote(
    metadata: "ProjectMetadata | None",
    run: str,
    alias: str,
    model: str | None,
    env: str | None,
    as_json: bool,
    output: Path | None,
) -> None:
    """Give a registered model an alias, if somebody else has reproduced its run.

    Somebody else is another checkout, user or machine, as [tool.lakeproof.promote] says; its policy
    `signed` asks for an attestation by a key that pyproject.toml lists. The registered files are
    held against the record. Exit code 0: promoted; 1: refused by the policy; 2: trouble.

    \b
    Example:
        kedro promote 3f9c2a7b --alias champion
        kedro promote last --alias champion --model wine --json
    """  # noqa: D301 - click wants the character itself
    from lakeproof.commands.for_others import promote as room
    from lakeproof.commands.output import emit
    from lakeproof.commands.project import RunProject

    done = room.promote(RunProject(metadata, env), run, alias, model)
    emit(room.document(done), lambda: room.render(done), as_json, output)
    raise click.exceptions.Exit(room.exit_code(done))
