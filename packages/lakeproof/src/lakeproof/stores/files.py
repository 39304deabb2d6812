"""The files in a store, by the same settings as its tables: listed, read and put."""

import shutil
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from lakeproof.stores.options import for_delta

if TYPE_CHECKING:
    import pyarrow.fs

# What `fetch` asks for at a time: of a longer file, pieces may be another's.
ONE_PIECE = _BLOCK = 1024 * 1024
_CONNECTIONS = 8


@dataclass(frozen=True)
class StoredFile:
    """A file in a store.

    Args:
        path: Below the place that was listed.
        size: In bytes.
        modified_ns: When it was put there, in nanoseconds since 1970.
    """

    path: str
    size: int
    modified_ns: int


def filesystem(uri: str, options: Mapping[str, str] | None) -> "pyarrow.fs.FileSystem":
    """Give PyArrow's view of what lies below a place, through delta-rs's own connection."""
    import pyarrow.fs as pafs
    from deltalake.fs import DeltaStorageHandler

    return pafs.PyFileSystem(DeltaStorageHandler(uri, for_delta(uri, options) or {}))


_looked: ContextVar[dict[str, dict[str, int]] | None] = ContextVar("_looked", default=None)


@contextmanager
def one_look() -> Iterator[None]:
    """List each place once while the block runs, however many versions are asked for."""
    token = _looked.set({})
    try:
        yield
    finally:
        _looked.reset(token)


def sizes(uri: str, options: Mapping[str, str] | None) -> dict[str, int]:
    """Map all files below a place to their sizes in bytes."""
    known = _looked.get()
    if known is not None and uri in known:
        return known[uri]
    found = {file.path: file.size for file in listed(uri, options)}
    if known is not None:
        known[uri] = found
    return found


def listed(
    uri: str, options: Mapping[str, str] | None, below: str = "", *, is_recursive: bool = True
) -> Iterator[StoredFile]:
    """Yield all files below a place, folders in folders too: one request per thousand."""
    import pyarrow.fs as pafs

    selector = pafs.FileSelector(below, allow_not_found=True, recursive=is_recursive)
    for info in filesystem(uri, options).get_file_info(selector):
        if info.type == pafs.FileType.File:
            yield StoredFile(info.path, info.size or 0, info.mtime_ns or 0)


def fetch(uri: str, options: Mapping[str, str] | None, target: Path) -> None:
    """Copy a file of a store to this machine.

    Raises:
        FileNotFoundError: If it is not there.
        OSError: If the store cannot be asked.
    """
    folder, _, name = uri.rpartition("/")
    with filesystem(folder, options).open_input_file(name) as source, target.open("wb") as file:
        shutil.copyfileobj(source, file, _BLOCK)


def put(source: Path, uri: str, options: Mapping[str, str] | None) -> None:
    """Copy a file of this machine into a store, where it counts once all of it is there.

    Raises:
        OSError: If the store cannot be asked.
    """
    folder, _, name = uri.rpartition("/")
    with source.open("rb") as file:
        _send(file, folder, name, options)


def put_text(text: str, uri: str, path: str, options: Mapping[str, str] | None) -> None:
    """Write a small file into a store, in place of one of that name.

    Args:
        text: What is in it.
        uri: A place in the store.
        path: The file, below it.
        options: The settings of the store.

    Raises:
        OSError: If the store cannot be asked.
    """
    _send(BytesIO(text.encode()), uri, path, options)


def _send(file: IO[bytes], uri: str, path: str, options: Mapping[str, str] | None) -> None:
    from deltalake.fs import DeltaStorageHandler

    handler = DeltaStorageHandler(uri, for_delta(uri, options) or {})
    # Not through PyArrow 25, which hands delta-rs 1.6 buffers where it wants bytes: no issue known.
    target: Any = handler._handler.open_output_stream(path, None)
    shutil.copyfileobj(file, target, _BLOCK)
    target.close()


def copy(
    uri: str, options: Mapping[str, str] | None, pairs: Iterable[tuple[str, str]]
) -> Iterator[str]:
    """Let a store copy files of its own: nothing of them comes here.

    Args:
        uri: A place in the store that all of them are below.
        options: The settings of the store.
        pairs: Where from and where to, below it; what is there already is replaced.

    Yields:
        Where to, as each has been done.

    Raises:
        OSError: If the store cannot be asked, or does not do it.
    """
    from deltalake.fs import DeltaStorageHandler

    # Not by its `copy_file`, which names an argument otherwise than delta-rs 1.6: no issue known.
    handler: Any = DeltaStorageHandler(uri, for_delta(uri, options) or {})._handler

    def one(pair: tuple[str, str]) -> str:
        handler.copy_file(*pair)
        return pair[1]

    with ThreadPoolExecutor(_CONNECTIONS) as pool:
        yield from pool.map(one, pairs)


def delete(uri: str, options: Mapping[str, str] | None, paths: Iterable[str]) -> None:
    """Delete files below a place, those that are gone already passed over.

    Raises:
        OSError: If the store cannot be asked, or does not do it.
    """
    below = filesystem(uri, options)

    def one(path: str) -> None:
        with suppress(FileNotFoundError):
            below.delete_file(path)

    with ThreadPoolExecutor(_CONNECTIONS) as pool:
        for _ in pool.map(one, paths):
            pass


def info(uri: str, options: Mapping[str, str] | None) -> StoredFile | None:
    """Give what a store says of a file; `None` where there is none.

    Raises:
        OSError: If the store cannot be asked.
    """
    import pyarrow.fs as pafs

    folder, _, name = uri.rpartition("/")
    found = filesystem(folder, options).get_file_info(name)
    if found.type != pafs.FileType.File:
        return None
    return StoredFile(found.path, found.size or 0, found.mtime_ns or 0)


def is_there(uri: str, options: Mapping[str, str] | None) -> bool:
    """Tell whether a store has a file.

    Raises:
        OSError: If the store cannot be asked.
    """
    return info(uri, options) is not None
