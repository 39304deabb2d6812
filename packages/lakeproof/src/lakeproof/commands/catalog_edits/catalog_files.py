"""The files of a catalog: which one an entry is in, and changing several together."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lakeproof.commands.catalog_edits.entries import (
    copy_entry,
    is_needless,
    read_entries,
    with_pin,
    without_entry,
)
from lakeproof.commands.command_errors import CatalogError, OutputError
from lakeproof.commands.output import remove, write_atomically

if TYPE_CHECKING:
    from lakeproof.commands.catalog import ProjectCatalog

_BOM = "\ufeff"
_SUFFIXES = (".yml", ".yaml", ".json")


@dataclass(frozen=True)
class Place:
    """Where an entry is.

    Args:
        path: Its file.
        env: The environment of that file.
        copied_from: The file that it was copied from just now.
        is_removed_copy: Whether it was there until just now, a copy no longer needed.
    """

    path: Path
    env: str
    copied_from: Path | None = None
    is_removed_copy: bool = False


class CatalogFiles:
    """Edits of catalog files, kept until all of them are known to be possible."""

    def __init__(self, catalog: "ProjectCatalog") -> None:
        self._catalog = catalog
        self._read: dict[Path, bytes | None] = {}
        self._texts: dict[Path, str] = {}

    def find(self, name: str) -> Place:
        """Find the entry that counts in this environment.

        Raises:
            CatalogError: If no file has it.
        """
        catalog = self._catalog
        for env in dict.fromkeys((catalog.env, catalog.base_env)):
            path = self._defining(env, name)
            if path is not None:
                return Place(path, env)
        raise CatalogError(
            f"No file of {catalog.relative(catalog.conf_path / catalog.env)} or "
            f"{catalog.relative(catalog.conf_path / catalog.base_env)} has an entry '{name}' "
            "written out. No pin was changed. Edit its load_args by hand."
        )

    def set_pin(self, name: str, version: int | None) -> Place:
        """Change a pin, in the file where it holds for this environment alone if one was named.

        Raises:
            CatalogError: If the file's text cannot be edited; no file has changed.
        """
        catalog, place = self._catalog, self.find(name)
        base = self._defining(catalog.base_env, name)
        path = place.path
        try:
            if place.env != catalog.env and catalog.is_env_given:
                path = self._catalog_file(catalog.env)
                origin = catalog.relative(place.path)
                copied = copy_entry(self._text(place.path), name, self._text(path), origin)
                self._texts[path] = with_pin(copied, name, version)
                return Place(path, catalog.env, copied_from=place.path)
            text = with_pin(self._text(path), name, version)
            if base is not None and base != path and is_needless(text, name, self._text(base)):
                self._texts[path] = without_entry(text, name)
                return Place(path, place.env, is_removed_copy=True)
            self._texts[path] = text
            return place
        except CatalogError as error:
            raise CatalogError(
                f"{catalog.relative(path)}: {error.message}. No pin was changed."
            ) from error

    def write(self) -> None:
        """Write every changed file, or none; one that has become empty goes.

        Raises:
            OutputError: If a file cannot be written, or was changed by somebody else meanwhile.
        """
        for path in self._texts:
            if _content(path) != self._read[path]:
                raise OutputError(
                    f"{path} was changed by somebody else just now. No pin was changed. Try again."
                )
        try:
            for path, text in self._texts.items():
                if text.strip():
                    write_atomically(path, self._bytes(path, text))
                else:
                    remove(path)
        except OutputError:
            self.restore()
            raise

    def restore(self) -> None:
        """Put every file back as it was read."""
        for path in self._texts:
            content = self._read[path]
            if content is None:
                remove(path)
            elif _content(path) != content:
                write_atomically(path, content)

    def _defining(self, env: str, name: str) -> Path | None:
        for path in self._files(env):
            try:
                if name in read_entries(self._text(path)):
                    return path
            except CatalogError as error:
                raise CatalogError(
                    f"{self._catalog.relative(path)} cannot be read: {error.message}. No pin was "
                    "changed."
                ) from error
        return None

    def _files(self, env: str) -> Iterator[Path]:
        """Yield the files in which Kedro looks for catalog entries."""
        folder = self._catalog.conf_path / env
        found = {path for pattern in self._catalog.file_patterns for path in folder.glob(pattern)}
        found |= self._texts.keys() & {self._catalog_file(env)}
        for path in sorted(found):
            is_hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
            if path.suffix in _SUFFIXES and not path.is_dir() and not is_hidden:
                yield path

    def _catalog_file(self, env: str) -> Path:
        """Choose the file for an entry that an environment does not have yet."""
        folder = self._catalog.conf_path / env
        other = folder / "catalog.yaml"
        return other if other.exists() else folder / "catalog.yml"

    def _text(self, path: Path) -> str:
        """Give a file as it is to be, without the mark that some editors put in front."""
        if path not in self._texts:
            content = self._read.setdefault(path, _content(path)) or b""
            try:
                return content.decode().removeprefix(_BOM)
            except UnicodeDecodeError as error:
                raise CatalogError("not UTF-8") from error
        return self._texts[path]

    def _bytes(self, path: Path, text: str) -> bytes:
        had_mark = (self._read[path] or b"").startswith(_BOM.encode())
        return ((_BOM if had_mark else "") + text).encode()


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
