"""Arrow gives back what it does not use, unless somebody has said how it has its memory."""

import json
import subprocess
import sys

import pyarrow as pa
import pytest

# As a run begins.
_ASK = """
import json
from lakeproof.startup.begin import import_quickly
import_quickly()
import pyarrow as pa
values = pa.array(range(1000))
print(json.dumps([pa.default_memory_pool().backend_name, pa.total_allocated_bytes()]))
"""


def pool(monkeypatch, said: str | None) -> list[object]:
    """The pool that arrays come from in a process of its own, and how much it has given."""
    monkeypatch.delenv("ARROW_DEFAULT_MEMORY_POOL", raising=False)
    if said is not None:
        monkeypatch.setenv("ARROW_DEFAULT_MEMORY_POOL", said)
    done = subprocess.run([sys.executable, "-c", _ASK], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return json.loads(done.stdout)


@pytest.mark.skipif(
    "jemalloc" not in pa.supported_memory_backends(), reason="this Arrow has no jemalloc"
)
def test_arrow_takes_what_gives_memory_back(monkeypatch):
    name, given = pool(monkeypatch, None)
    assert (name, given >= 8000) == ("jemalloc", True)


def test_what_somebody_has_said_is_left(monkeypatch):
    assert pool(monkeypatch, "system")[0] == "system"


def test_an_arrow_without_it_is_left(monkeypatch):
    class Arrow:
        supported_memory_backends = staticmethod(lambda: ["mimalloc", "system"])

    from lakeproof.startup.libraries import arrow_memory

    monkeypatch.delenv("ARROW_DEFAULT_MEMORY_POOL", raising=False)
    arrow_memory._with_other_pool(Arrow)
