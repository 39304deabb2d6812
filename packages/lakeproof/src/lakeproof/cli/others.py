"""The commands that hand something of a run to others: `export`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lakeproof.cli.group import commands
from lakeproof.cli.options import env_option, offer_runs, output_option, verbose_option

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
