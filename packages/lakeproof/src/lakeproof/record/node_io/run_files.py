"""The files of a run, by their bytes; and what is no file, by what was loaded of it."""

import hashlib
import threading
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from lakeproof.checksum import sha256_of
from lakeproof.deliveries.arrivals import Arrivals
from lakeproof.record.facts import FileFacts, NodeIO, ValueFacts
from lakeproof.record.node_io.node_io import are_files
from lakeproof.record.places.dataset_places import absolute, find, is_in_memory, loads_from
from lakeproof.record.places.project_paths import relative_to_project
from lakeproof.record.places.redirection import Redirection
from lakeproof.record.redaction.secrets import Secrets

_PIECE = 1 << 20
# A dataset's own note of how far it has come; what is larger is data.
_MOST_BYTES_OF_A_NOTE = 16_384

# What tells that a file was written: its time, its size, and which file it is.
_Stamp = tuple[int, int, int, int]


class FileRecorder:
    """Gather files as they are loaded and saved.

    Args:
        project_path: Places inside of it are written relative to it.
        secrets: What must not get in.
        redirection: Of a re-run, which records each file by the place of the real one.
    """

    def __init__(
        self,
        project_path: Path,
        secrets: Secrets | None = None,
        redirection: Redirection | None = None,
    ) -> None:
        self._project_path = project_path
        self._secrets = secrets or Secrets()
        self._redirection = redirection
        root = redirection.scratch if redirection is not None else project_path
        self._here = {str(root), str(root.resolve())}
        self._lock = threading.Lock()
        self._read: dict[tuple[str, str], FileFacts] = {}
        self._written: dict[tuple[str, str], FileFacts] = {}
        self._values_read: dict[str, ValueFacts] = {}
        self._values_written: dict[str, ValueFacts] = {}
        self._own: set[str] = set()
        self._left_out: set[str] = set()
        self._own_files: set[Path] = set()
        self._before: dict[str, dict[Path, _Stamp]] = {}
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

    @property
    def here(self) -> Sequence[str]:
        """What a file holds that says where this run was made."""
        return tuple(self._here)

    def loaded(self, dataset: Any, data: Any, crossing: NodeIO) -> None:
        """Take note of what a dataset was loaded from; not of what this run has saved itself."""
        name = crossing.dataset
        if name in self._own or name in self._left_out:
            return
        notes = self._notes(dataset) if hasattr(dataset, "confirm") else set()
        if are_files(data):
            paths = [absolute(one.path) for one in data]
            found = [
                self._facts(name, path, one.sha256, is_note=path in notes, uri=_address_of(one))
                for path, one in zip(paths, data, strict=True)
            ]
        else:
            paths = self._paths(dataset)
            found = [self._facts(name, path, is_note=path in notes) for path in paths]
        with self._lock:
            for path, file in zip(paths, found, strict=True):
                # Another entry of the catalog may have written the same file.
                if path not in self._own_files:
                    self._read.setdefault((file.dataset, file.path), file)
            if not found:
                note = crossing.note
                value = ValueFacts(name, type(dataset).__name__, crossing.digest, note)
                self._values_read.setdefault(name, value)

    def leave_out(self, names: Iterable[str]) -> None:
        """Look at no file of datasets whose content somebody else notes."""
        self._left_out |= set(names)

    def follows(self, name: str, arrivals: Arrivals) -> None:
        """Take note of a folder whose files come while the run goes on."""
        self._followed[name] = arrivals

    def saves(self, dataset: Any, name: str) -> None:
        """Look at what is there before a dataset saves: what it writes is what changes."""
        self._before[name] = self._stamps(dataset)

    def saved(self, dataset: Any, data: Any, crossing: NodeIO, run_id: str | None) -> list[Path]:
        """Take note of what became of what a node handed over.

        Returns:
            The files that it became.
        """
        name = crossing.dataset
        self._own.add(name)
        if is_in_memory(dataset):
            return []
        paths = dict.fromkeys(self._changed(dataset, name)) or self._listed(data)
        found = [
            self._facts(name, path, sha256, artifact_of(dataset, path, run_id), is_output=True)
            for path, sha256 in paths.items()
        ]
        with self._lock:
            self._own_files.update(paths)
            for file in found:
                self._written[file.dataset, file.path] = file
            if not found:
                self._values_written[name] = ValueFacts(
                    name, type(dataset).__name__, crossing.digest, crossing.note
                )
        return list(paths)

    def _changed(self, dataset: Any, name: str) -> list[Path]:
        """Give the files of which the last save made others; all, where it made none.

        Versions and partitions from before are nobody's output.
        """
        before, after = self._before.get(name, {}), self._stamps(dataset)
        return [path for path in after if before.get(path) != after[path]] or list(after)

    def _stamps(self, dataset: Any) -> dict[Path, _Stamp]:
        if is_in_memory(dataset):
            return {}
        stamps = {}
        for path in self._below(find(dataset, self._project_path)):
            seen = path.stat()
            stamps[path] = (seen.st_mtime_ns, seen.st_ctime_ns, seen.st_size, seen.st_ino)
        return stamps

    def _listed(self, data: Any) -> dict[Path, str | None]:
        """Give the files that a list of deliveries names, by their digests."""
        return {absolute(file.path): file.sha256 for file in data} if are_files(data) else {}

    def _paths(self, dataset: Any) -> list[Path]:
        if is_in_memory(dataset):
            return []
        places = find(dataset, self._project_path)
        loaded = self._below([loads_from(dataset, place) for place in places])
        return list(dict.fromkeys(loaded))

    def _notes(self, dataset: Any) -> set[Path]:
        """Give the files that a dataset names one by one: where it keeps how far it has come."""
        return {place for place in find(dataset, self._project_path) if place.is_file()}

    def _below(self, places: Sequence[Path]) -> Iterator[Path]:
        for place in places:
            if place.is_dir():
                yield from sorted(path for path in place.rglob("*") if path.is_file())
            elif place.is_file():
                yield place

    def _facts(
        self,
        name: str,
        path: Path,
        sha256: str | None = None,
        artifact: str | None = None,
        size: int | None = None,
        is_note: bool = False,
        is_output: bool = False,
        uri: str | None = None,
    ) -> FileFacts:
        holds_place = False
        if sha256 is None and is_output:
            sha256, holds_place = _looked_through(path, [one.encode() for one in self._here])
        real = path if self._redirection is None else self._redirection.real(path)
        return FileFacts(
            dataset=name,
            path=uri or relative_to_project(real.as_posix(), self._project_path),
            sha256=sha256 or sha256_of(path),
            size=path.stat().st_size if size is None else size,
            artifact=artifact,
            text=self._text_of(path) if is_note else None,
            holds_place=holds_place,
        )

    def _text_of(self, path: Path) -> str | None:
        """Keep a small note, which the run itself goes on to change."""
        if path.stat().st_size > _MOST_BYTES_OF_A_NOTE:
            return None
        try:
            text = path.read_bytes().decode()
        except UnicodeDecodeError:
            return None
        return text if self._secrets.redact_text(text) == text else None


def _address_of(file: Any) -> str | None:
    """Give the address of a delivery that came from a store."""
    uri: str | None = getattr(file, "uri", None)
    return uri


def _looked_through(path: Path, texts: Sequence[bytes]) -> tuple[str, bool]:
    """Digest a file and tell whether one of the texts stands in it."""
    digest, rest, is_there = hashlib.sha256(), b"", False
    longest = max(map(len, texts))
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
            if not is_there:
                seen = rest + piece
                is_there = any(text in seen for text in texts)
                rest = seen[-longest:]
    return digest.hexdigest(), is_there


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
