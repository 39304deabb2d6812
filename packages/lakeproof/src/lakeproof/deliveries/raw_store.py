"""Raw files by their content, below `.lakeproof/raw`: what runs read and git does not have.

Copies, never links: whoever corrects a delivery in place would change what is kept. What a run
reads of a store comes here, too. Not for which local files are kept (`record.run.ending`), nor for
trust: whoever takes one digests it.
"""

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lakeproof.checksum import sha256_of
from lakeproof.inside import is_by_no_link
from lakeproof.state_folder import hide_from_git, state_of

_SHA256 = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True)
class RawStore:
    """The kept files of a project.

    Args:
        project_path: The project's folder.
    """

    project_path: Path

    @property
    def folder(self) -> Path:
        """Where they lie; it need not be there."""
        return state_of(self.project_path) / "raw"

    def find(self, sha256: str) -> Path | None:
        """Give the file that was kept by this digest; it is as untrusted as any other."""
        # A record may say anything.
        path = self.folder / sha256 if _SHA256.fullmatch(sha256) else None
        return path if path is not None and path.is_file() and not path.is_symlink() else None

    def keep(self, source: Path, sha256: str) -> bool:
        """Copy a file, with its times and mode, if it still has these bytes.

        The copy is what is digested, so that a file that changes meanwhile is found out.

        Raises:
            OSError: If it cannot be read or written.
        """
        if self.find(sha256) is not None:
            return True
        with self.partial() as partial:
            shutil.copy2(source, partial)
            is_same = sha256_of(partial) == sha256
            if is_same:
                os.replace(partial, self.folder / sha256)
            return is_same

    @contextmanager
    def partial(self) -> Iterator[Path]:
        """Give an empty file beside those that are kept; it is gone at the end of the block.

        Raises:
            OSError: If the folder cannot be written to.
        """
        self.make()
        handle, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=self.folder)
        os.close(handle)
        try:
            yield Path(name)
        finally:
            Path(name).unlink(missing_ok=True)

    def take_over(self, partial: Path) -> tuple[str, Path]:
        """Keep such a file for good.

        Returns:
            Its sha256, and where it is.
        """
        sha256 = sha256_of(partial)
        os.replace(partial, self.folder / sha256)
        return sha256, self.folder / sha256

    def make(self) -> None:
        """Make the folder, which git passes over."""
        hide_from_git(self.folder.parent)
        self.folder.mkdir(exist_ok=True)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Wait for whoever else keeps or removes files here.

        Raises:
            OSError: If nothing can be written here.
        """
        from filelock import FileLock

        self.make()
        with FileLock(self.folder.with_name(".raw.lock")):
            yield

    def remove(self, sha256: str) -> None:
        """Remove a file, if it is kept, and here: not behind a link to another project's."""
        if self._is_ours and (path := self.find(sha256)) is not None:
            path.unlink(missing_ok=True)

    def kept_since(self, moment: float) -> set[str]:
        """Name the files that have been here since a moment; their own times are the source's."""
        return {path.name for path in self._files() if path.stat().st_ctime > moment}

    def sizes(self) -> dict[str, int]:
        """Give the bytes of each file that is kept, by its digest."""
        return {path.name: path.stat().st_size for path in self._files()}

    @property
    def _is_ours(self) -> bool:
        around = self.folder.parents[1]
        return is_by_no_link(around, self.folder.relative_to(around))

    def _files(self) -> Iterator[Path]:
        for path in self.folder.iterdir() if self.folder.is_dir() and self._is_ours else ():
            if _SHA256.fullmatch(path.name) and path.is_file() and not path.is_symlink():
                yield path
