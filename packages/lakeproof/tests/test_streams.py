"""Nothing that a command says is lost on a terminal of few letters, and no command ends by it."""

import io
import json
import sys

import pytest

from lakeproof.commands.output import emit
from lakeproof.streams import make_patient


@pytest.fixture(params=["latin-1", "ascii", "cp1252"])
def terminal(request):
    """Standard output of few letters, as PYTHONIOENCODING makes it."""
    return io.TextIOWrapper(io.BytesIO(), encoding=request.param, errors="strict")


def written(stream) -> str:
    stream.flush()
    return stream.buffer.getvalue().decode(stream.encoding)


SAID = "fit \u2192 model \u2026 \U0001f377"


def test_what_it_has_no_letters_for_is_spelled_out(terminal):
    """As it is, it raises in the middle of a verdict."""
    with pytest.raises(UnicodeEncodeError):
        print("\U0001f377", file=terminal)
    make_patient(terminal)
    print(SAID, file=terminal)
    assert "fit -> model " in written(terminal)
    assert "\\U0001f377" in written(terminal)


def test_a_terminal_of_all_letters_is_left_alone():
    """Nothing is spelled out there."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="strict")
    make_patient(stream)
    assert stream.errors == "strict"


def test_a_document_stays_the_same_document(terminal, monkeypatch):
    """Escaped as JSON does, since what was spelled out would be another name."""
    make_patient(terminal)
    monkeypatch.setattr(sys, "stdout", terminal)
    emit({"name": SAID}, lambda: "", as_json=True, output=None)
    assert json.loads(written(terminal)) == {"schema": 1, "name": SAID}
