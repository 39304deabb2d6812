"""The commands about Lakeproof itself, under one name: `kedro lakeproof …`."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lakeproof.cli.group import commands
from lakeproof.cli.options import common_options

if TYPE_CHECKING:
    from kedro.framework.startup import ProjectMetadata


@commands.group()
def lakeproof() -> None:
    """Lakeproof itself: its way into a project, its pages, and another version of it.

    \b
    Example:
        kedro lakeproof init
    """  # noqa: D301 - click wants the character itself


@lakeproof.command()
@click.option("--dry-run", "is_dry", is_flag=True, help="Show what would be written, only.")
@click.pass_obj
def init(metadata: "ProjectMetadata | None", is_dry: bool) -> None:
    """Give this project what it needs in order to have its runs recorded.

    Writes the table [tool.lakeproof] into pyproject.toml, the lines for what runs leave into
    .gitignore, and an mlflow.yml where there is none; what is there stays as it is. Each changed
    line is shown. Exit code 0: the project is set up; 2: it cannot be, and nothing was written.

    \b
    Example:
        kedro lakeproof init --dry-run
        kedro lakeproof init
    """  # noqa: D301 - click wants the character itself
    from lakeproof.commands.catalog import project_path_of
    from lakeproof.commands.init import init as room
    from lakeproof.spelling import spelled_around_colours

    changes = room.init(project_path_of(metadata), is_dry)
    click.echo(spelled_around_colours(room.render(changes, is_dry)))


@lakeproof.command()
@click.argument("wheel", type=click.Path(path_type=Path))
@click.pass_obj
def upgrade(metadata: "ProjectMetadata | None", wheel: Path) -> None:
    """Take another Lakeproof: its WHEEL goes into vendor/, its hash into the locks.

    \b
    Example:
        kedro lakeproof upgrade ~/Downloads/lakeproof-0.3.0-py3-none-any.whl
    """  # noqa: D301 - click wants the character itself
    from lakeproof.commands.itself import upgrade as room

    project = metadata.project_path if metadata is not None else Path.cwd()
    click.echo(room.render(room.upgrade(project, wheel)))


@lakeproof.command()
@click.option("--pem", "is_pem", is_flag=True, help="Print the public key as cosign reads it.")
def key(is_pem: bool) -> None:
    """Make a key to sign attestations with, if you have none, and print its public half.

    It lies in your configuration folder and only you may read it. Others believe it once their
    pyproject.toml has the printed line below [tool.lakeproof.keys]. Exit code 0; 2: trouble.

    \b
    Example:
        kedro lakeproof key
        kedro lakeproof key --pem
    """  # noqa: D301 - click wants the character itself
    from lakeproof.commands.for_others import own_key

    click.echo(own_key.public_half(is_pem), nl=False)


@commands.command()
@common_options(has_env=False)
@click.pass_obj
def stamp(metadata: "ProjectMetadata | None", as_json: bool, output: Path | None) -> None:
    """Write down of which commit this tree is, for an image that will have no .git.

    The tree must be the commit. A run without a repository believes the stamp if the source files
    are still those. Exit code 0: stamped; 2: it was not.

    \b
    Example:
        kedro stamp
    """  # noqa: D301 - click wants the character itself
    from lakeproof.commands.catalog import project_path_of
    from lakeproof.commands.output import emit
    from lakeproof.record.code import stamp as room

    done = room.write(project_path_of(metadata))
    text = f"Stamped {done.commit[:8]} into {room.FILE}: {done.tree[:19]}…"
    emit(asdict(done), lambda: text, as_json, output)


@lakeproof.command()
@click.argument("page", required=False)
@click.option("--path", "is_path", is_flag=True, help="Print where the page lies instead.")
def docs(page: str | None, is_path: bool) -> None:
    """Read a page of the documentation, of the version that is installed; without PAGE the list.

    \b
    Example:
        kedro lakeproof docs reproduce
    """  # noqa: D301 - click wants the character itself
    from lakeproof.commands.itself import pages

    found = pages.page(page)
    if is_path:
        click.echo(found.path)
    else:
        click.echo_via_pager(found.text)
