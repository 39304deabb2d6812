"""While a node's function runs: an audit hook of the interpreter, and the environment's mapping.

The hook cannot be removed from a process (PEP 578). It is put in when the first node that is
watched begins, and does nothing while none is.
"""

import os
import sys
import threading
from collections.abc import Callable, Mapping
from typing import Any

from lakeproof.watch import readers
from lakeproof.watch.callers import IMPORTING, Callers, callers
from lakeproof.watch.node_watch import RECORDED_OTHERWISE, NodeWatch

# What these reach for is theirs: the machinery's own.
_SILENT = {
    *("lakeproof", "kedro_mlflow", "kedro_viz", "coverage", "_pytest", "debugpy"),
    # The second takes the place of the standard library's, where it is installed.
    *(IMPORTING, "importlib_metadata"),
}
_NOT_OF_A_NODE = {"lakeproof", "kedro", "mlflow", "kedro_mlflow", "kedro_datasets", "sqlalchemy"}

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


def never_look() -> None:
    """Look away from this thread for good: it is the machinery's own, begun for no node.

    Whatever it opens would have its stack walked, to find the machinery in it.
    """
    _busy.is_looking = True


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
    if not by.packages & RECORDED_OTHERWISE and arguments[0]:
        port = arguments[1] if len(arguments) > 1 else None
        watch.resolved(os.fsdecode(arguments[0]), "" if port is None else str(port))


def _connected(watch: NodeWatch, by: Callers, arguments: Any) -> None:
    if by.packages & RECORDED_OTHERWISE:
        return
    address = arguments[1]
    if isinstance(address, tuple) and len(address) >= 2:
        host = f"[{address[0]}]" if ":" in str(address[0]) else str(address[0])
        watch.connected(host, str(address[1]))
    elif isinstance(address, str | bytes):
        watch.reached("connection", os.fsdecode(address))


def _database(watch: NodeWatch, by: Callers, arguments: Any) -> None:
    path = arguments[0]
    if not by.packages & RECORDED_OTHERWISE and isinstance(path, str | bytes | os.PathLike):
        name = os.fsdecode(path).removeprefix("file:").partition("?")[0]
        if name and name != ":memory:":
            watch.opened(_absolute(name), True, False, by)


def _started(watch: NodeWatch, by: Callers, arguments: Any) -> None:
    if by.packages & RECORDED_OTHERWISE:
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
    if not by.packages & RECORDED_OTHERWISE:
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


def _read(source: str, is_place: bool, is_written: bool) -> None:
    """Take note of what a wrapped function was given: a place on this disk, or an address."""
    if _active:
        placed = _written if is_written else _placed
        _told(placed if is_place else _addressed, source)


def _placed(watch: NodeWatch, by: Callers, source: Any) -> None:
    watch.read(_absolute(source), by)


def _written(watch: NodeWatch, by: Callers, target: Any) -> None:
    watch.written(_absolute(target), by)


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
    if not by.packages & RECORDED_OTHERWISE and isinstance(key, str | bytes):
        name = os.fsdecode(key)
        watch.asked(name, None if value is None else os.fsdecode(value), by)
