"""The commands about Lakeproof itself, under one name: `kedro lakeproof …`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lakeproof.cli.group import commands

if TYPE_CHECKING:
    from kedro.framework.startup import ProjectMetadata


@commands.group()
def lakeproof() -> None:
    """Lakeproof itself: its pages, and another version of it.

    \b
    Example:
        kedro lakeproof docs reproduce
    """  # noqa: D301 - click wants the character itself


@lakeproof.command()
@click.argument("wheel", type=click.Path(path_type=Path))
@click.pass_obj
def upgrade(metadata: "ProjectMetadata | None", wheel: Path) -> None:
    """Take another Lakeproof: its WHEEL goes into vendor/, its hash into the locks.

    \b
    Example:
        kedro lakeproof upgrade ~/Downloads/lakeproof-0.3.0-py3-none-any.whl
    """  # noqa: D301 - click wants the character itself
    from lakeproof.commands import upgrade as room
    from lakeproof.commands.output import trouble_is

    with trouble_is(2):
        project = metadata.project_path if metadata is not None else Path.cwd()
        click.echo(room.render(room.upgrade(project, wheel)))


@lakeproof.command()
@click.argument("page", required=False)
@click.option("--path", "is_path", is_flag=True, help="Print where the page lies instead.")
def docs(page: str | None, is_path: bool) -> None:
    """Read a page of the documentation, of the version that is installed; without PAGE the list.

    \b
    Example:
        kedro lakeproof docs reproduce
    """  # noqa: D301 - click wants the character itself
    from lakeproof.commands import pages
    from lakeproof.commands.output import trouble_is

    with trouble_is(2):
        found = pages.page(page)
        if is_path:
            click.echo(found.path)
        else:
            click.echo_via_pager(found.text)
