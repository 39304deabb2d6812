"""What lies in a working tree otherwise than its commit has it, byte for byte.

Git's own answer is not enough: it leaves out what it ignores, what lies in another repository, what
it was told not to look at, and what a filter or a setting of line ends made of a file. Not for how
that becomes a commit (`snapshot`).
"""

import os
import re
import stat
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath

from lakeproof.record.code import git, git_diff, git_files
from lakeproof.record.code.git_files import LINK
from lakeproof.record.code.lying_files import Lying, Seen, data_of, readable
from lakeproof.record.facts import Content

# Reads a file: where it lies, and what to call it.
Read = Callable[[Path, str], Content]

# What a filter by such a name keeps out of the repository is not to be put into it.
_HIDES = re.compile(r"crypt|secret|vault|(?<![a-z])(?:sops|gpg|age)(?![a-z])")


def look(repository: git.Repository, seen: Seen, read: Read, reread: Read, room: int) -> Lying:
    """Read what is otherwise than the commit has it.

    Args:
        repository: Its working tree is only read.
        seen: What is known of it.
        read: Gives a file whole, or by digest where it must not be kept.
        reread: The same for what was looked for secrets already.
        room: How many bytes all that is not tracked may have together.

    Raises:
        GitError: If git cannot say.
    """
    looking = _Looking(repository, seen, read, reread, room)
    looking.take_tracked()
    looking.take_others()
    looking.take_source()
    return looking.found


class _Looking:
    def __init__(
        self, repository: git.Repository, seen: Seen, read: Read, reread: Read, room: int
    ) -> None:
        self.found = Lying()
        self._repository = repository
        self._top = repository.top
        self._real_top = os.path.realpath(repository.top)
        self._seen = seen
        self._read, self._reread = read, reread
        self._room = room
        self._changed = {change.path: change for change in seen.changes}

    def take_tracked(self) -> None:
        """Read the tracked files that may have other bytes than the commit."""
        same_so_far = []
        for path, entry in self._seen.tracked.items():
            change = self._changed.get(path)
            status = self._status(path)
            if entry.mode == git_diff.SUBMODULE:
                self._take_submodule(path, status)
            elif status is None or (change is not None and change.status == "D"):
                self.found.gone.add(path)  # Where it is there, it is among the others.
            elif stat.S_ISLNK(status.st_mode):
                self._take_link(path)
            elif not stat.S_ISREG(status.st_mode):
                self.found.gone.add(path)
            elif self._is_suspect(path, entry, status):
                self._take_file(path, self._mode(path, status), self._reader(path))
            else:
                same_so_far.append((path, entry, status))
        sizes = git_files.sizes_of(self._top, [entry.name for _, entry, _ in same_so_far])
        for (path, _, status), size in zip(same_so_far, sizes, strict=True):
            if status.st_size != size:  # Other line ends, to begin with.
                self._take_file(path, self._mode(path, status), self._reader(path))

    def take_others(self) -> None:
        """Read what git does not track, repositories within this one too."""
        for path, content in self._seen.others.items():
            if path.endswith("/"):
                self._take_repository(path.rstrip("/"))
            elif (self._top / path).is_symlink():
                self._take_link(path)
            else:
                self._take_content(path, "100755" if content.is_executable else "100644", content)
        for change in self._seen.changes:  # Staged, or announced.
            if change.path in self._seen.tracked:
                continue
            if change.is_submodule:
                self._take_repository(change.path)
            else:
                self._take(change.path)

    def take_source(self) -> None:
        """Read the source files that git ignores, and what links lead to."""
        cut = set()
        for path in self._seen.source:
            if self._is_had(path):
                continue
            link = self._link_on_the_way(path)
            inside = self._inside(path)
            if link is None:
                self._take(path)
            elif inside is None:
                cut.add(link)
                self._take_file(path, self._mode(path, (self._top / path).stat()), self._read)
            elif not self._is_had(inside):
                self._take(inside)
        for link in cut:
            self.found.files.pop(link, None)
            self.found.gone.add(link)
        for path in [path for path, (mode, _) in self.found.files.items() if mode == LINK]:
            target = self._inside(path)
            is_source = path in self._seen.source
            if is_source and target and not self._is_had(target) and (self._top / target).is_file():
                self._take(target)

    def _take(self, path: str) -> None:
        status = self._status(path)
        if status is None:
            return
        if stat.S_ISLNK(status.st_mode):
            self._take_link(path)
        else:
            self._take_file(path, self._mode(path, status), self._reader(path))

    def _take_file(self, path: str, mode: str, read: Read) -> None:
        self._take_content(path, mode, read(self._top / path, readable(path)))

    def _take_content(self, path: str, mode: str, content: Content) -> None:
        is_tracked = path in self._seen.tracked
        if content.withheld is None and not is_tracked:
            self._room -= content.size
            if self._room < 0:
                content = replace(content, withheld="all such files together are too large")
        if content.withheld is None:
            self.found.files[path] = (mode, data_of(content))
            return
        self.found.left_out.append(replace(content, text=None, base64=None))
        if is_tracked:
            self.found.gone.add(path)

    def _take_link(self, path: str) -> None:
        """Keep a link that stays in the repository; of another, what it leads to.

        One that leads to a folder elsewhere stays a link, which a re-run does not follow.
        """
        place = self._top / path
        text = os.readlink(place)
        inside = self._inside(path)
        if inside is not None:
            if os.path.isabs(text):
                # It would lead from the re-run into the user's own tree.
                text = os.path.relpath(self._top / inside, os.path.realpath(place.parent))
        elif place.is_file() and (path in self._seen.source or self._is_small(place)):
            self._take_file(path, self._mode(path, place.stat()), self._read)
            return
        self.found.files[path] = (LINK, os.fsencode(text))

    def _take_submodule(self, path: str, status: os.stat_result | None) -> None:
        if status is None:
            self.found.gone.add(path)
        elif stat.S_ISDIR(status.st_mode) and any((self._top / path).iterdir()):
            self.found.gone.add(path)
            self._take_repository(path)

    def _take_repository(self, folder: str) -> None:
        found = {
            path: status.st_size
            for path in self._files_in(folder)
            if (status := self._status(path)) is not None
        }
        if sum(found.values()) > self._room:
            # Those of them that are source follow one by one.
            reason = "it is a repository of its own, and too large to be kept"
            self.found.left_out.append(Content(readable(f"{folder}/"), "", 0, withheld=reason))
            return
        for path in found:
            if not self._is_had(path):
                self._take(path)
        self.found.inner[folder] = sum(found.values())

    def _files_in(self, folder: str) -> Iterator[str]:
        try:
            names = git_files.files_of_repository(self._top / folder)
        except git.GitError:
            return
        for name in names:
            path = f"{folder}/{name.rstrip('/')}"
            if (self._top / path).is_dir() and not (self._top / path).is_symlink():
                yield from self._files_in(path)
            else:
                yield path

    def _reader(self, path: str) -> Read:
        """Choose how a file is looked at: git has seen what it tracks, but for its changes."""
        name = self._seen.filtered.get(path, "").lower()
        if _HIDES.search(name):
            return lambda place, name: _withheld(self._read(place, name))
        if path in self._seen.reasons and path not in self._seen.hidden:
            reason = self._seen.reasons[path]
            if reason is not None:
                return lambda place, name: replace(self._reread(place, name), withheld=reason)
            return self._reread
        is_known = path in self._seen.tracked and path not in self._changed
        if is_known and not name and path not in self._seen.hidden:
            return self._reread
        return self._read

    def _is_suspect(self, path: str, entry: git_files.Entry, status: os.stat_result) -> bool:
        seen = self._seen
        if path in self._changed or path in seen.hidden or path in seen.filtered:
            return True
        return entry.mode == LINK or entry.mode != self._mode(path, status)

    def _is_had(self, path: str) -> bool:
        if path in self.found.files or any(one.path == path for one in self.found.left_out):
            return True
        return path in self._seen.tracked and path not in self.found.gone

    def _is_small(self, place: Path) -> bool:
        return place.stat().st_size <= self._room

    def _inside(self, path: str) -> str | None:
        """Give the path that a path leads to; `None` where that is not in the repository."""
        real = os.path.realpath(self._top / path)
        if real == self._real_top or not real.startswith(self._real_top + os.sep):
            return None
        inside = PurePosixPath(real).relative_to(self._real_top)
        return None if ".git" in inside.parts else str(inside)

    def _link_on_the_way(self, path: str) -> str | None:
        parents = [str(parent) for parent in PurePosixPath(path).parents][-2::-1]
        return next((parent for parent in parents if (self._top / parent).is_symlink()), None)

    def _mode(self, path: str, status: os.stat_result) -> str:
        entry = self._seen.tracked.get(path)
        if not self._seen.knows_modes and entry is not None and entry.mode.startswith("100"):
            return entry.mode
        return "100755" if status.st_mode & stat.S_IXUSR else "100644"

    def _status(self, path: str) -> os.stat_result | None:
        try:
            return os.lstat(self._top / path)
        except (FileNotFoundError, NotADirectoryError):
            return None


def _withheld(content: Content) -> Content:
    reason = content.withheld or "its filter keeps it out of the repository"
    return replace(content, withheld=reason)
