"""The pages of the documentation, which come with what they describe."""

from dataclasses import dataclass
from pathlib import Path

from lakeproof.commands.command_errors import PageError

_PACKAGE = Path(__file__).parents[2]
_INDEX = "README"


@dataclass(frozen=True)
class Page:
    """A page.

    Args:
        name: What it is asked for by: its file's name without `.md`.
        path: Its file.
    """

    name: str
    path: Path

    @property
    def text(self) -> str:
        """Its Markdown."""
        return self.path.read_text(encoding="utf-8")


def page(name: str | None) -> Page:
    """Find a page.

    Args:
        name: Its name, with or without `.md`; nothing is the list of all.

    Raises:
        PageError: If there is none of that name.
    """
    wanted = (name or _INDEX).removesuffix(".md")
    places = {path.stem: path for path in sorted(_folder().glob("*.md"))}
    if wanted not in places:
        raise PageError(
            f"There is no page '{wanted}'. The pages are: "
            f"{', '.join(each for each in places if each != _INDEX)}. "
            "Read one: kedro lakeproof docs reproduce"
        )
    return Page(wanted, places[wanted])


def _folder() -> Path:
    """Find them: a wheel carries them; beside sources they lie in a folder of their own."""
    carried = _PACKAGE / "docs"
    return carried if carried.is_dir() else _PACKAGE.parents[1] / "docs"
