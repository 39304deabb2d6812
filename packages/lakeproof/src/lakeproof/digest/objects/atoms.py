"""What a structure ends in, and what many objects hold alike: names and settings, digested once."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable
from functools import lru_cache
from typing import Any

ATOMS: dict[type, Callable[[Any], bytes]] = {
    type(None): lambda _: b"",
    bool: lambda value: b"\1" if value else b"\0",
    int: lambda value: hex(value).encode(),
    float: lambda value: struct.pack("<d", value),
    complex: lambda value: struct.pack("<dd", value.real, value.imag),
    str: lambda value: value.encode("utf-8", "surrogatepass"),
    bytes: bytes,
    bytearray: bytes,
}
_LONGEST = 100


def hashed(tag: str, *parts: bytes) -> bytes:
    """Hash a tag and parts; all parts but those of atoms have one length, so none can blur."""
    return hashlib.sha256(tag.encode() + b"\0" + b"".join(parts)).digest()


def is_common(value: Any) -> bool:
    """Tell a setting such as the three hundred trees of a forest all have."""
    kind = type(value)
    return value is None or kind is int or kind is bool or (kind is str and len(value) < _LONGEST)


@lru_cache(maxsize=4_096)
def of_setting(name: str, kind: str, value: Any) -> bytes:
    """Digest an attribute that holds an atom; of a kind by name, for `True` equals 1."""
    return hashed("attribute", of_name(name), hashed(kind, ATOMS[type(value)](value)))


@lru_cache(maxsize=4_096)
def of_name(name: str) -> bytes:
    """Digest the name of an attribute."""
    return hashed("str", ATOMS[str](name))
