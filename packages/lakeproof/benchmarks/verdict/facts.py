"""One trial and what came of it."""

from dataclasses import dataclass
from typing import Literal

PASSES = frozenset({"REPEATED", "REPRODUCED", "SAME"})


@dataclass(frozen=True)
class Trial:
    """Something that was changed, or honestly repeated, and what was said of it.

    Args:
        kind: Of fact, such as `a parameter` or `a cell of a table`.
        what: Which, in a few words.
        how: In one process, in a forked one, or by whole commands.
        is_honest: Whether nothing was changed that a verdict may hang on.
        verdict: The word, or `same` and `differs` where two digests are all there is.
        said: Everything that was said of it, as text.
        cause: One of these has to be said; nothing where no cause can be.
    """

    kind: str
    what: str
    how: Literal["values", "records", "forked", "commands"]
    is_honest: bool
    verdict: str
    said: str = ""
    cause: tuple[str, ...] = ()

    @property
    def is_pass(self) -> bool:
        """Tell whether somebody would take it for the same."""
        return self.verdict in PASSES or self.verdict == "same"

    @property
    def is_false_pass(self) -> bool:
        """Tell whether something was changed, and neither the verdict nor a factor says so."""
        return not self.is_honest and self.is_pass and not (self.cause and self.is_named)

    @property
    def is_false_alarm(self) -> bool:
        """Tell whether nothing was changed, and it is no pass."""
        return self.is_honest and not self.is_pass

    @property
    def is_named(self) -> bool:
        """Tell whether the cause is named, where there is one to name."""
        return not self.cause or any(word in self.said for word in self.cause)
