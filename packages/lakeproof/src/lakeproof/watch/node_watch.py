"""What is seen of one node: which sights count, and which need no word."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from lakeproof.watch.callers import Callers
from lakeproof.watch.places import Controlled
from lakeproof.watch.seen import Seen, file_seen, listing_seen, summed, variable_seen

# More than that of one kind is one sight of all.
_MOST_OF_A_KIND = 100
# The clock of a file system is behind that of the process by as much.
_TICK_S = 0.02

# What they reach for is what a run records of MLflow, git and Spark.
RECORDED_OTHERWISE = {"mlflow", "git", "pyspark", "py4j", "joblib", "threadpoolctl", "loky"}

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
    # Those among them that native code makes: these may be folders.
    _by_native: set[str] = field(default_factory=set)
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
            if (os.path.isfile(path) or (path in self._by_native and os.path.isdir(path)))
            and (found := file_seen("written", path)) is not None
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
            is_ours = by.packages & RECORDED_OTHERWISE or self.outputs.holds(path, by.is_direct)
            (self._passed_on if is_ours else self._created).add(path)

    def written(self, path: str, by: Callers) -> None:
        """Take note of a file or folder that a writer of native code is about to make."""
        self._by_native.add(path)
        self.opened(path, is_reading=False, is_writing=True, by=by)

    def moved(self, source: str, target: str) -> None:
        """Take note that what was written has got its name."""
        if source in self._by_native:
            self._by_native.add(target)
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
