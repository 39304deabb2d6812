"""The arithmetic of `rs1` on numpy arrays: everything modulo 2^64, everything in place.

This room knows numbers, not Arrow and not tables. Fresh arrays of a megabyte or more cost as much
in page faults as the arithmetic itself, so every temporary is taken from a `Scratch` and given
back.
"""

from __future__ import annotations

import functools
import hashlib
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]

# With far fewer rows the interpreter's part of each numpy call makes two threads slower than one;
# with far more the buffers fall out of the caches.
STEP_ROWS = 131_072

_MIX_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_MIX_SECOND = np.uint64(0x94D049BB133111EB)
_PAIR = np.uint64(0xD6E8FEB86659FD93)
_POSITION = np.uint64(0x9E3779B97F4A7C15)
_ONE = np.uint64(1)


class Lanes(NamedTuple):
    """Two independent 64-bit words: together they are the 128 bits of a cell, a row or a sum."""

    first: int
    second: int


# "null-lane-zero!!" in ASCII: a pair of words that no `pair` gives, legible in a debugger.
NULL_CELL = Lanes(0x6E756C6C2D6C616E, 0x652D7A65726F2121)


class Scratch:
    """Lend out reusable word buffers.

    Not for use by two threads at once: each worker holds its own.
    """

    def __init__(self) -> None:
        """Start empty: buffers appear when first asked for."""
        self._idle: list[Words] = []

    def take(self, length: int) -> Words:
        """Lend a buffer of `length` words with arbitrary contents."""
        for place, buffer in enumerate(self._idle):
            if len(buffer) >= length:
                return self._idle.pop(place)[:length]
        return np.empty(max(length, STEP_ROWS), dtype=np.uint64)[:length]

    def give(self, *lent: Words) -> None:
        """Take back buffers; the caller must not look at them again."""
        for view in lent:
            owner = view.base
            # One huge list must not keep its memory for the rest of the stream.
            if isinstance(owner, np.ndarray) and len(owner) <= 4 * STEP_ROWS:
                self._idle.append(owner)


def mix(words: Words, out: Words, scratch: Scratch) -> None:
    """Write the SplitMix64 finaliser of `words`, a bijection, into `out` (which may be `words`)."""
    shifted = scratch.take(len(words))
    np.right_shift(words, np.uint64(30), out=shifted)
    np.bitwise_xor(words, shifted, out=out)
    np.multiply(out, _MIX_FIRST, out=out)
    np.right_shift(out, np.uint64(27), out=shifted)
    np.bitwise_xor(out, shifted, out=out)
    np.multiply(out, _MIX_SECOND, out=out)
    np.right_shift(out, np.uint64(31), out=shifted)
    np.bitwise_xor(out, shifted, out=out)
    scratch.give(shifted)


def pair(words: Words, scratch: Scratch) -> tuple[Words, Words]:
    """Spread words over two lanes, both lent from `scratch`; `words` is only read."""
    first, second = scratch.take(len(words)), scratch.take(len(words))
    mix(words, first, scratch)
    shifted = scratch.take(len(words))
    np.multiply(first, _PAIR, out=second)
    np.right_shift(second, np.uint64(32), out=shifted)
    np.bitwise_xor(second, shifted, out=second)
    np.multiply(second, _PAIR, out=second)
    np.right_shift(second, np.uint64(29), out=shifted)
    np.bitwise_xor(second, shifted, out=second)
    scratch.give(shifted)
    return first, second


@functools.lru_cache(maxsize=4096)
def keys(name: str) -> Lanes:
    """Return the two odd multipliers of a field name: odd, so that no cell is lost modulo 2^64."""
    digest = hashlib.blake2b(name.encode(), digest_size=16, person=b"rowset/1").digest()
    return Lanes(*(int.from_bytes(digest[i : i + 8], "little") | 1 for i in (0, 8)))


def position_factors(length: int, lane: int, scratch: Scratch) -> Words:
    """Lend the multipliers of list positions 0 to `length` - 1 in one lane: they fix the order."""
    factors = scratch.take(length)
    factors[:] = np.arange(lane + 1, 2 * length + lane + 1, 2, dtype=np.uint64)
    np.multiply(factors, _POSITION, out=factors)
    mix(factors, factors, scratch)
    np.bitwise_or(factors, _ONE, out=factors)
    return factors


def total(words: Words) -> int:
    """Add words modulo 2^64."""
    return int(words.sum(dtype=np.uint64))
