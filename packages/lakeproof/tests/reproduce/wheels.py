"""Wheels of the tests' own making."""

import base64
import hashlib
import zipfile
from pathlib import Path


def wheel_of(folder: Path) -> Path:
    """Make an index with one wheel of one module in it."""
    folder.mkdir()
    module = b"x = 1\n"
    digest = base64.urlsafe_b64encode(hashlib.sha256(module).digest()).decode().rstrip("=")
    info = "small-1.0.dist-info"
    files = {
        "small.py": module,
        f"{info}/METADATA": b"Metadata-Version: 2.1\nName: small\nVersion: 1.0\n",
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/RECORD": f"small.py,sha256={digest},{len(module)}\n".encode(),
    }
    with zipfile.ZipFile(folder / "small-1.0-py3-none-any.whl", "w") as wheel:
        for name, content in files.items():
            wheel.writestr(name, content)
    return folder
