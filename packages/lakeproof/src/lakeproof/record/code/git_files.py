"""What git has of single files: in trees, as objects, by its attributes, and by what is in them.

Not for the state of a whole repository (`git`).
"""

import os
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from lakeproof.record.code import git

LINK = "120000"
_PIECE = 1024**2
# Of a clone without blobs, git would fetch each that it is asked for; trees say what there is.
_PROMISED = r"^(remote\..*\.promisor|extensions\.partialclone)$"
_AS_THEY_ARE = {"GIT_LITERAL_PATHSPECS": "1"}


@dataclass(frozen=True)
class Entry:
    """A file of a tree.

    Args:
        mode: As git writes it, such as `100755`.
        name: Of its object.
    """

    mode: str
    name: str


def files_of_tree(folder: Path, tree: str) -> dict[str, Entry]:
    """List the files of a tree or commit by their paths, as the file system has them.

    Raises:
        GitError: If it is not there.
    """
    answer = git.ask(folder, "ls-tree", "-r", "-z", "--full-tree", tree)
    found = {}
    for line in filter(None, answer.split(b"\0")):
        facts, _, path = line.partition(b"\t")
        mode, _, name = facts.decode().split()
        found[os.fsdecode(path)] = Entry(mode, name)
    return found


def hidden_paths(repository: git.Repository) -> frozenset[str]:
    """Name the tracked paths whose changes git was told not to look for.

    Raises:
        GitError: If git cannot say.
    """
    answer = git.ask(repository.top, "ls-files", "-v", "-z")
    lines = filter(None, answer.split(b"\0"))
    # `S`: skip-worktree; a small letter: assume-unchanged.
    return frozenset(
        os.fsdecode(line[2:]) for line in lines if line[:1] == b"S" or line[:1].islower()
    )


def filtered_paths(repository: git.Repository, paths: Iterable[str]) -> dict[str, str]:
    """Give the filter or encoding of the paths that git changes on the way to the working tree.

    Line ends are not meant: they show in a file's size.

    Raises:
        GitError: If git cannot say.
    """
    given = b"".join(os.fsencode(path) + b"\0" for path in paths)
    attributes = ("filter", "working-tree-encoding")
    answer = git.ask(repository.top, "check-attr", "--stdin", "-z", *attributes, given=given)
    fields = answer.split(b"\0")
    told = zip(fields[::3], fields[2::3], strict=False)
    return {
        os.fsdecode(path): value.decode(errors="replace")
        for path, value in told
        if value not in (b"unspecified", b"unset")
    }


def sizes_of(folder: Path, names: Sequence[str]) -> list[int | None]:
    """Give the sizes of objects, `None` for one that is not here.

    Raises:
        GitError: If git cannot say.
    """
    given = b"".join(os.fsencode(name) + b"\n" for name in names)
    answer = git.ask(folder, "cat-file", "--batch-check=%(objectsize)", given=given)
    return [int(line) if line.isdigit() else None for line in answer.split(b"\n")[: len(names)]]


def sizes_in(folder: Path, commit: str, paths: Sequence[str]) -> list[int | None]:
    """Give the sizes that files have in a commit, `None` for one that it does not have.

    Raises:
        GitError: If git cannot say.
    """
    # A name of several lines is none that `cat-file` could be asked for.
    asked = [path if "\n" not in path else "" for path in paths]
    return sizes_of(folder, [f"{commit}:{path}" if path else "-" for path in asked])


def knows_modes(repository: git.Repository) -> bool:
    """Tell whether the file system says which files are executable."""
    try:
        return git.ask(repository.top, "config", "--type=bool", "core.fileMode").strip() != b"false"
    except git.GitError:  # not set
        return True


def files_of_repository(folder: Path) -> tuple[str, ...]:
    """Name the files of a repository within another one, but those that it ignores.

    One within it is a single name, which ends in a slash where it is no submodule.

    Raises:
        GitError: If it is none.
    """
    answer = git.ask(
        folder,
        *("ls-files", "--cached", "--others", "--exclude-standard", "-z"),
        variables={"GIT_CEILING_DIRECTORIES": str(folder.parent.resolve())},
    )
    return tuple(dict.fromkeys(os.fsdecode(path) for path in answer.split(b"\0") if path))


def blobs(folder: Path, names: Sequence[str]) -> Iterator[Iterator[bytes]]:
    """Yield the bytes of objects one after the other, each in pieces, filtered by nothing.

    Each is to be read before the next.

    Raises:
        GitError: If one is not here.
    """
    with tempfile.TemporaryFile() as wanted:
        wanted.write("".join(f"{name}\n" for name in names).encode())
        wanted.seek(0)
        try:
            process = subprocess.Popen(
                git.command(git.SETTINGS, ("cat-file", "--batch")),
                cwd=folder,
                env=git.environment({}),
                stdin=wanted,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        except OSError as error:
            raise git.GitError(f"git cannot be started: {error.strerror}") from error
        with process:
            assert process.stdout is not None
            try:
                for name in names:
                    header = process.stdout.readline().split()
                    if len(header) != 3 or header[0] != name.encode():
                        raise git.GitError(f"Object {name} is not in the repository")
                    yield _pieces(process.stdout, int(header[2]))
                    process.stdout.read(1)
            finally:
                process.kill()


def in_git(paths: Iterable[Path]) -> set[Path]:
    """Tell which files some repository around them has: as they are, or as they once were.

    By their content, under whatever name: in another branch, a tag, a stash, the snapshot of a run,
    or in nothing that has a name any more, as long as the object is there. A few commands for each
    repository, however many files and commits there are.

    Args:
        paths: Files that are there, absolute.
    """
    by_folder: dict[Path, list[Path]] = {}
    for path in paths:
        by_folder.setdefault(path.parent, []).append(path)
    by_top: dict[Path, list[Path]] = {}
    for folder, some in by_folder.items():
        with suppress(git.GitError):
            top = os.fsdecode(git.ask(folder, "rev-parse", "--show-toplevel")).rstrip("\n")
            by_top.setdefault(Path(top), []).extend(some)
    return {path for top, some in by_top.items() for path in _known(top, some)}


def _known(top: Path, paths: Sequence[Path]) -> set[Path]:
    names = {path: os.path.relpath(path.parent.resolve() / path.name, top) for path in paths}
    found = set[Path]()
    for option in ("--no-filters", None):
        with suppress(git.GitError):
            found |= _by_content(top, [path for path in paths if path not in found], option)
    once = _once_there(top)
    return found | {path for path, name in names.items() if name in once}


def _by_content(top: Path, paths: Sequence[Path], option: str | None) -> set[Path]:
    """Hash files as they lie there, or as git would take them in (line ends, filters)."""
    asked = [path for path in paths if "\n" not in str(path) and path.is_file()]
    if not asked:
        return set()
    options = [option] if option else []
    given = b"".join(os.fsencode(path) + b"\n" for path in asked)
    hashed = git.ask(top, "hash-object", *options, "--stdin-paths", given=given).decode().split()
    return {path for path, is_there in zip(asked, _are_there(top, hashed), strict=True) if is_there}


def _are_there(top: Path, names: Sequence[str]) -> list[bool]:
    with suppress(git.GitError):
        git.ask(top, "config", "--get-regexp", _PROMISED)
        listed = git.ask(top, "rev-list", "--objects", "--all", "--reflog", "--missing=allow-any")
        known = {line.partition(b" ")[0].decode() for line in listed.splitlines()}
        return [name in known for name in names]
    return [size is not None for size in sizes_of(top, names)]


def _once_there(top: Path) -> set[str]:
    """Name all paths that some commit has or had, and those that are staged."""
    found = set[str]()
    for arguments in (
        ("ls-files",),
        ("log", "--all", "--reflog", "--no-renames", "-m", "--root", "--format=", "--name-only"),
    ):
        with suppress(git.GitError):
            told = git.ask(top, *arguments, "-z", variables=_AS_THEY_ARE)
            found |= {os.fsdecode(one).lstrip("\n") for one in told.split(b"\0") if one}
    return found


def _pieces(stream: IO[bytes], size: int) -> Iterator[bytes]:
    while size:
        piece = stream.read(min(size, _PIECE))
        if not piece:
            raise git.GitError("git cat-file ended in the middle of an object")
        size -= len(piece)
        yield piece
