"""What is said: words and numbers, in order, without a form."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from lakeproof.views.values import shown

# `code` is set in a fixed width and may be broken anywhere.
Style = Literal["text", "code", "number", "verdict"]
Tone = Literal["good", "bad", "open", "plain"]


@dataclass(frozen=True)
class Cell:
    """One place in a table.

    Args:
        text: What it says, newlines included.
        style: What it is.
        span: How many columns it takes.
        beneath: What a writer with room adds on a line of its own.
    """

    text: str
    style: Style = "text"
    span: int = 1
    beneath: str = ""


@dataclass(frozen=True)
class Table:
    """Rows under headings; a heading is aligned as its column is.

    Args:
        headings: One per column; the first says what the rows are, whatever stands above.
        rows: As many columns each, spans counted.
        is_side: Whether a writer without room may cut the rows and say how many more there are.
    """

    headings: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]
    is_side: bool = False
    kind: ClassVar[str] = "table"

    def __bool__(self) -> bool:
        return bool(self.rows)


@dataclass(frozen=True)
class Facts:
    """Names with what there is to say of each."""

    pairs: tuple[tuple[str, Cell], ...]
    kind: ClassVar[str] = "facts"

    def __bool__(self) -> bool:
        return bool(self.pairs)


@dataclass(frozen=True)
class Sentences:
    """Sentences that each stand for themselves."""

    items: tuple[str, ...]
    kind: ClassVar[str] = "sentences"

    def __bool__(self) -> bool:
        return bool(self.items)


@dataclass(frozen=True)
class Names:
    """Many short names, in columns."""

    items: tuple[str, ...]
    kind: ClassVar[str] = "names"

    def __bool__(self) -> bool:
        return bool(self.items)


@dataclass(frozen=True)
class Listing:
    """A text whose lines and blanks matter.

    Args:
        text: Its lines.
        is_side: Whether a writer without room may leave it out.
    """

    text: str
    is_side: bool = False
    kind: ClassVar[str] = "listing"

    def __bool__(self) -> bool:
        return bool(self.text)


@dataclass(frozen=True)
class Picture:
    """A picture that the page carries within itself.

    Args:
        title: What it is called.
        source: A `data:` URI.
    """

    title: str
    source: str


@dataclass(frozen=True)
class Pictures:
    """Pictures side by side."""

    items: tuple[Picture, ...]
    kind: ClassVar[str] = "pictures"

    def __bool__(self) -> bool:
        return bool(self.items)


@dataclass(frozen=True)
class Commands:
    """What to type, each with what it is for."""

    items: tuple[tuple[str, str], ...]
    kind: ClassVar[str] = "commands"

    def __bool__(self) -> bool:
        return bool(self.items)


Block = Table | Facts | Sentences | Names | Listing | Pictures | Commands


@dataclass(frozen=True)
class Section:
    """A part of what is said.

    Args:
        title: Its heading.
        blocks: What is in it; empty ones are left out.
        note: What a reader who knows nothing of Lakeproof has to know first.
    """

    title: str
    blocks: tuple[Block, ...]
    note: str | None = None

    def __bool__(self) -> bool:
        return bool(self.blocks)


@dataclass(frozen=True)
class Page:
    """All that one HTML page says.

    Args:
        title: Of the window, and of the printed page.
        heading: What the page is.
        word: The verdict, or how the run ended.
        tone: How that is to be taken.
        meaning: The same in a sentence or two.
        facts: Which runs, and when.
        sections: The rest.
        foot: Where the page comes from.
    """

    title: str
    heading: str
    word: str
    tone: Tone
    meaning: tuple[str, ...]
    facts: Facts
    sections: tuple[Section, ...]
    foot: str


def table(
    columns: Mapping[str, Style], rows: Iterable[Sequence[Any]], is_side: bool = False
) -> Table:
    """Make a table of plain values, the style of each column by its heading.

    A row may hold cells already, which stay as they are.
    """
    styles = list(columns.values())
    return Table(
        tuple(Cell(heading, style) for heading, style in columns.items()),
        tuple(
            tuple(
                value if isinstance(value, Cell) else Cell(shown(value), style)
                for value, style in zip(row, styles, strict=False)
            )
            for row in rows
        ),
        is_side,
    )


def facts(pairs: Mapping[str, Any]) -> Facts:
    """Put names and values together; what there is nothing to say of is left out."""
    return Facts(
        tuple(
            (name, value if isinstance(value, Cell) else Cell(shown(value)))
            for name, value in pairs.items()
            if value is not None
        )
    )


def code(value: Any) -> Cell | None:
    """Give what is to be read letter by letter, such as a digest or a command; `None` for none."""
    return None if value is None else Cell(shown(value), "code")


def section(title: str, *blocks: Block, note: str | None = None) -> Section:
    """Make a section of the blocks that say something; without any it is to be left out."""
    return Section(title, tuple(block for block in blocks if block), note)
