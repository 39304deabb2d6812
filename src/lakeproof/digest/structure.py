"""A digest of any Python object that could be pickled, from its structure instead of its pickle.

Pickle bytes depend on hash seeds, on which objects are shared, and on uninitialised memory. This
walk visits what pickle would store and lets none of these in. Equal parts have equal digests, so
shared objects are digested once and unordered ones can be sorted.
"""

from __future__ import annotations

import copyreg
import hashlib
import struct
import sys
import types
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from lakeproof.digest.arrays import feed_array
from lakeproof.digest.errors import NotDigestibleError

_PROTOCOL = 4
# Objects that refer to each other in many rings can be entered along exponentially many paths.
_MOST_VISITS_IN_RINGS = 50_000
_NO_RING = sys.maxsize
_ATOMS: dict[type, Callable[[Any], bytes]] = {
    type(None): lambda _: b"",
    bool: lambda value: b"\1" if value else b"\0",
    int: lambda value: hex(value).encode(),
    float: lambda value: struct.pack("<d", value),
    complex: lambda value: struct.pack("<dd", value.real, value.imag),
    str: lambda value: value.encode("utf-8", "surrogatepass"),
    bytes: bytes,
    bytearray: bytes,
}


class Walk:
    """Digest objects, remembering the parts already seen.

    Args:
        attributes: Chooses the (name, value) pairs of an object's state that count.
        foreign: Digests objects that have a canonical form of their own; `None` for all others.
    """

    def __init__(
        self,
        attributes: Callable[[dict[str, Any]], Iterable[tuple[str, Any]]] = dict.items,
        foreign: Callable[[Any], bytes | None] = lambda _: None,
    ) -> None:
        self._attributes = attributes
        self._foreign = foreign
        self._known: dict[int, tuple[Any, bytes]] = {}
        self._depths: dict[int, int] = {}
        self._trail: list[str] = []
        self._ring = _NO_RING
        self._visits_in_rings = 0

    def digest(self, value: Any) -> bytes:
        """Return the 32 bytes that stand for a value and everything it holds.

        Raises:
            NotDigestibleError: A part cannot be pickled, or is nested or entangled beyond measure.
        """
        kind = type(value)
        if kind in _ATOMS:
            return _hashed(kind.__name__, _ATOMS[kind](value))
        if isinstance(value, np.generic):
            return self._array(value)
        known = self._known.get(id(value))
        if known is not None:
            return known[1]
        depth = len(self._depths)
        if id(value) in self._depths:
            start = self._depths[id(value)]
            self._ring = min(self._ring, start)
            return _hashed("ring", str(depth - start).encode())
        outer, self._ring = self._ring, _NO_RING
        self._depths[id(value)] = depth
        try:
            result = self._composite(value)
        except RecursionError as cause:
            raise self._refusal("is nested too deeply", cause) from cause
        finally:
            del self._depths[id(value)]
        if self._ring == _NO_RING:
            # It is the same from wherever it is reached. The reference keeps its id from being
            # given to another object.
            self._known[id(value)] = (value, result)
        else:
            # A member of a ring looks different from each place where the ring is entered, so
            # remembering it would make the digest depend on which member came first.
            self._visits_in_rings += 1
            if self._visits_in_rings > _MOST_VISITS_IN_RINGS:
                raise self._refusal("is too entangled", None)
        self._ring = outer if self._ring >= depth else min(self._ring, outer)
        return result

    def _composite(self, value: Any) -> bytes:
        kind = type(value)
        if kind in (list, tuple):
            return _hashed(kind.__name__, *map(self.digest, value))
        if kind is dict:
            return _hashed("dict", *self._pairs(value.items()))
        if kind in (set, frozenset):
            return _hashed(kind.__name__, *sorted(map(self.digest, value)))
        if isinstance(value, np.ndarray):
            return self._array(value)
        foreign = self._foreign(value)
        if foreign is not None:
            return foreign
        if isinstance(value, type | types.FunctionType) or _is_builtin(value):
            return self._by_name(value)
        if callable(getattr(value, "get_params", None)) and hasattr(value, "fit"):
            # Not `__reduce_ex__`: estimators add the library's version to their state.
            return _hashed("estimator", self.digest(kind), self._state(vars(value)))
        return self._reduced(value)

    def _array(self, array: Any) -> bytes:
        if isinstance(array, np.ma.MaskedArray):
            # Arbitrary values stand under the mask.
            fill: Any = np.zeros((), array.dtype)[()]
            parts = (np.ma.getmaskarray(array), array.filled(fill))
            return _hashed("masked", *(self._array(np.asarray(part)) for part in parts))
        plain = np.asarray(array)
        is_plain = isinstance(array, np.generic) or type(array) in (np.ndarray, np.memmap)
        hasher = hashlib.sha256(b"scalar\0" if isinstance(array, np.generic) else b"array\0")
        hasher.update(b"" if is_plain else self.digest(type(array)))
        described = plain.dtype.newbyteorder("<")
        shape = (described.descr if described.names else described.str, plain.shape)
        hasher.update(repr(shape).encode() + b"\0")
        feed_array(plain, hasher.update, self.digest)
        return hasher.digest()

    def _by_name(self, value: Any) -> bytes:
        """Digest a class or function as pickle stores it: by the name under which it is found."""
        module, name = value.__module__, value.__qualname__
        found: Any = sys.modules.get(module or "builtins")
        for part in name.split("."):
            found = getattr(found, part, None)
        if found is not value:
            raise self._refusal(f"holds '{module}.{name}', which cannot be had by name", None)
        return _hashed("global", f"{module}.{name}".encode())

    def _reduced(self, value: Any) -> bytes:
        kind = type(value)
        try:
            reduce = copyreg.dispatch_table.get(kind)
            stored: Any = reduce(value) if reduce else value.__reduce_ex__(_PROTOCOL)
        except Exception as cause:
            name = f"{kind.__module__}.{kind.__qualname__}"
            raise self._refusal(f"holds a {name}, which cannot be pickled", cause) from cause
        if isinstance(stored, str):
            module = getattr(value, "__module__", None) or kind.__module__
            return _hashed("global", f"{module}.{stored}".encode())
        padded: tuple[Any, ...] = (*stored, None, None, None, None)
        make, arguments, state, items, pairs = padded[:5]
        return _hashed(
            "object",
            # By name only: what pickle needs of the class is among the arguments.
            _hashed("class", f"{kind.__module__}.{kind.__qualname__}".encode()),
            self.digest(make),
            _hashed("arguments", *map(self.digest, arguments)),
            self._state(state),
            _hashed("items", *map(self.digest, items or ())),
            _hashed("pairs", *self._pairs(pairs or ())),
        )

    def _state(self, state: Any) -> bytes:
        if isinstance(state, tuple) and len(state) == 2 and isinstance(state[1], dict):
            # What `__slots__` hold comes second.
            return _hashed("slots", self._state(state[0]), self._state(state[1]))
        if state is None:
            # Some classes come back from a pickle with an empty state instead of none.
            state = {}
        if not isinstance(state, dict):
            return self.digest(state)
        parts = []
        for name, value in self._attributes(state):
            self._trail.append(str(name))
            parts.append(_hashed("attribute", self.digest(name), self.digest(value)))
            self._trail.pop()
        return _hashed("state", *sorted(parts))

    def _pairs(self, items: Iterable[tuple[Any, Any]]) -> list[bytes]:
        return sorted(self.digest(key) + self.digest(value) for key, value in items)

    def _refusal(self, what: str, cause: BaseException | None) -> NotDigestibleError:
        place = ".".join(self._trail[:20]) or "The object"
        reason = f": {cause}" if cause else ""
        return NotDigestibleError(
            f"{place} {what}{reason}. It has no digest and cannot be compared. Store what it "
            "holds as plain values, arrays, or functions of a module."
        )


def _is_builtin(value: Any) -> bool:
    """Tell a function of a C module from a method of an object, which pickles with its object."""
    return isinstance(value, types.BuiltinFunctionType) and isinstance(
        value.__self__, types.ModuleType | None
    )


def _hashed(tag: str, *parts: bytes) -> bytes:
    """Hash a tag and parts; all parts but those of atoms have one length, so none can blur."""
    return hashlib.sha256(tag.encode() + b"\0" + b"".join(parts)).digest()
