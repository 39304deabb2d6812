"""What was seen already, for whoever looks at many runs: no version is opened twice."""

from collections.abc import Callable, Hashable
from typing import Any

from lakeproof.errors import LakeproofError
from lakeproof.versioned.contract import VersionedDataset
from lakeproof.versioned.table_version import TableVersion

_MOST_TOLD = 64


class Looks:
    """The versions that were opened, those that could not be, and what else was asked."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, int | None, bool], TableVersion | LakeproofError] = {}
        self._answers: dict[Hashable, Any] = {}
        self._told: dict[int, tuple[object, str]] = {}

    def once(self, question: Hashable, ask: Callable[[], Any]) -> Any:
        """Give the answer to a question, which is asked again while it is `None`.

        Args:
            question: All that the answer hangs on, beside what does not change meanwhile.
            ask: Finds it; what it raises is raised each time.
        """
        if self._answers.get(question) is None:
            self._answers[question] = ask()
        return self._answers[question]

    def told(self, facts: object) -> str:
        """Tell facts apart by all that they say, written out once where records share them."""
        known = self._told.get(id(facts))
        if known is None:
            if len(self._told) >= _MOST_TOLD:
                self._told.clear()
            # Kept with what they say, so that no others come to lie in their place.
            known = self._told[id(facts)] = facts, repr(facts)
        return known[1]

    def at(
        self, table: VersionedDataset, version: int | None = None, *, is_whole: bool = False
    ) -> TableVersion:
        """Open a version, the newest where none is given.

        Args:
            table: The table.
            version: The version.
            is_whole: Whether all of its files must be there.

        Raises:
            LakeproofError: If it cannot be opened, or is not whole.
        """
        place = table.location.uri, version, is_whole
        if place not in self._seen:
            try:
                opened = table.open(version)
                if is_whole:
                    opened.require_files()
                self._seen[place] = opened
            except LakeproofError as error:
                self._seen[place] = error
        found = self._seen[place]
        if isinstance(found, LakeproofError):
            raise found
        return found
