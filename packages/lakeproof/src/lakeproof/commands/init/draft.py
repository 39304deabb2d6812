"""The files of a project as they will be, beside what they are."""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from lakeproof.commands.command_errors import InitError
from lakeproof.commands.output import write_atomically
from lakeproof.inside import inside


@dataclass(frozen=True)
class Change:
    """What comes of one file.

    Args:
        name: Its path in the project.
        is_new: Whether there is none yet.
        lines: Those that are added (`+ …`) and taken away (`- …`), empty ones left out; none for
            what is no text.
    """

    name: str
    is_new: bool
    lines: tuple[str, ...]


@dataclass
class Draft:
    """A project's files and what the steps make of them, until it is written.

    Args:
        project_path: Their folder.
    """

    project_path: Path
    _drafted: dict[str, bytes] = field(default_factory=dict)

    def text(self, name: str) -> str | None:
        """Give what a file will hold, line ends as they are, or `None` where there is none.

        Raises:
            InitError: If it cannot be read as text.
        """
        content = self._drafted.get(name, self._content(name))
        try:
            return None if content is None else content.decode("utf-8")
        except UnicodeDecodeError as error:
            raise InitError(
                f"{name} is not UTF-8: byte {error.start} is none of it. Nothing was written. "
                "Save it as UTF-8, and repeat: kedro lakeproof init"
            ) from error

    def put(self, name: str, content: str | bytes) -> None:
        """Let a file hold this."""
        self._drafted[name] = content.encode("utf-8") if isinstance(content, str) else content

    def append(self, name: str, lines: tuple[str, ...], is_paragraph: bool = False) -> None:
        """Let a file end in more lines; its own stay as they are.

        Args:
            name: The file; where there is none, it is begun.
            lines: Without line ends: they get the file's.
            is_paragraph: Whether an empty line comes before them.
        """
        text = self.text(name) or ""
        end = "\r\n" if "\r\n" in text else "\n"
        if text and not text.endswith("\n"):
            text += end
        if text.strip() and is_paragraph:
            text += end
        self.put(name, text + "".join(line + end for line in lines))

    @property
    def changes(self) -> tuple[Change, ...]:
        """Give what would be changed, file by file."""
        return tuple(self._changes())

    def _changes(self) -> Iterator[Change]:
        for name, content in self._drafted.items():
            found = self._content(name)
            if content != found:
                yield Change(name, found is None, _lines(found or b"", content))

    def write(self) -> None:
        """Write what is changed, each file whole or not at all.

        Raises:
            OutputError: If a file cannot be written.
            OutsideError: If a link leads one out of the project.
        """
        for change in self.changes:
            path = inside(self.project_path, change.name)
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, self._drafted[change.name])

    def _content(self, name: str) -> bytes | None:
        path = inside(self.project_path, name)
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise InitError(
                f"{name} cannot be read: {error.strerror}. Nothing was written."
            ) from error


def _lines(before: bytes, after: bytes) -> tuple[str, ...]:
    try:
        old, new = (text.decode("utf-8").splitlines() for text in (before, after))
    except UnicodeDecodeError:
        return ()
    told = (line.rstrip() for line in difflib.ndiff(old, new))
    return tuple(line for line in told if line[:2] in ("+ ", "- "))
