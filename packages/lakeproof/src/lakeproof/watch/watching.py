"""While a node's function runs: an audit hook of the interpreter, and the environment's mapping.

The hook cannot be removed from a process (PEP 578). It is put in when the first node that is
watched begins, and does nothing while none is.
"""

import os
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lakeproof.watch import readers
from lakeproof.watch.callers import IMPORTING, Callers, callers
from lakeproof.watch.places import Controlled
from lakeproof.watch.seen import Seen, file_seen, listing_seen, summed, variable_seen

# More than that of one kind is one sight of all.
_MOST_OF_A_KIND = 100
# The clock of a file system is behind that of the process by as much.
_TICK_S = 0.02

# What these reach for is theirs: the machinery's own, and what a run records of MLflow and Spark.
_SILENT = {
    *("lakeproof", "kedro_mlflow", "kedro_viz", "coverage", "_pytest", "debugpy"),
    # The second takes the place of the standard library's, where it is installed.
    *(IMPORTING, "importlib_metadata"),
}
_RECORDED_OTHERWISE = {"mlflow", "git", "pyspark", "py4j", "joblib", "threadpoolctl", "loky"}
_NOT_OF_A_NODE = {"lakeproof", "kedro", "mlflow", "kedro_mlflow", "kedro_datasets", "sqlalchemy"}

# Where a library looks at them, they tell where things are and how they are shown; or the record
# holds them already.
_INFRASTRUCTURE = (
    *("HOME", "USER", "LOGNAME", "USERNAME", "PATH", "PWD", "SHELL", "TERM", "TMPDIR", "TEMP"),
    *("TMP", "COLUMNS", "LINES", "DISPLAY", "HOSTNAME", "LANG", "LANGUAGE", "TZ", "DO_NOT_TRACK"),
)
_INFRASTRUCTURE_OF = (
    *("LC_", "PYTHON", "XDG_", "VIRTUAL_ENV", "CONDA", "KEDRO_", "MLFLOW_", "LAKEPROOF_"),
    *("SPARK_", "PYSPARK_", "JAVA_", "OMP_", "OPENBLAS_", "MKL_", "NUMEXPR_", "VECLIB_", "BLIS_"),
    *("POLARS_", "PYARROW_", "ARROW_", "JOBLIB_", "LOKY_", "KMP_", "MPLBACKEND", "MPLCONFIG"),
    *("COLORTERM", "NO_COLOR"),
)


@dataclass
class NodeWatch:
    """What is seen of one node.

    Args:
        controlled: The places that need no word.
        outputs: The places at which its datasets keep what it gives. To write there needs no word;
            what lay there before is none of its inputs.
    """

    controlled: Controlled
    outputs: Controlled = field(default_factory=lambda: Controlled([]))
    is_paused: bool = False
    _seen: dict[tuple[str, str], Seen] = field(default_factory=dict)
    _created: set[str] = field(default_factory=set)
    # What MLflow writes in order to log it.
    _passed_on: set[str] = field(default_factory=set)
    _resolved: set[str] = field(default_factory=set)
    _has_all_variables: bool = False
    _began: float = field(default_factory=time.time)

    def seen(self) -> tuple[Seen, ...]:
        """Give all sights, in order of kind and name, many of one kind as one."""
        written = [
            found
            for path in sorted(self._created)
            # A temporary file that is gone was nobody's.
            if os.path.isfile(path) and (found := file_seen("written", path)) is not None
        ]
        by_kind: dict[str, list[Seen]] = {}
        for one in [*self._seen.values(), *written]:
            by_kind.setdefault(one.kind, []).append(one)
        if self._has_all_variables:
            by_kind["variable"] = [Seen("variable", "*", None, "the whole environment")]
        all_of_them: list[Seen] = []
        for kind in sorted(by_kind):
            several = sorted(by_kind[kind], key=lambda one: one.name)
            if len(several) > _MOST_OF_A_KIND:
                rest = several[_MOST_OF_A_KIND - 1 :]
                note = f"{len(rest)} of this kind, by one digest"
                several = several[: _MOST_OF_A_KIND - 1]
                several.append(summed(rest, rest[0].kind, "and others", note))
            all_of_them += several
        return tuple(all_of_them)

    def opened(self, path: str, is_reading: bool, is_writing: bool, by: Callers) -> None:
        """Take note of a file that is about to be opened."""
        is_made = path in self._created or path in self._passed_on
        if is_made or self.controlled.holds(path, by.is_direct):
            return
        is_read = is_reading and (by.is_direct or os.path.isfile(path))
        if is_read and not self._is_just_made(path):
            self._note("file", path, lambda: file_seen("file", path))
        if is_writing:
            is_ours = by.packages & _RECORDED_OTHERWISE or self.outputs.holds(path, by.is_direct)
            (self._passed_on if is_ours else self._created).add(path)

    def moved(self, source: str, target: str) -> None:
        """Take note that what was written has got its name."""
        if source in self._created:
            self._created.discard(source)
            if self.outputs.holds(target, is_direct=True):
                self._passed_on.add(target)
            elif not self.controlled.holds(target, is_direct=True):
                self._created.add(target)

    def listed(self, path: str, by: Callers) -> None:
        """Take note of a folder whose names are about to be read."""
        own = (os.path.dirname(made) for made in self._created | self._passed_on)
        is_there = by.is_direct or os.path.isdir(path)
        if is_there and path not in own and not self.controlled.holds(path, by.is_direct):
            self._note("folder", path, lambda: listing_seen(path))

    def asked(self, name: str, value: str | None, by: Callers) -> None:
        """Take note of a variable that was read."""
        is_known = name in _INFRASTRUCTURE or name.startswith(_INFRASTRUCTURE_OF)
        is_set = value is not None
        # Compiled code has no frame: what it asks for looks as if the user's code did.
        if (by.is_direct and (is_set or not is_known)) or (is_set and not is_known):
            self._note("variable", name, lambda: variable_seen(name, value))

    def asked_for_all(self) -> None:
        """Take note that the whole environment was copied."""
        self._has_all_variables = True

    def resolved(self, host: str, port: str) -> None:
        """Take note of a name that was looked up, by which a connection is then known."""
        self._resolved.add(port)
        self.reached("connection", f"{host}:{port}" if port else host)

    def connected(self, host: str, port: str) -> None:
        """Take note of a connection, where it was not told by its name already."""
        if port not in self._resolved:
            self.reached("connection", f"{host}:{port}")

    def reached(self, kind: Any, name: str, note: str | None = None) -> None:
        """Take note of a connection or a program."""
        self._note(kind, name, lambda: Seen(kind, name, None, note))

    def read(self, source: str, by: Callers) -> None:
        """Take note of a file or folder that a reader of native code is about to open."""
        is_known = source in self._created or self.controlled.holds(source, by.is_direct)
        if not is_known and not self._is_just_made(source):
            self._note("file", source, lambda: file_seen("file", source))

    def _is_just_made(self, path: str) -> bool:
        """Tell an output that this node has written, also in native code, and reads again."""
        if not self.outputs.holds(path, is_direct=True):
            return False
        try:
            return os.stat(path).st_mtime >= self._began - _TICK_S
        except OSError:
            return False

    def _note(self, kind: str, name: str, look: Callable[[], Seen | None]) -> None:
        # As it was when it was first reached for.
        if (kind, name) not in self._seen and (found := look()) is not None:
            self._seen[kind, name] = found


_lock = threading.Lock()
_active: dict[int, NodeWatch] = {}
_busy = threading.local()
_is_hooked = False


def begin(watch: NodeWatch) -> None:
    """Watch what this thread does, and threads that it starts, until `end`."""
    global _is_hooked
    with _lock:
        if not _is_hooked:
            _watch_variables()
            readers.wrap_readers(_read)
            sys.addaudithook(_hook)
            _is_hooked = True
    _active[threading.get_ident()] = watch


def end() -> NodeWatch | None:
    """Stop watching this thread, and give what was seen; `None` where nobody looked."""
    return _active.pop(threading.get_ident(), None)


def forget(watch: NodeWatch) -> None:
    """Stop watching for one, whichever thread it began in."""
    for thread, one in list(_active.items()):
        if one is watch:
            _active.pop(thread, None)


def pause() -> None:
    """Look away while a dataset loads or saves."""
    if (watch := _active.get(threading.get_ident())) is not None:
        watch.is_paused = True


def resume() -> None:
    """Look again."""
    if (watch := _active.get(threading.get_ident())) is not None:
        watch.is_paused = False


def is_on() -> bool:
    """Tell whether this thread is watched."""
    return threading.get_ident() in _active


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    # Called for every event of the interpreter, `id()` among them: the two tests come first.
    if not _active or event not in _EVENTS:
        return
    _told(_EVENTS[event], arguments, arguments[0] if event in _OF_PLACES else None)


def _told(
    note: "Callable[[NodeWatch, Callers, Any], None]", arguments: Any, place: Any = None
) -> None:
    if getattr(_busy, "is_looking", False):
        return
    _busy.is_looking = True
    try:
        own = _active.get(threading.get_ident())
        if own is not None and own.is_paused:
            return
        # Of a thread that a node started nobody knows which node it was.
        watches = [own] if own is not None else [w for w in _active.values() if not w.is_paused]
        if isinstance(place, str):
            # Most are files of libraries that are imported: told before the stack is walked.
            path = _absolute(place)
            watches = [one for one in watches if not one.controlled.holds(path, is_direct=True)]
        if not watches:
            return
        by = callers(sys._getframe(1))
        if by.packages & _SILENT or (own is None and by.packages & _NOT_OF_A_NODE):
            return
        for watch in watches:
            note(watch, by, arguments)
    except Exception:
        # To look must never be what a node fails of.
        return
    finally:
        _busy.is_looking = False


def _opened(watch: NodeWatch, by: Callers, arguments: Any) -> None:
    path, _, flags = arguments
    if isinstance(path, str | bytes | os.PathLike):
        way = flags & os.O_ACCMODE if isinstance(flags, int) else os.O_RDONLY
        is_writing = way != os.O_RDONLY
        is_new = bool(flags & (os.O_TRUNC | os.O_EXCL)) and is_writing
        watch.opened(_absolute(path), not is_new and way != os.O_WRONLY, is_writing, by)


def _listed(watch: NodeWatch, by: Callers, arguments: Any) -> None:
    path = arguments[0] if arguments[0] is not None else "."
    if isinstance(path, str | bytes | os.PathLike):
        watch.listed(_absolute(path), by)


def _moved(watch: NodeWatch, by: Callers, arguments: Any) -> None:
    del by
    watch.moved(_absolute(arguments[0]), _absolute(arguments[1]))


def _resolved(watch: NodeWatch, by: Callers, arguments: Any) -> None:
    if not by.packages & _RECORDED_OTHERWISE and arguments[0]:
        port = arguments[1] if len(arguments) > 1 else None
        watch.resolved(os.fsdecode(arguments[0]), "" if port is None else str(port))


def _connected(watch: NodeWatch, by: Callers, arguments: Any) -> None:
    if by.packages & _RECORDED_OTHERWISE:
        return
    address = arguments[1]
    if isinstance(address, tuple) and len(address) >= 2:
        host = f"[{address[0]}]" if ":" in str(address[0]) else str(address[0])
        watch.connected(host, str(address[1]))
    elif isinstance(address, str | bytes):
        watch.reached("connection", os.fsdecode(address))


def _database(watch: NodeWatch, by: Callers, arguments: Any) -> None:
    path = arguments[0]
    if not by.packages & _RECORDED_OTHERWISE and isinstance(path, str | bytes | os.PathLike):
        name = os.fsdecode(path).removeprefix("file:").partition("?")[0]
        if name and name != ":memory:":
            watch.opened(_absolute(name), True, False, by)


def _started(watch: NodeWatch, by: Callers, arguments: Any) -> None:
    if by.packages & _RECORDED_OTHERWISE:
        return
    program = arguments[0]
    if program is None and len(arguments) > 1 and arguments[1]:
        program = arguments[1] if isinstance(arguments[1], str | bytes) else arguments[1][0]
    if isinstance(program, str | bytes | os.PathLike):
        text = os.fsdecode(program)
        # Of a line for the shell the first word: the rest may hold anything.
        first = text if os.path.exists(text) else (text.split() or [text])[0]
        watch.reached("program", os.path.basename(first))


def _forked(watch: NodeWatch, by: Callers, arguments: Any) -> None:
    del arguments
    if not by.packages & _RECORDED_OTHERWISE:
        watch.reached("program", "a forked process", "what it does is not seen")


_EVENTS: Mapping[str, Callable[[NodeWatch, Callers, Any], None]] = {
    "open": _opened,
    "os.listdir": _listed,
    "os.scandir": _listed,
    "os.rename": _moved,
    "socket.getaddrinfo": _resolved,
    "socket.gethostbyname": _resolved,
    "socket.connect": _connected,
    "socket.sendto": _connected,
    "sqlite3.connect": _database,
    "subprocess.Popen": _started,
    "os.system": _started,
    "os.exec": _started,
    "os.posix_spawn": _started,
    "os.spawn": lambda watch, by, arguments: _started(watch, by, arguments[1:]),
    "os.startfile": _started,
    "os.fork": _forked,
    "os.forkpty": _forked,
}


_OF_PLACES = {"open", "os.listdir", "os.scandir"}


def _read(source: str, is_place: bool) -> None:
    """Take note of what a wrapped reader was given: a place on this disk, or an address."""
    if _active:
        _told(_placed if is_place else _addressed, source)


def _placed(watch: NodeWatch, by: Callers, source: Any) -> None:
    watch.read(_absolute(source), by)


def _addressed(watch: NodeWatch, by: Callers, source: Any) -> None:
    del by
    watch.reached("connection", source)


def _absolute(path: Any) -> str:
    return os.path.abspath(os.fsdecode(path))


def _watch_variables() -> None:
    """See which variables are read: `os.environ` and `os.getenv` ask this one method."""
    kind: Any = type(os.environ)
    get, every = kind.__getitem__, kind.__iter__

    def get_seen(self: Any, key: Any) -> Any:
        if not _active:
            return get(self, key)
        try:
            value = get(self, key)
        except KeyError:
            _told(_asked, (key, None))
            raise
        _told(_asked, (key, value))
        return value

    def every_seen(self: Any) -> Any:
        if _active:
            _told(lambda watch, by, _: watch.asked_for_all() if by.is_direct else None, None)
        return every(self)

    kind.__getitem__, kind.__iter__ = get_seen, every_seen


def _asked(watch: NodeWatch, by: Callers, arguments: Any) -> None:
    key, value = arguments
    if not by.packages & _RECORDED_OTHERWISE and isinstance(key, str | bytes):
        name = os.fsdecode(key)
        watch.asked(name, None if value is None else os.fsdecode(value), by)
