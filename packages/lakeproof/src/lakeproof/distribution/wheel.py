"""Write a wheel such that the same files are the same bytes, whoever packs them, where and when.

Members are sorted, dated 1980 and not compressed: what a compressor makes of them hangs on its
version. So the wheel that an installed Lakeproof is packed into again is the released one, and a
lock can name it by its hash. git compresses what it keeps by itself, and a stored wheel so well
that a release costs only what has changed.
The format: https://packaging.python.org/en/latest/specifications/binary-distribution-format/.
"""

import base64
import csv
import hashlib
import io
import stat
import zipfile
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import PurePosixPath

# What an installer writes into the folder of a distribution beside what the wheel brings.
_OF_THE_INSTALLER = frozenset(
    {
        "INSTALLER",
        "RECORD",
        "REQUESTED",
        "direct_url.json",
        "uv_build.json",
        "uv_cache.json",
        "provenance_url.json",
    }
)
_LONG_AGO = (1980, 1, 1, 0, 0, 0)


class NoWheelError(Exception):
    """An installed distribution cannot be packed into the wheel that it came from."""


def wheel_name(name: str, version: str) -> str:
    """Give the file name of a wheel for any Python: `lakeproof-0.2.0-py3-none-any.whl`."""
    return f"{name}-{version}-py3-none-any.whl"


def packed(files: Mapping[str, bytes], name: str, version: str) -> bytes:
    """Pack a wheel.

    Args:
        files: What it holds but for its `RECORD`, by paths with `/`.
        name: The distribution's name, as it stands in the name of its folder.
        version: Its version, as it stands there.

    Returns:
        The wheel. Its members are in the order of their paths, the folder of the distribution's
        facts last, as the format recommends.
    """
    facts = f"{name}-{version}.dist-info"
    order = sorted(files, key=lambda path: (path.startswith(f"{facts}/"), path))
    members = {path: files[path] for path in order}
    members[f"{facts}/RECORD"] = _record(members, f"{facts}/RECORD")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for path, content in members.items():
            member = zipfile.ZipInfo(path, _LONG_AGO)
            # As on Unix wherever it is packed.
            member.create_system = 3
            member.external_attr = (stat.S_IFREG | 0o644) << 16
            archive.writestr(member, content)
    return out.getvalue()


def packed_again(installed: metadata.Distribution) -> tuple[str, bytes]:
    """Pack an installed distribution into the wheel that it was installed from.

    Args:
        installed: A distribution that `packed` has packed.

    Returns:
        The name of the file, and the wheel: bit for bit the released one.

    Raises:
        NoWheelError: If it is installed as editable, or a file is not what was installed.
    """
    name = installed.metadata["Name"]
    files = {}
    for path, sha256 in _installed_files(installed):
        try:
            content = installed.locate_file(path).read_bytes()  # type: ignore[attr-defined]
        except OSError as error:
            raise NoWheelError(f"{path} of {name} cannot be read: {error.strerror}.") from error
        if _sha256(content) != sha256:
            raise NoWheelError(
                f"{path} of {name} {installed.version} is not what was installed: somebody changed "
                f"it. Install it anew: pip install --force-reinstall --no-deps {name}"
            )
        files[path] = content
    if f"{name}/__init__.py" not in files:
        raise NoWheelError(f"{name} {installed.version} is installed as editable, not as a wheel.")
    return wheel_name(name, installed.version), packed(files, name, installed.version)


def _installed_files(installed: metadata.Distribution) -> Iterator[tuple[str, str]]:
    """Give what the wheel brought, by its path and hash; what was made since has no hash."""
    facts = f"{installed.metadata['Name']}-{installed.version}.dist-info"
    for path, digest, _ in csv.reader((installed.read_text("RECORD") or "").splitlines()):
        place = PurePosixPath(path)
        is_made = place.suffix == ".pyc" or ".." in place.parts or place.is_absolute()
        if is_made or (place.parts[0] == facts and place.name in _OF_THE_INSTALLER):
            continue
        yield path, digest.removeprefix("sha256=")


def _record(members: Mapping[str, bytes], own: str) -> bytes:
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    for path, content in members.items():
        rows.writerow((path, f"sha256={_sha256(content)}", len(content)))
    rows.writerow((own, "", ""))
    return out.getvalue().encode()


def _sha256(content: bytes) -> str:
    digest = hashlib.sha256(content).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
