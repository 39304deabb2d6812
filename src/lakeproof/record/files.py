"""The files of a run, by their bytes; and what is no file, by what was loaded of it."""

import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from lakeproof.checksum import sha256_of
from lakeproof.deliveries.arrivals import Arrivals
from lakeproof.record.crossing import are_files
from lakeproof.record.facts import Crossing, FileFacts, ValueFacts
from lakeproof.record.paths import relative_to_project

_IN_MEMORY = {"MemoryDataset", "SharedMemoryDataset", "CachedDataset"}


class FileRecorder:
    """Gather files as they are loaded and saved.

    Args:
        project_path: Places inside of it are written relative to it.
    """

    def __init__(self, project_path: Path) -> None:
        self._project_path = project_path
        self._lock = threading.Lock()
        self._read: dict[tuple[str, str], FileFacts] = {}
        self._written: dict[tuple[str, str], FileFacts] = {}
        self._values_read: dict[str, ValueFacts] = {}
        self._values_written: dict[str, ValueFacts] = {}
        self._own: set[str] = set()
        self._followed: dict[str, Arrivals] = {}

    @property
    def read(self) -> tuple[FileFacts, ...]:
        """The files that were read and that this run had not written, a stream's as they came."""
        came = [
            self._facts(name, one.path, one.sha256, size=arrivals.sizes[one.name])
            for name, arrivals in self._followed.items()
            for one in arrivals.deliveries
        ]
        return (*self._read.values(), *came)

    @property
    def written(self) -> tuple[FileFacts, ...]:
        """The files that were written, as they were after the last save."""
        return tuple(self._written.values())

    @property
    def values_read(self) -> tuple[ValueFacts, ...]:
        """What was read that is neither table nor file."""
        return tuple(self._values_read.values())

    @property
    def values_written(self) -> tuple[ValueFacts, ...]:
        """What was written that is neither table nor file."""
        return tuple(self._values_written.values())

    def loaded(self, dataset: Any, data: Any, crossing: Crossing) -> None:
        """Take note of what a dataset was loaded from; not of what this run has saved itself."""
        name = crossing.dataset
        if name in self._own:
            return
        found = list(self._files(name, dataset, data, is_saving=False))
        with self._lock:
            # Another entry of the catalog may have written the same file.
            own = {file.path for file in self._written.values()}
            for file in found:
                if file.path not in own:
                    self._read.setdefault((file.dataset, file.path), file)
            if not found:
                note = crossing.note
                value = ValueFacts(name, type(dataset).__name__, crossing.digest, note)
                self._values_read.setdefault(name, value)

    def follows(self, name: str, arrivals: Arrivals) -> None:
        """Take note of a folder whose files come while the run goes on."""
        self._followed[name] = arrivals

    def saved(self, dataset: Any, data: Any, crossing: Crossing, run_id: str | None) -> None:
        """Take note of what became of what a node handed over."""
        name = crossing.dataset
        self._own.add(name)
        if is_in_memory(dataset):
            return
        found = list(self._files(name, dataset, data, is_saving=True, run_id=run_id))
        with self._lock:
            for file in found:
                self._written[file.dataset, file.path] = file
            if not found:
                self._values_written[name] = ValueFacts(
                    name, type(dataset).__name__, crossing.digest, crossing.note
                )

    def _files(
        self, name: str, dataset: Any, data: Any, is_saving: bool, run_id: str | None = None
    ) -> Iterator[FileFacts]:
        if are_files(data):
            for file in data:
                yield self._facts(name, Path(file.path), file.sha256)
            return
        place = local_place(dataset, is_saving)
        if place is None or is_in_memory(dataset):
            return
        if place.is_dir():
            for path in sorted(path for path in place.rglob("*") if path.is_file()):
                if not is_saving or _is_part(dataset, data, path.relative_to(place).as_posix()):
                    yield self._facts(name, path)
        elif place.is_file():
            yield self._facts(name, place, artifact=artifact_of(dataset, place, run_id))

    def _facts(
        self,
        name: str,
        path: Path,
        sha256: str | None = None,
        artifact: str | None = None,
        size: int | None = None,
    ) -> FileFacts:
        return FileFacts(
            dataset=name,
            path=relative_to_project(path.as_posix(), self._project_path),
            sha256=sha256 or sha256_of(path),
            size=path.stat().st_size if size is None else size,
            artifact=artifact,
        )


def is_in_memory(dataset: Any) -> bool:
    """Tell a dataset that keeps nothing beyond its process; what no catalog names is one, too."""
    return dataset is None or type(dataset).__name__ in _IN_MEMORY


def _is_part(dataset: Any, data: Any, path: str) -> bool:
    """Tell whether a file of a partitioned dataset is of what was handed over, not from before."""
    suffix = getattr(dataset, "_filename_suffix", None)
    if suffix is None or not isinstance(data, Mapping):
        return True
    names = {f"{key}{suffix}" for key in data}
    return path in names or any(path.startswith(f"{name}/") for name in names)


def local_place(dataset: Any, is_saving: bool) -> Path | None:
    """Find the local file or folder behind a dataset; `None` where it is something else."""
    if getattr(dataset, "_protocol", "file") not in ("file", "local"):
        return None
    versioned = getattr(dataset, "_get_save_path" if is_saving else "_get_load_path", None)
    try:
        if callable(versioned) and hasattr(dataset, "_version"):
            place: Any = versioned()
        else:
            place = getattr(dataset, "_filepath", None) or getattr(dataset, "_path", None)
    except Exception:
        # Kedro's own versions refuse to name a place that is already there.
        place = getattr(dataset, "_filepath", None)
    return Path(str(place)) if place and "://" not in str(place) else None


def artifact_of(dataset: Any, place: Path, run_id: str | None) -> str | None:
    """Name the MLflow artifact that holds the same bytes as the file, where there is one."""
    own: str | None = getattr(dataset, "artifact_uri", None)
    if own is not None:
        return own
    is_logged = getattr(dataset, "_logging_activated", False) and hasattr(dataset, "artifact_path")
    logged_to = getattr(dataset, "run_id", None) or run_id
    if not is_logged or logged_to is None:
        return None
    folder = f"{dataset.artifact_path}/" if dataset.artifact_path else ""
    return f"runs:/{logged_to}/{folder}{place.name}"
