"""Tests change variables of the environment while native threads read them."""

import ctypes
import itertools
import json
import os
import subprocess
import sys

import pytest


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's environ")
def test_who_walks_through_the_variables_while_a_test_changes_them_goes_on(monkeypatch):
    place = ctypes.c_void_p.in_dll(ctypes.CDLL(None), "environ")
    before = ctypes.cast(place.value, ctypes.POINTER(ctypes.c_void_p))
    count = next(n for n in itertools.count() if before[n] is None)
    walked = before[: count + 1]

    for name in range(100):
        monkeypatch.setenv(f"SET_{name}", "1")
    monkeypatch.delenv("PATH")

    assert before[: count + 1] == walked


@pytest.mark.parametrize("name", ["SET", b"SET"])
def test_a_library_may_set_one_by_text_or_bytes(name):
    os.putenv(name, "1")

    libc = ctypes.CDLL(None)
    libc.getenv.restype = ctypes.c_char_p
    assert libc.getenv(b"SET") == b"1"
    os.unsetenv(name)
    assert libc.getenv(b"SET") is None


def test_what_no_variable_can_hold_is_refused(monkeypatch):
    with pytest.raises(ValueError, match="embedded null byte"):
        monkeypatch.setenv("SET", "a\0b")

    assert "SET" not in os.environ


def test_a_process_that_is_started_has_what_was_changed(monkeypatch):
    monkeypatch.setenv("SET", "first")
    monkeypatch.setenv("SET", "ä=b")
    monkeypatch.setenv("SET_TO_NOTHING", "")
    monkeypatch.delenv("HOME")

    assert os.getenv("SET") == "ä=b"
    # Libraries have set some that `os.environ` does not know, as readline sets COLUMNS.
    code = "import json, os; print(json.dumps(dict(os.environ)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    found = json.loads(done.stdout)
    assert os.environ.items() <= found.items()
    assert "HOME" not in found
