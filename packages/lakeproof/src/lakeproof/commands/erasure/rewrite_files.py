"""Raw files that hold rows of a person become files without them.

For each content: what is left of it is written to `.lakeproof/raw`, the receipt notes both digests,
the runs that need the one need the other from then on, and only then does it take the place of each
file that had it, in a store, too. Files outside of the project or behind links are somebody else's,
and are named as left.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from lakeproof.checksum import sha256_of
from lakeproof.commands.erasure.found import Found, FoundDelivery
from lakeproof.commands.leases.leased_project import LeasedProject
from lakeproof.deliveries.raw_store import RawStore
from lakeproof.deliveries.stored_folder import StoredFolder
from lakeproof.erasure.anew.rewrite_delivery import delivery_without
from lakeproof.erasure.key_rows import ErasureError, Keys
from lakeproof.erasure.receipts import RewrittenFile
from lakeproof.errors import LakeproofError
from lakeproof.inside import is_by_no_link
from lakeproof.leases.facts import moment
from lakeproof.leases.raw import RawLease
from lakeproof.record.run.ending.leasing import BY_RUN, end_of
from lakeproof.stores.troubles import without_secrets


def rewrite_files(
    leased: LeasedProject, found: Found, keys: Keys, note: Callable[[RewrittenFile], None]
) -> list[str]:
    """Write anew what raw files are without the rows of keys.

    Args:
        leased: The project.
        found: Where the rows are.
        keys: Whose.
        note: Is told, before a file is replaced, what it becomes.

    Returns:
        Sentences on the files that could not be written anew.
    """
    left = []
    raw = RawStore(leased.project.path)
    by_content: dict[str, list[FoundDelivery]] = {}
    for one in found.deliveries:
        by_content.setdefault(one.sha256, []).append(one)
    for files in by_content.values():
        if any(one.is_fetched for one in files):
            left += [
                f"{one.path}: `sources` in the catalog says its sha256 and where it is fetched "
                "from; have it corrected there"
                for one in files
            ]
            continue
        try:
            new = _rewritten(files, keys, raw)
        except LakeproofError as error:
            left += [f"{one.path}: cannot be written anew: {error.message}" for one in files]
            continue
        note(new)
        _lease(leased, found, new)
        for one in files:
            left += _replace(leased.project.path, one, raw, new)
    return left


def forget_fetched(project_path: Path, found: Found) -> None:
    """Keep nothing here of files in a store that still have the rows: to look they were fetched."""
    raw = RawStore(project_path)
    for one in found.deliveries:
        if one.delivery.uri is not None or one.beside is not None:
            raw.remove(one.sha256)


def _rewritten(files: list[FoundDelivery], keys: Keys, raw: RawStore) -> RewrittenFile:
    first = files[0]
    # What is kept lies under its digest; the place of the delivery itself says more.
    named = next((one for one in files if Path(one.path).name == one.delivery.name), first)
    with raw.locked(), raw.partial() as partial:
        try:
            rows = delivery_without(first.delivery, keys, partial)
        except OSError as error:
            raise ErasureError(str(error.strerror or error)) from error
        sha256, place = raw.take_over(partial)
        size = place.stat().st_size
    has_git = any(one.is_in_git for one in files)
    told = first.sha256, sha256, size, has_git
    return RewrittenFile(named.path, first.delivery.name, rows, *told)


def _lease(leased: LeasedProject, found: Found, new: RewrittenFile) -> None:
    """Let each run that needs the one file need the other: it is kept as long as that was."""
    known = {one.run_id: one for one in leased.raw.all()}
    for one in found.runs:
        record = leased.project.records.record(one.run_id)
        paths = [file.path for file in record.inputs.files if file.sha256 == new.sha256_before]
        if not paths:
            continue
        until = end_of(record, leased.project.path)
        told = known.get(one.run_id) or RawLease(
            one.run_id,
            None if until is None else moment(until),
            BY_RUN,
            moment(datetime.now(UTC)),
            {},
        )
        files = {key: path for key, path in told.files.items() if key != new.sha256_before}
        leased.raw.take(replace(told, files={**files, new.sha256_after: paths[0]}))


def _replace(
    project_path: Path, one: FoundDelivery, raw: RawStore, new: RewrittenFile
) -> Iterator[str]:
    place = project_path / one.delivery.path
    if one.beside is not None:
        try:
            one.beside.replace(new.sha256_after, raw.folder / new.sha256_after)
        except OSError as error:
            why = one.beside.location.without_secrets(str(error))[:200]
            yield f"{one.path}: cannot be replaced in its store: {why}"
        raw.remove(new.sha256_before)
        return
    if one.stored is not None:
        yield from _replace_in_store(one, one.stored, raw, new)
        raw.remove(new.sha256_before)
        return
    if place.parent == raw.folder:
        raw.remove(new.sha256_before)
        return
    is_ours = place.is_relative_to(project_path) and is_by_no_link(
        project_path, place.relative_to(project_path)
    )
    if not is_ours:
        yield (
            f"{one.path}: is not this project's, or lies behind a link; put "
            f"{raw.folder / new.sha256_after} there"
        )
        return
    yield from _put(place, raw.folder / new.sha256_after, one)


def _replace_in_store(
    one: FoundDelivery, stored: StoredFolder, raw: RawStore, new: RewrittenFile
) -> Iterator[str]:
    content = raw.folder / new.sha256_after
    try:
        if not stored.replace(one.delivery.name, one.sha256, content, raw):
            yield f"{one.path}: has changed since it was read, and stays as it is; erase again"
    except FileNotFoundError:
        return  # somebody has removed it: it is looked for again at the end
    except OSError as error:
        why = without_secrets(str(error), stored.options)[:200]
        yield f"{one.path}: cannot be replaced in its store: {why} Put {content} there"


def _put(place: Path, content: Path, one: FoundDelivery) -> Iterator[str]:
    """Put a file in the place of one that was read, unless that has changed since or is gone."""
    partial = place.with_name(f".{place.name}.part")
    try:
        shutil.copyfile(content, partial)
        has_other_name = place.stat().st_nlink > 1
        # With its times: a stream takes files in the order of theirs.
        shutil.copystat(place, partial)
        if sha256_of(place) != one.sha256:
            yield f"{one.path}: has changed since it was read, and stays as it is; erase again"
            return
        os.replace(partial, place)
    except FileNotFoundError:
        return  # somebody has removed it: it is looked for again at the end
    finally:
        partial.unlink(missing_ok=True)
    if has_other_name:
        yield f"{one.path}: had another name on this disk (a hard link), which still has the rows"
