"""Files that are no table and no delivery: Lakeproof's own, MLflow's, and entries of other types.

Which places there are, `erasure.places` says. What nobody can look into is named, folder by folder.
"""

import glob
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from lakeproof.commands.erasure.find_tables import Scope
from lakeproof.commands.erasure.found import Found
from lakeproof.delta import DeltaTable
from lakeproof.delta.write.lock import write_lock
from lakeproof.erasure.loose_files import LooseFiles, UnreadError
from lakeproof.erasure.places import ENVIRONMENTS, EXPLAIN, HELD, STAGED, UNDERWAY
from lakeproof.errors import LakeproofError
from lakeproof.inside import by_no_link, is_by_no_link
from lakeproof.state_folder import state_of

if TYPE_CHECKING:
    from lakeproof.commands.catalog import ProjectCatalog

# Searched as tables, and rebuilt from an index.
_OTHERWISE = (HELD, ENVIRONMENTS)
# Beside a database may lie what a process that was killed was about to write, or to take back.
_MLFLOW = ("mlartifacts", "mlruns", "mlflow.db", "mlflow.db-wal", "mlflow.db-journal")
# Types of entries that keep nothing, are searched elsewhere, or hold numbers alone.
_ELSEWHERE = (
    *("MemoryDataset", "DeliveryFolder", "DeliveryStream", "MetricDataset", "MetricsDataset"),
    *("MetricHistoryDataset", "MetricsHistoryDataset"),
)


def find_in_files(
    found: Found,
    project_path: Path,
    catalog: "ProjectCatalog",
    scope: Scope,
    server: str,
) -> None:
    """Look through what Lakeproof and MLflow keep beside the tables, and through other entries.

    Args:
        found: Is told what was found.
        project_path: The project.
        catalog: Which names tables and entries.
        scope: What to look for.
        server: The address of the tracking store.
    """
    loose = LooseFiles(scope.keys, scope.schema, scope.name)
    found.are_traces_searched = loose.is_text_searched
    state = state_of(project_path)
    for place in sorted(state.iterdir()) if state.is_dir() else ():
        if place.name not in _OTHERWISE:
            is_ours = place.name == EXPLAIN and is_by_no_link(state, place.name)
            _look(found, catalog, loose, place, is_ours=is_ours)
    for name in _MLFLOW:
        _look(found, catalog, loose, project_path / name)
    for table in _local_tables(catalog):
        for path in beside(table):
            _look(found, catalog, loose, path, is_ours=True)
    for name in catalog.entries:
        if (kept := _place_of(found, catalog, name)) is not None:
            _look(found, catalog, loose, kept, name)
    if urlsplit(server).scheme not in ("", "file", "sqlite"):
        what = "what it keeps of runs (models, input examples) was not looked through"
        found.not_searched[server] = what


def beside(table: DeltaTable) -> Iterator[Path]:
    """Yield what killed writes have left beside a table on this machine."""
    folder = Path(table.location.absolute_uri)
    for pattern in (STAGED, UNDERWAY):
        yield from sorted(folder.parent.glob(pattern.format(table=glob.escape(folder.name))))


def _local_tables(catalog: "ProjectCatalog") -> Iterator[DeltaTable]:
    for name in catalog.table_names():
        with suppress(LakeproofError):
            table = catalog.table(name)
            if isinstance(table, DeltaTable) and table.location.is_local:
                yield table


def _place_of(found: Found, catalog: "ProjectCatalog", name: str) -> Path | None:
    """Give where an entry of another type keeps what it has; what is nowhere here is named."""
    entry = catalog.entries[name]
    kind = str(entry.get("type")) if isinstance(entry, Mapping) else ""
    if not kind or kind.endswith(_ELSEWHERE) or name in catalog.table_names():
        return None
    inner = entry.get("dataset")
    told = {**inner, **entry} if isinstance(inner, Mapping) else entry
    place = told.get("filepath", told.get("path"))
    if isinstance(place, str) and "{" not in name and urlsplit(place).scheme in ("", "file"):
        return catalog.project_path / place.removeprefix("file://")
    kind = kind.rpartition(".")[2]
    what = (
        f"it is a pattern: those {kind}s that no run has recorded are not known"
        if "{" in name
        else f"it is a {kind}, of whose rows Lakeproof knows nothing"
    )
    found.not_searched.setdefault(name, what)
    return None


def _look(
    found: Found,
    catalog: "ProjectCatalog",
    loose: LooseFiles,
    place: Path,
    name: str | None = None,
    *,
    is_ours: bool = False,
) -> None:
    """Look through a file, or all below a folder."""
    unread = Counter[str]()
    first: dict[str, str] = {}
    for path in [place] if place.is_file() else sorted(place.rglob("*")):
        if path in found.files_read or not path.is_file():
            continue
        shown = catalog.relative(path)
        try:
            how = loose.look(path)
        except UnreadError as error:
            unread[str(error)] += 1
            first.setdefault(str(error), shown)
            continue
        if how == "rows" and is_ours:
            found.own.append(shown)
        elif how is not None and shown not in found.traces:
            found.traces.append(shown)
    if name and unread:
        found.not_searched[name] = "; ".join(unread)
        return
    for reason, count in unread.items():
        more = f" and {count - 1} more file(s)" if count > 1 else ""
        found.not_searched[f"{first[reason]}{more}"] = reason


def remove_own(found: Found, project_path: Path, catalog: "ProjectCatalog") -> None:
    """Remove files of Lakeproof's own that hold rows: they can be made again, or nobody uses them.

    Raises:
        LakeproofError: If a table is being written to for too long.
        OSError: If they cannot be removed.
    """
    own = {project_path / path for path in found.own}
    for table in _local_tables(catalog):
        for left in beside(table):
            if any(path == left or path.is_relative_to(left) for path in own):
                # Whoever writes holds the lock: what lies there is of nobody then.
                with write_lock(table.location.name, table.location.uri):
                    shutil.rmtree(left) if left.is_dir() else left.unlink(missing_ok=True)
    state = state_of(project_path)
    for path in own:
        if path.is_relative_to(state):
            by_no_link(state, path.relative_to(state)).unlink(missing_ok=True)
