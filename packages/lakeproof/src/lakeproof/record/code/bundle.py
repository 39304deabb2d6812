"""A snapshot as a `git bundle` of one commit without parents: the code of a run as a file.

It goes to the store, which others may read than the repository: a committed file with a secret is
left out of it. Made in a temporary object store, so that the user's stays as it is.
"""

import hashlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from lakeproof.record.code import git, git_diff, git_files
from lakeproof.record.code.lying_files import readable
from lakeproof.record.code.snapshot import commit_of, without
from lakeproof.record.facts import BundleFacts, CodeFacts, Content
from lakeproof.record.redaction import secrets
from lakeproof.state_folder import hide_from_git, state_of
from lakeproof.whole_file import replace_bytes

NAME = "code.bundle"
MOST_BYTES = 32 * 1024**2
# One file: what is larger is data.
MOST_BYTES_EACH = 10 * 1024**2
# Before git packs them: code becomes a fourth of it or less.
MOST_BYTES_UNPACKED = 4 * MOST_BYTES

# The last one of a project is kept with its digest behind it.
SEAL_BYTES = 32
_MEMORY = "looked-at"
_LARGE = f"it is larger than {MOST_BYTES_EACH:,} bytes"


class NoBundleError(Exception):
    """There is no bundle, for the reason given."""


@dataclass(frozen=True)
class Bundle:
    """A bundle, and what is in it; the place of its artifact is not known yet."""

    facts: BundleFacts
    data: bytes


def bundle_of(
    project_path: Path, code: "Future[CodeFacts]", known: secrets.Secrets
) -> Bundle | str | None:
    """Make the bundle of a run's snapshot, or say why there is none.

    Returns:
        `None` where a remote has the snapshot, or there is none.
    """
    found = code.result()
    repository = git.find_repository(project_path) if found.kept_tree else None
    if repository is None or found.kept_tree is None:
        return None
    try:
        if found.kept_commit == found.commit and git.is_on_a_remote(repository):
            return None
        return _made(repository, found.kept_tree, known, state_of(project_path) / _MEMORY)
    except (git.GitError, OSError) as error:
        return str(error)
    except NoBundleError as error:
        return str(error)


def place_of(run_id: str) -> str:
    """Say where MLflow has the bundle of a run."""
    return f"runs:/{run_id}/lakeproof/{NAME}"


def _made(repository: git.Repository, tree: str, known: secrets.Secrets, memory: Path) -> Bundle:
    entries = {
        path: entry
        for path, entry in git_files.files_of_tree(repository.top, tree).items()
        if entry.mode != git_diff.SUBMODULE
    }
    names = list(dict.fromkeys(entry.name for entry in entries.values()))
    sizes = dict(zip(names, git_files.sizes_of(repository.top, names), strict=True))
    if None in sizes.values():
        raise NoBundleError("the clone has not all of its files")
    small = [name for name in names if (sizes[name] or 0) <= MOST_BYTES_EACH]
    if sum(sizes[name] or 0 for name in small) > MOST_BYTES_UNPACKED:
        raise NoBundleError(f"the code is larger than {MOST_BYTES_UNPACKED:,} bytes")
    left_out = [
        Content(readable(path), "", sizes[entry.name] or 0, withheld=_LARGE)
        for path, entry in entries.items()
        if (sizes[entry.name] or 0) > MOST_BYTES_EACH
    ]
    left_out += _with_secrets(repository, entries, small, known, memory)
    with tempfile.TemporaryDirectory(prefix="lakeproof-bundle-") as folder:
        apart = _apart(repository, Path(folder))
        gone = {content.path for content in left_out}
        paths = [path for path in entries if readable(path) in gone]
        kept = without(repository, tree, paths, Path(folder, "index"), apart) if paths else tree
        commit = commit_of(repository, kept, variables=apart)
        last = memory.with_name(NAME)
        data = _kept(last, _header(commit))
        if data is None:
            pack = git.ask(
                repository.top,
                *("pack-objects", "--revs", "--stdout", "--quiet", "--window=0"),
                variables=apart,
                given=f"{commit}\n".encode(),
            )
            data = _header(commit) + pack
            _keep(last, data + hashlib.sha256(data).digest())
    if len(data) > MOST_BYTES:
        raise NoBundleError(f"its bundle is larger than {MOST_BYTES:,} bytes")
    return Bundle(BundleFacts("", commit, kept, len(data), tuple(left_out)), data)


def _with_secrets(
    repository: git.Repository,
    entries: Mapping[str, git_files.Entry],
    names: list[str],
    known: secrets.Secrets,
    memory: Path,
) -> Iterator[Content]:
    """Look into every file, but those that were seen to be clean by the same rules before."""
    paths: dict[str, list[str]] = {}
    for path, entry in entries.items():
        paths.setdefault(entry.name, []).append(path)
    rules = _rules()
    remembered = _remembered(memory, rules)
    told: dict[str, str] = {}
    contents = git_files.blobs(repository.top, names)
    for name, pieces in zip(names, contents, strict=True):
        data = b"".join(pieces)
        of_values = known.reason_of_values(data)
        for path in paths[name]:
            key = f"{name} {hashlib.sha256(os.fsencode(path)).hexdigest()[:16]}"
            reason = of_values
            if reason is None:
                if key not in remembered:
                    remembered[key] = known.reason(data, readable(path)) or ""
                told[key] = remembered[key]
                reason = told[key] or None
            if reason is not None:
                digest = hashlib.sha256(data).hexdigest()
                yield Content(readable(path), digest, len(data), withheld=reason)
    if told.keys() != _remembered(memory, rules).keys():
        _remember(memory, rules, told)


def _rules() -> str:
    """Name the rules by which a file is looked at, but for the values that are known."""
    digest = hashlib.sha256()
    for file in sorted(Path(str(secrets.__file__)).parent.glob("secret*")):
        if file.is_file():
            digest.update(file.read_bytes())
    digest.update(version("detect-secrets").encode())
    return digest.hexdigest()


def _remembered(memory: Path, rules: str) -> dict[str, str]:
    """Give why files were left out by the same rules, or "" where they were not."""
    try:
        first, *lines = memory.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return {}
    pairs = (line.partition("|") for line in lines if first == rules)
    return {key: reason for key, _, reason in pairs}


def _remember(memory: Path, rules: str, told: Mapping[str, str]) -> None:
    lines = (f"{key}|{' '.join(reason.split())}" for key, reason in sorted(told.items()))
    _keep(memory, "\n".join([rules, *lines, ""]).encode())


def _keep(place: Path, data: bytes) -> None:
    """Keep what saves time, in a folder that git ignores."""
    with suppress(OSError):
        hide_from_git(place.parent)
        replace_bytes(place, data, 0o644, outlives_power=False)


def _kept(place: Path, header: bytes) -> bytes | None:
    """Give the last bundle, if it is of that commit and whole."""
    with suppress(OSError):
        data = place.read_bytes()
        body, seal = data[:-SEAL_BYTES], data[-SEAL_BYTES:]
        if body.startswith(header) and hashlib.sha256(body).digest() == seal:
            return body
    return None


def _apart(repository: git.Repository, folder: Path) -> dict[str, str]:
    """Give the variables by which git reads the repository's objects and writes elsewhere."""
    place = git.ask(repository.top, "rev-parse", "--git-path", "objects")
    objects = Path(repository.top, os.fsdecode(place).rstrip("\n")).resolve()
    own = folder / "objects"
    (own / "info").mkdir(parents=True)
    (own / "info/alternates").write_bytes(os.fsencode(objects) + b"\n")
    return {"GIT_OBJECT_DIRECTORY": str(own)}


def _header(commit: str) -> bytes:
    first = b"# v2 git bundle\n"
    if len(commit) > 40:
        first = b"# v3 git bundle\n@object-format=sha256\n"
    return first + f"{commit} HEAD\n\n".encode()
