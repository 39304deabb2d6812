"""What goes wrong between a table and its store, in one sentence; nothing of it is about a path."""

from collections.abc import Iterator
from contextlib import contextmanager

from lakeproof.errors import LakeproofError, TableError
from lakeproof.spelling import typed
from lakeproof.stores.troubles import StoreTrouble, trouble_of
from lakeproof.versioned.location import Location


class StoreError(TableError):
    """The store of a table cannot be asked, or does not do what it is asked for.

    Args:
        location: The table.
        trouble: What is wrong.
        outcome: What was left untouched, or what became of it.
    """

    def __init__(self, location: Location, trouble: StoreTrouble, outcome: str) -> None:
        super().__init__(
            f"Table '{location.name}' at {location.uri} cannot be reached. {trouble.what} "
            f"{outcome} {trouble.advice}"
        )
        self.trouble = trouble


@contextmanager
def explained_store(location: Location, outcome: str = "Nothing was written.") -> Iterator[None]:
    """Say in a sentence what is wrong with a store, in place of what a library says.

    Args:
        location: The table.
        outcome: What to say of it where it is the store.

    Raises:
        StoreError: Where it is the store.
        TableError: Where a file of the table is not there.
    """
    try:
        yield
    except LakeproofError:
        raise
    except Exception as error:
        if location.is_local:
            raise
        text = str(error)
        found = trouble_of(text)
        if found is not None:
            raise StoreError(location, found, outcome) from error
        if isinstance(error, FileNotFoundError) or "NoSuchKey" in text or "BlobNotFound" in text:
            raise TableError(
                f"A file of table '{location.name}' is not in its store: "
                f"{location.without_secrets(text)[:300]} {outcome} See which versions are whole: "
                f"{typed('kedro history', location.name)}"
            ) from error
        raise
