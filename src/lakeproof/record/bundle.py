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
from pathlib import Path

from lakeproof.record import git, git_files, secrets
from lakeproof.record.facts import BundleFacts, CodeFacts, Content
from lakeproof.record.snapshot import commit_of, without
from lakeproof.record.working_tree import readable

NAME = "code.bundle"
MOST_BYTES = 32 * 1024**2
# One file: what is larger is data.
MOST_BYTES_EACH = 10 * 1024**2
# Before git packs them: code becomes a fourth of it or less.
MOST_BYTES_UNPACKED = 4 * MOST_BYTES

_MEMORY = Path(".lakeproof", "looked-at")
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
        return _made(repository, found.kept_tree, known, project_path / _MEMORY)
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
        if entry.mode != git.SUBMODULE
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
        pack = git.ask(
            repository.top,
            *("pack-objects", "--revs", "--stdout", "--quiet"),
            variables=apart,
            given=f"{commit}\n".encode(),
        )
    data = _header(commit) + pack
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
    clean = _remembered(memory, rules)
    now_clean = set()
    contents = git_files.blobs(repository.top, names)
    for name, pieces in zip(names, contents, strict=True):
        data = b"".join(pieces)
        for path in paths[name]:
            key = f"{name} {hashlib.sha256(os.fsencode(path)).hexdigest()[:16]}"
            if key in clean:
                reason = known.reason_of_values(data)
            else:
                reason = known.reason(data, readable(path))
            if reason is None:
                now_clean.add(key)
            else:
                digest = hashlib.sha256(data).hexdigest()
                yield Content(readable(path), digest, len(data), withheld=reason)
    if now_clean != clean:
        _remember(memory, rules, now_clean)


def _rules() -> str:
    """Name the rules by which a file is looked at, but for the values that are known."""
    digest = hashlib.sha256()
    for file in sorted(Path(str(secrets.__file__)).parent.glob("secret*")):
        if file.is_file():
            digest.update(file.read_bytes())
    return digest.hexdigest()


def _remembered(memory: Path, rules: str) -> set[str]:
    try:
        first, *keys = memory.read_text(encoding="ascii").splitlines()
    except (OSError, ValueError):
        return set()
    return set(keys) if first == rules else set()


def _remember(memory: Path, rules: str, keys: set[str]) -> None:
    with suppress(OSError):  # It is only time.
        memory.parent.mkdir(exist_ok=True)
        ignore = memory.with_name(".gitignore")
        if not ignore.exists():
            ignore.write_text("*\n")
        partial = memory.with_name(f"{memory.name}.{os.getpid()}")
        partial.write_text("\n".join([rules, *sorted(keys), ""]), encoding="ascii")
        partial.replace(memory)


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
