"""The shell commands of the documentation, as its pages show them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from conftest import REPOSITORY

PAGES = [REPOSITORY / "README.md", *sorted((REPOSITORY / "packages/lakeproof/docs").glob("*.md"))]
_BLOCK = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_SHELL = ("console", "bash", "sh", "shell")
# A run's id as a page shows it: the beginning of one, never a number.
_RUN = re.compile(r"\b(?=[0-9]*[a-f])[0-9a-f]{8}\b")


@dataclass(frozen=True)
class Shown:
    """A command on a page, and what the page says comes of it.

    Args:
        page: The page's name.
        line: The command, without its comment.
        output: The lines below it, up to the next command.
    """

    page: str
    line: str
    output: tuple[str, ...]

    @property
    def error(self) -> str | None:
        """The error that is shown, up to where the page cuts it short."""
        shown = next((line for line in self.output if line.startswith("Error: ")), None)
        return None if shown is None else shown.split("…")[0].strip()

    @property
    def verdict(self) -> str | None:
        """The verdict that is shown."""
        found = (re.match(r"[A-Z]{4,}\b", line) for line in self.output)
        return next((one[0] for one in found if one), None)

    def about(self, *run_ids: str) -> str:
        """Write the command for runs that there are, instead of the page's, in their order."""
        given = iter(run_ids)
        last = run_ids[-1]
        return _RUN.sub(lambda _: next(given, last)[:8], self.line)


def page(name: str) -> Path:
    """Give the page of a name."""
    (found,) = [one for one in PAGES if one.name == name]
    return found


def commands_of(page: Path) -> Iterator[Shown]:
    """Give the commands of a page, in its order: each line of a shell block after a `$`."""
    for language, block in _BLOCK.findall(page.read_text(encoding="utf-8")):
        lines = [line.strip() for line in block.splitlines()]
        starts = [number for number, line in enumerate(lines) if line.startswith("$ ")]
        # A block of output alone has no command.
        if language in _SHELL:
            for start, end in pairwise([*starts, len(lines)]):
                line = re.sub(r"\s+#.*$", "", lines[start].removeprefix("$ "))
                yield Shown(page.name, line, tuple(lines[start + 1 : end]))


def spans_of(page: Path) -> Iterator[str]:
    """Give the commands that stand within a sentence or a table: `kedro …`."""
    text = _BLOCK.sub("", page.read_text(encoding="utf-8"))
    for span in re.findall(r"`(kedro [^`]+)`", text):
        yield span.replace("\\|", "|")
