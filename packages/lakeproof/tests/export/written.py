"""Write every format of a small run and of a real one: `python -m tests.export.written FOLDER`.

For `make test-export`, and for `golden/` where a format is meant to have changed.
"""

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path

from lakeproof.export import FORMATS
from lakeproof.record.documents.document import from_bytes
from lakeproof.record.facts import Record

from ..attest.mutations import PEM, honest
from ..reproduce.builders import a_record

REAL = Path(__file__).parents[1] / "record" / "schema-2.json"


def small() -> tuple[Record, str]:
    """Give the small run; its version is not today's, nor is its seal, which a new key changes."""
    return a_record(lakeproof="0.3.0"), f"sha256:{'5e' * 32}"


def real() -> tuple[Record, str]:
    """Give the run of the example that is committed as a record of schema 2."""
    content = REAL.read_bytes()
    return from_bytes(content, REAL.name), f"sha256:{hashlib.sha256(content).hexdigest()}"


def files() -> Iterator[tuple[str, str]]:
    """Yield name and text of each file."""
    for name, (record, seal) in (("small", small()), ("real", real())):
        for kind, write in FORMATS.items():
            yield f"{name}.{kind}", write(record, seal)
    # By a key that everybody knows.
    yield "small.dsse", honest()[0].decode()
    yield "key.pub", PEM.decode()


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files():
        (folder / name).write_text(text, encoding="utf-8")
