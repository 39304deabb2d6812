"""Where a dataset keeps what it holds, whatever its kind, and how to let that be somewhere else.

One walk over what a dataset knows: its attributes, the mappings and lists in them, the datasets
that it wraps. Whoever asks for places and whoever moves them takes the same walk, so that nothing
is moved that was not found. Not for which of them a run reads or writes (`files`), nor for where
they go in a re-run (`redirection`).
"""

import logging
import os
import re
import types
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from lakeproof.record.places.machine_places import is_above, is_of_machine

_IN_MEMORY = {"MemoryDataset", "SharedMemoryDataset"}
# The last word of a name under which a text without a slash is a path.
_OF_PATHS = frozenset({"path", "filepath", "file", "filename", "location", "root"})
_OF_FOLDERS = frozenset({"dir", "directory", "folder"})
# Under these stand places of others: of secrets, of MLflow, of the lock, of what does not last.
_PASSED_OVER = re.compile(
    r"_*(credentials?|metadata|requirements|artifact\w*|storage_options"
    r"|(\w+_)?(te?mp|cache)(_\w+)?)",
    re.IGNORECASE,
)
_LOCAL = {"", "file", "local"}
_WHERE = ("_protocol", "protocol", "_fs_prefix")
# What is handed to a library may name addresses at which nothing is kept.
_HANDED_ON = {"load_args", "_load_args", "save_args", "_save_args"}
# Where Kedro keeps what a dataset was made with.
_ARGUMENTS = "_init_args"
_MOST_CHARACTERS = 4_096
_DEEPEST = 8

# Gives the new place of an absolute one as it is written, or `None` where it stays.
Change = Callable[[str], str | None]


@dataclass(frozen=True)
class Found:
    """What a walk has found.

    Args:
        places: Absolute and without `..`, each once, in the order of the attributes.
        is_remote: Whether something is named that is no local place: a database, a bucket, an API.
    """

    places: tuple[Path, ...]
    is_remote: bool


def is_in_memory(dataset: Any) -> bool:
    """Tell a dataset that keeps nothing beyond its process; what no catalog names is one, too."""
    if dataset is None or any(kind.__name__ in _IN_MEMORY for kind in type(dataset).__mro__):
        return True
    # A cache is as lasting as what it stands before.
    return type(dataset).__name__ == "CachedDataset" and is_in_memory(vars(dataset).get("_dataset"))


def named(dataset: Any) -> Found:
    """Find every local place that a dataset names, those too at which it will keep nothing."""
    walk = _Walk(lambda _: None)
    walk.visit(dataset)
    return Found(tuple(dict.fromkeys(walk.places)), walk.is_remote)


def find(dataset: Any, project_path: Path) -> tuple[Path, ...]:
    """Find the local places at which a dataset may keep something; what is there is not looked at.

    Not a place is what holds the project, or the machine's own: an empty path, the folder of
    temporary files, an interpreter.

    Args:
        dataset: Any.
        project_path: The project's folder.
    """
    project = absolute(project_path)
    return tuple(
        place
        for place in named(dataset).places
        if not is_above(place, project) and not is_of_machine(place, project)
    )


def loads_from(dataset: Any, place: Path) -> Path:
    """Give the one version that is read of a place that holds versions; else the place itself."""
    for holder in _holders_of_versions(dataset):
        if absolute(holder._filepath) == place:
            with suppress(Exception):  # there is none
                return absolute(holder._get_load_path())
    return place


def move(dataset: Any, change: Change) -> bool:
    """Let a dataset be elsewhere, with all that it wraps.

    What it has opened already (a table, a connection) is opened anew, at the new place.

    Args:
        dataset: Changed in place: catalogs and hooks hold it.
        change: Gives the new place of one as the dataset names it, made absolute.

    Returns:
        Whether it is there with all that it has; not, where something that it opened stays open.
    """
    walk = _Walk(change)
    walk.visit(dataset)
    opened = [holder for holder in walk.holders if _has_open(holder)] if walk.has_changed else []
    is_there = [_reopen(holder, id(holder) in walk.renewed) for holder in opened]
    return all(is_there)


def absolute(place: Any) -> Path:
    """Make a place absolute, as its dataset would be taken there, without `..` in it.

    A tilde is the home folder: fsspec and pandas expand it when they open a file.
    """
    return Path(os.path.abspath(os.path.expanduser(str(place))))


class _Walk:
    """Visit everything in which a dataset can hold a place, and write there what `change` gives."""

    def __init__(self, change: Change) -> None:
        self._change = change
        self._seen: set[int] = set()
        self.places: list[Path] = []
        self.holders: list[Any] = []
        # Those whose arguments have been changed too, so that they can be made anew.
        self.renewed: set[int] = set()
        self.is_remote = False
        self.has_changed = False
        self._is_handed_on = False

    def visit(self, holder: Any, depth: int = 0) -> None:
        """Visit the attributes of a dataset, or of what it is made of."""
        is_closed = not hasattr(holder, "__dict__") or is_in_memory(holder)
        if id(holder) in self._seen or is_closed or depth > _DEEPEST:
            return
        self._seen.add(id(holder))
        if _is_dataset(holder):
            self.holders.append(holder)
        own = vars(holder)
        is_local = not any(_is_elsewhere(own.get(name)) for name in _WHERE)
        self.is_remote = self.is_remote or not is_local
        for name, value in list(own.items()):
            if _PASSED_OVER.fullmatch(name):
                continue
            if not is_local and isinstance(value, str | PurePath):
                continue
            new = self._entry(value, name, holder, depth)
            if new is not value:
                # Past what the class makes of it, and of a frozen one too.
                own[name] = new
                if name == _ARGUMENTS:
                    self.renewed.add(id(holder))

    def _entry(self, value: Any, name: str, holder: Any, depth: int) -> Any:
        if name not in _HANDED_ON:
            return self._mapped(value, name, holder, depth)
        before = self.is_remote, self._is_handed_on
        self._is_handed_on = True
        new = self._mapped(value, name, holder, depth)
        self.is_remote, self._is_handed_on = before
        return new

    def _mapped(self, value: Any, name: str, holder: Any, depth: int) -> Any:
        if isinstance(value, PurePath):
            new = self._moved(str(value))
            return value if new is None else type(value)(new)
        if isinstance(value, str):
            return self._text(value, name)
        if isinstance(value, Mapping):
            return self._mapping(value, holder, depth)
        if isinstance(value, list | tuple):
            items = [self._mapped(item, name, holder, depth + 1) for item in value]
            if all(new is old for new, old in zip(items, value, strict=True)):
                return value
            make = getattr(type(value), "_make", type(value))
            return make(items)
        if _is_dataset(value) or _is_part_of(value, holder):
            self.visit(value, depth + 1)
        return value

    def _mapping(self, value: Mapping[Any, Any], holder: Any, depth: int) -> Any:
        if depth > _DEEPEST:
            return value
        others = {}
        for key, item in value.items():
            if isinstance(key, str) and _PASSED_OVER.fullmatch(key):
                continue
            new = self._entry(item, str(key), holder, depth + 1)
            if new is not item:
                others[key] = new
        return {**value, **others} if others else value

    def _text(self, value: str, name: str) -> str:
        scheme, mark, rest = value.partition("://")
        if mark and re.fullmatch(r"[\w+.:-]+", scheme):
            self.is_remote = self.is_remote or scheme not in _LOCAL
            new = self._moved(rest) if scheme in _LOCAL and os.path.isabs(rest) else None
            return value if new is None else f"{scheme}://{new}"
        if not _is_path(value, name):
            return value
        # The name of a group or a column, or a format of dates, has a slash as well.
        is_certain = _is_named_so(name) or not self._is_handed_on
        if not is_certain and not os.path.isfile(os.path.expanduser(value)):
            return value
        new = self._moved(value)
        return value if new is None else new

    def _moved(self, value: str) -> str | None:
        if not value or value == ".":
            return None
        self.places.append(absolute(value))
        new = self._change(os.path.join(os.getcwd(), os.path.expanduser(value)))
        self.has_changed = self.has_changed or new is not None
        return new


def _is_path(value: str, name: str) -> bool:
    # A slash alone separates names.
    if not value.strip("/") or len(value) > _MOST_CHARACTERS or not value.isprintable():
        return False
    return os.path.isabs(value) or "/" in value.strip("/") or _is_named_so(name)


def _is_named_so(name: str) -> bool:
    return re.split(r"[_\W]", name.lower())[-1] in _OF_PATHS | _OF_FOLDERS


def _is_elsewhere(protocol: Any) -> bool:
    return isinstance(protocol, str) and protocol.removesuffix("://") not in _LOCAL


def _is_dataset(value: Any) -> bool:
    """Tell a dataset by what Kedro asks of one; a class that is no dataset may be meant, too."""
    return (
        not isinstance(value, type)
        and hasattr(value, "__dict__")
        and callable(getattr(type(value), "load", None))
        and callable(getattr(type(value), "save", None))
        and callable(getattr(type(value), "_describe", None))
    )


def _is_part_of(value: Any, holder: Any) -> bool:
    """Tell an object of the package that a dataset is of: what it is made of, and no library."""
    if isinstance(value, type | types.ModuleType | logging.Logger) or callable(value):
        return False
    package = type(holder).__module__.partition(".")[0]
    return hasattr(value, "__dict__") and type(value).__module__.partition(".")[0] == package


def _has_versions(holder: Any) -> bool:
    """Tell a dataset of which Kedro keeps versions; `version` of others is something else."""
    version = vars(holder).get("_version")
    return hasattr(version, "load") and hasattr(version, "save") and hasattr(holder, "_filepath")


def _holders_of_versions(dataset: Any) -> Iterator[Any]:
    walk = _Walk(lambda _: None)
    walk.visit(dataset)
    yield from filter(_has_versions, walk.holders)


def _has_open(holder: Any) -> bool:
    return any(_is_open(value, holder) for value in vars(holder).values())


def _is_open(value: Any, holder: Any) -> bool:
    """Tell an object of a library that may hold on to a place: a table, a connection, a file."""
    import fsspec  # type: ignore[import-untyped]

    plain = (bool, int, float, complex, str, bytes, PurePath, Mapping, list, tuple, set, frozenset)
    known = (type, types.ModuleType, logging.Logger, fsspec.AbstractFileSystem)
    if value is None or isinstance(value, (*plain, *known)) or callable(value):
        return False
    return not (_is_dataset(value) or _is_part_of(value, holder))


def _reopen(holder: Any, is_renewed: bool) -> bool:
    """Make what a dataset had opened anew, if it can be made of its arguments."""
    if not is_renewed:
        return False
    given = dict(vars(holder)[_ARGUMENTS])
    twin = object.__new__(type(holder))
    try:
        twin.__init__(**{**given.pop("kwargs", {}), **given})
    except Exception:
        return False
    vars(holder).update(vars(twin))
    return True
