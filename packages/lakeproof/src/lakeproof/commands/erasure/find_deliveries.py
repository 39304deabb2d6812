"""Raw files that hold rows of keys: those of folders, as a batch or a stream, and kept ones.

Each content is read once, as its dataset declares it. Of a kept file the records say whose it was.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from lakeproof.commands.erasure.find_tables import Scope
from lakeproof.commands.erasure.found import Candidate, Found, FoundDelivery
from lakeproof.commands.erasure.stored_deliveries import kept_beside
from lakeproof.deliveries import Delivery, DeliveryFolder
from lakeproof.deliveries.formats import parse
from lakeproof.deliveries.raw_store import RawStore
from lakeproof.erasure.found_versions import count_keys
from lakeproof.erasure.key_rows import Keys
from lakeproof.errors import LakeproofError
from lakeproof.record.code import git, git_files
from lakeproof.record.facts import Record

if TYPE_CHECKING:
    from lakeproof.commands.catalog import ProjectCatalog


def find_deliveries(
    found: Found,
    project_path: Path,
    catalog: "ProjectCatalog",
    scope: Scope,
    records: Sequence[Record],
) -> None:
    """Look through the raw files whose rows have this key.

    Args:
        found: Is told what was found, and which folders could not be looked through.
        project_path: The project.
        catalog: Which names the folders.
        scope: What to look for, and whose they are.
        records: Of the project's runs.
    """
    keys = scope.keys
    folders = dict(_folders(found, catalog, keys))
    raw = RawStore(project_path)
    in_scope: dict[str, DeliveryFolder] = {}
    counts: dict[tuple[str, str], int | None] = {}
    for name, folder in folders.items():
        folder.keep_in(project_path)
        try:
            # Of a stream, too: what lies in the folder now.
            deliveries = DeliveryFolder.load(folder)
        except LakeproofError as error:
            found.not_searched[name] = error.message
            continue
        all_ = [*deliveries, *_kept(raw, name, folder, records)]
        if why_not := scope.why_not_files(name, {one.sha256 for one in all_}):
            if any(_count(one, keys) for one in all_):
                where = catalog.relative(str(catalog.entries[name].get("path")))
                found.candidates.append(Candidate(name, "raw files", where, why_not))
            continue
        for one in all_:
            if one.path in found.files_read:
                continue
            found.files_read.add(one.path)
            place = one.sha256, PurePosixPath(one.name).suffix
            if place not in counts:
                counts[place] = _count(one, keys)
            if counts[place] != 0:
                path = one.uri or catalog.relative(one.path)
                is_fetched = one.name in folder.fetched
                told = (path, counts[place], False, one.sha256, one)
                stored = folder.stored if one.uri is not None else None
                found.deliveries.append(FoundDelivery(*told, is_fetched=is_fetched, stored=stored))
        in_scope[name] = folder
    here = {project_path / one.delivery.path for one in found.deliveries if not one.delivery.uri}
    has_git = git_files.in_git(here)
    found.deliveries = [
        replace(one, is_in_git=project_path / one.delivery.path in has_git)
        for one in found.deliveries
    ]
    found.not_searched |= _in_git_alone(project_path, records, in_scope, counts)
    for beside, one in kept_beside(found, catalog, scope, in_scope, records, raw):
        rows = _count(one, keys)
        if rows != 0:
            found.deliveries.append(
                FoundDelivery(beside.address, rows, False, one.sha256, one, beside)
            )


def _folders(
    found: Found, catalog: "ProjectCatalog", keys: Keys
) -> Iterator[tuple[str, DeliveryFolder]]:
    for name, entry in catalog.entries.items():
        kind = str(entry.get("type")) if isinstance(entry, Mapping) else ""
        if "DeliveryFolder" not in kind and "DeliveryStream" not in kind:
            continue
        folder = catalog.catalog.get(name)
        if not isinstance(folder, DeliveryFolder):
            continue
        try:
            columns = {one.name for one in folder.schema.columns}
        except LakeproofError:
            continue  # nothing is delivered there
        if absent := [one for one in keys.columns if one not in columns]:
            found.not_searched[name] = f"it has no column '{absent[0]}'"
        else:
            yield name, folder


def _kept(
    raw: RawStore, name: str, folder: DeliveryFolder, records: Iterable[Record]
) -> Iterator[Delivery]:
    """Yield what is kept of a folder's deliveries as they were, by the records of who read them."""
    known: set[str] = set()
    for record in records:
        for file in record.inputs.files:
            if file.dataset != name or file.is_own or file.sha256 in known:
                continue
            known.add(file.sha256)
            path = raw.find(file.sha256)
            if path is not None:
                base = PurePosixPath(file.path).name
                yield Delivery(base, file.sha256, path, folder.schema, parse, folder.dialect)


def _count(delivery: Delivery, keys: Keys) -> int | None:
    try:
        frame = delivery.rows().collect()
        fitting = keys.that_fit(frame.schema)
        if fitting is None:
            return 0
        return count_keys(frame.lazy(), fitting.rows(frame.schema, delivery.name))
    except LakeproofError:
        return None


def _in_git_alone(
    project_path: Path,
    records: Iterable[Record],
    folders: Collection[str],
    seen: Iterable[tuple[str, str]],
) -> dict[str, str]:
    """Name what runs read, and what lies nowhere here now but in git."""
    known = {sha256 for sha256, _ in seen}
    asked: dict[str, str] = {}
    for record in records:
        commit = record.code.kept_commit
        for file in record.inputs.files:
            if file.dataset in folders and not file.is_own and file.sha256 not in known and commit:
                place = str(PurePosixPath(record.code.prefix, file.path))
                asked.setdefault(f"{commit}:{place}", file.path)
    asked = {name: path for name, path in asked.items() if "\n" not in name}
    with suppress(git.GitError):
        sizes = git_files.sizes_of(project_path, list(asked)) if asked else []
        return {
            path: f"it is in git's history alone, {name[:12]}"
            for (name, path), size in zip(asked.items(), sizes, strict=True)
            if size is not None
        }
    return {}
