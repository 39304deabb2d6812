"""Variables of the environment that tests change while native threads read them.

glibc's `setenv` may free the array that `getenv` walks through in another thread (its manual calls
it unsafe). Threads of delta-rs and Arrow outlive what a test has asked of them, so that now and
then a worker died of it. Here a copy is changed, which then takes the array's place.
"""

import ctypes
import functools
import itertools
import os
import sys
from collections import deque
from collections.abc import Mapping
from typing import Any

# As in glibc, a line that was there once is kept: who has asked for it may hold it as long as it
# likes. Of the arrays, no thread is still walking through one that was replaced so often since.
_line = functools.cache(ctypes.create_string_buffer)
_arrays: deque[Any] = deque(maxlen=4096)


def change_copies() -> None:
    """Have `os.environ` change what native code reads by copies; other systems are left alone."""
    if sys.platform == "linux":
        os.putenv, os.unsetenv = _put, _remove


def set_back(before: Mapping[str, str]) -> None:
    """Have the variables that there were, and touch those alone that differ."""
    for name in os.environ.keys() - before.keys():
        del os.environ[name]
    os.environ.update(before.items() - os.environ.items())


def _put(name: str | bytes, value: str | bytes) -> None:
    line = b"=".join(map(os.fsencode, (name, value)))
    # As Python's own refuses it.
    if b"\0" in line:
        raise ValueError("embedded null byte")
    _replace(name, ctypes.addressof(_line(line)))


def _remove(name: str | bytes) -> None:
    _replace(name)


def _replace(name: str | bytes, *by: int) -> None:
    place = ctypes.c_void_p.in_dll(ctypes.CDLL(None), "environ")
    others = _others(ctypes.cast(place.value, ctypes.POINTER(ctypes.c_void_p)), name)
    lines = [*others, *by, None]
    _arrays.append((ctypes.c_void_p * len(lines))(*lines))
    place.value = ctypes.addressof(_arrays[-1])


def _others(array: Any, name: str | bytes) -> list[int]:
    """Give where the lines of all other variables are; the array ends with `None`."""
    start, lines = os.fsencode(name) + b"=", map(array.__getitem__, itertools.count())
    lines = itertools.takewhile(lambda line: line is not None, lines)
    return [line for line in lines if not ctypes.string_at(line).startswith(start)]
