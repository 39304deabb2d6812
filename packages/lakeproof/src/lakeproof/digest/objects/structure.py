"""A digest of any Python object that could be pickled, from its structure instead of its pickle.

Pickle bytes depend on hash seeds, on which objects are shared, and on uninitialised memory. This
walk visits what pickle would store and lets none of these in. Equal parts have equal digests, so
shared objects are digested once and sets can be sorted. Mappings keep the order in which they were
handed over; the attributes of an object have none.
"""

from __future__ import annotations

import copyreg
import hashlib
import sys
import types
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from lakeproof.digest.digest_errors import TEACH, LazyPartError, NotDigestibleError
from lakeproof.digest.objects.arrays import described, feed_array
from lakeproof.digest.objects.atoms import ATOMS, hashed, is_common, of_name, of_setting
from lakeproof.digest.objects.classes import by_class
from lakeproof.digest.objects.content import content_of, is_registered
from lakeproof.digest.objects.exempt import counting, is_estimator
from lakeproof.digest.objects.lazy import is_lazy

_PROTOCOL = 4
# Objects that refer to each other in many rings can be entered along exponentially many paths.
_MOST_VISITS_IN_RINGS = 50_000
_NO_RING = sys.maxsize
_MOST_CHARACTERS = 100
# What these libraries' objects pickle holds no address and no clock.
_PROVEN = {*sys.stdlib_module_names, "numpy", "scipy", "sklearn", "pandas"}

_NO_ITEMS, _NO_PAIRS = hashed("items"), hashed("pairs")

# Digests objects of one class in a canonical form of their own.
Canonical = Callable[["Walk", Any], bytes]
_FINDERS: list[Callable[[type], Canonical | None]] = []


def canonical(find: Callable[[type], Canonical | None]) -> Callable[[type], Canonical | None]:
    """Add a finder of canonical forms: it gives one for a class that it knows, `None` for others.

    Recognise the class by name: whoever holds no such object must not import its library.
    """
    _FINDERS.append(find)
    return find


@by_class
def canonical_form(kind: type) -> Canonical | None:
    """Give the canonical form of a class, if it has one."""
    return next((form for find in _FINDERS if (form := find(kind))), None)


class Known(NamedTuple):
    """A part that was digested, which must be kept lest another one gets its id."""

    value: Any
    digest: bytes
    is_proven: bool


class Walk:
    """Digest objects, remembering the parts already seen.

    Args:
        known: Parts whose digest is known already, by id.
    """

    def __init__(self, known: dict[int, Known] | None = None) -> None:
        self.known = known if known is not None else {}
        self.is_proven = True
        self._depths: dict[int, int] = {}
        self._trail: list[str] = []
        self._ring = _NO_RING
        self._visits_in_rings = 0

    def digest(self, value: Any) -> bytes:
        """Return the 32 bytes that stand for a value and everything it holds.

        `is_proven` is false from then on if a part's pickle may hold what another process has not.

        Raises:
            NotDigestibleError: A part cannot be pickled, or is nested or entangled beyond measure.
        """
        kind = type(value)
        if kind in ATOMS:
            return hashed(kind.__name__, ATOMS[kind](value))
        if isinstance(value, np.generic):
            return self._array(value)
        known = self.known.get(id(value))
        if known is not None:
            self.is_proven &= known.is_proven
            return known.digest
        depth = len(self._depths)
        if id(value) in self._depths:
            start = self._depths[id(value)]
            self._ring = min(self._ring, start)
            return hashed("ring", str(depth - start).encode())
        outer, self._ring = self._ring, _NO_RING
        was_proven, self.is_proven = self.is_proven, True
        self._depths[id(value)] = depth
        try:
            result = self._composite(value)
        except RecursionError as cause:
            raise self.refusal("is nested too deeply", cause) from cause
        finally:
            del self._depths[id(value)]
        if self._ring == _NO_RING:
            # It is the same from wherever it is reached.
            self.known[id(value)] = Known(value, result, self.is_proven)
        else:
            # A member of a ring looks different from each place where the ring is entered, so
            # remembering it would make the digest depend on which member came first.
            self._visits_in_rings += 1
            if self._visits_in_rings > _MOST_VISITS_IN_RINGS:
                raise self.refusal("is too entangled", None)
        self._ring = outer if self._ring >= depth else min(self._ring, outer)
        self.is_proven &= was_proven
        return result

    def tagged(self, tag: str, *parts: Any) -> bytes:
        """Digest several values under one tag, for a canonical form."""
        return hashed(tag, *map(self.digest, parts))

    def attributes(self, value: Any, state: Any) -> bytes:
        """Digest the attributes of an object that count, in no order."""
        if isinstance(state, tuple) and len(state) == 2 and isinstance(state[1], dict):
            # What `__slots__` hold comes second.
            parts = (self.attributes(value, part) for part in state)
            return hashed("slots", *parts)
        if state is None:
            # Some classes come back from a pickle with an empty state instead of none.
            state = {}
        if not isinstance(state, dict):
            return self.digest(state)
        counted = []
        for name, part in counting(type(value), state):
            if type(name) is str and is_common(part):
                counted.append(of_setting(name, type(part).__name__, part))
                continue
            self._trail.append(str(name))
            named = of_name(name) if type(name) is str else self.digest(name)
            counted.append(hashed("attribute", named, self.digest(part)))
            self._trail.pop()
        return hashed("state", *sorted(counted))

    def refusal(self, what: str, cause: BaseException | None) -> NotDigestibleError:
        """Make the error that says which part has no digest, and what to do about it."""
        place = ".".join(self._trail[:20]) or "The object"
        reason = f": {cause}" if cause else ""
        return NotDigestibleError(
            f"{_cut(place)} {_cut(what)}{_cut(reason)}. It has no digest and cannot be compared. "
            f"Hand over plain values, arrays or functions of a module, or {TEACH}"
        )

    def _composite(self, value: Any) -> bytes:
        kind = type(value)
        if kind in (list, tuple):
            return hashed(kind.__name__, *map(self.digest, value))
        if kind is dict:
            return hashed("dict", *self._pairs(value.items()))
        if kind in (set, frozenset):
            return hashed(kind.__name__, *sorted(map(self.digest, value)))
        if is_registered(kind):
            return hashed("content", _name_of(kind), self.digest(content_of(value)))
        if isinstance(value, np.ndarray):
            return self._array(value)
        if is_lazy(value):
            raise LazyPartError(
                f"{'.'.join(self._trail[:20]) or 'It'} is lazy and was not computed to be digested"
            )
        form = canonical_form(kind)
        if form is not None:
            return form(self, value)
        if isinstance(value, type | types.FunctionType) or _is_builtin(value):
            return self._by_name(value)
        self.is_proven &= kind.__module__.partition(".")[0] in _PROVEN
        if is_estimator(kind) and not _pickles_its_own_way(kind):
            # Not `__reduce_ex__`: estimators add the library's version to their state.
            return hashed("estimator", self.digest(kind), self.attributes(value, vars(value)))
        return self._reduced(value)

    def _array(self, array: Any) -> bytes:
        if isinstance(array, np.ma.MaskedArray):
            # Arbitrary values stand under the mask.
            fill: Any = np.zeros((), array.dtype)[()]
            parts = (np.ma.getmaskarray(array), array.filled(fill))
            # Whoever fills the gaps later takes this; an array notes that it was asked, a view too.
            gap = np.asarray(array.view().fill_value)
            return hashed("masked", *(self._array(np.asarray(part)) for part in (*parts, gap)))
        plain = np.asarray(array)
        is_plain = isinstance(array, np.generic) or type(array) in (np.ndarray, np.memmap)
        hasher = hashlib.sha256(b"scalar\0" if isinstance(array, np.generic) else b"array\0")
        hasher.update(b"" if is_plain else self.digest(type(array)))
        hasher.update(f"({described(plain.dtype)}, {plain.shape!r})\0".encode())
        feed_array(plain, hasher.update, self.digest)
        if not is_plain and (own := getattr(array, "__dict__", None)):
            # A unit, say: what a class of its own knows beside the numbers.
            return hashed("array", hasher.digest(), self.attributes(array, own))
        return hasher.digest()

    def _by_name(self, value: Any) -> bytes:
        """Digest a class or function as pickle stores it: by the name under which it is found."""
        module, name = value.__module__, value.__qualname__
        found: Any = sys.modules.get(module or "builtins")
        for part in name.split("."):
            found = getattr(found, part, None)
        if found is not value:
            raise self.refusal(f"holds what is not importable by its name, '{module}.{name}'", None)
        return hashed("global", f"{module}.{name}".encode())

    def _reduced(self, value: Any) -> bytes:
        kind = type(value)
        try:
            reduce = copyreg.dispatch_table.get(kind)
            stored: Any = reduce(value) if reduce else value.__reduce_ex__(_PROTOCOL)
        except Exception as cause:
            name = f"{kind.__module__}.{kind.__qualname__}"
            raise self.refusal(f"holds a {name}, which cannot be pickled", cause) from cause
        if isinstance(stored, str):
            module = getattr(value, "__module__", None) or kind.__module__
            return hashed("global", f"{module}.{stored}".encode())
        padded: tuple[Any, ...] = (*stored, None, None, None, None)
        make, arguments, state, items, pairs = padded[:5]
        return hashed(
            "object",
            # By name only: what pickle needs of the class is among the arguments.
            _name_of(kind),
            self.digest(make),
            hashed("arguments", *map(self.digest, arguments)),
            self.attributes(value, state),
            hashed("items", *map(self.digest, items)) if items else _NO_ITEMS,
            hashed("pairs", *self._pairs(pairs)) if pairs else _NO_PAIRS,
            # Of a mapping that is no dict, the state need not have its order.
            *([self.digest(list(value))] if _is_other_mapping(kind) else []),
        )

    def _pairs(self, items: Iterable[tuple[Any, Any]]) -> list[bytes]:
        return [self.digest(key) + self.digest(value) for key, value in items]


def _cut(text: str) -> str:
    """Bound what the object says of itself, so that the sentence always comes to its end."""
    return text if len(text) <= _MOST_CHARACTERS else f"{text[: _MOST_CHARACTERS - 1]}…"


@by_class
def _name_of(kind: type) -> bytes:
    return hashed("class", f"{kind.__module__}.{kind.__qualname__}".encode())


def _is_builtin(value: Any) -> bool:
    """Tell a function of a C module from a method of an object, which pickles with its object."""
    return isinstance(value, types.BuiltinFunctionType) and isinstance(
        value.__self__, types.ModuleType | None
    )


def _is_other_mapping(kind: type) -> bool:
    return issubclass(kind, Mapping) and not issubclass(kind, dict)


@by_class
def _pickles_its_own_way(kind: type) -> bool:
    """Tell estimators that say themselves what is to be stored; scikit-learn adds its version."""
    ways = (getattr(kind, name, None) for name in ("__getstate__", "__reduce__", "__reduce_ex__"))
    modules = {str(getattr(way, "__module__", None)).partition(".")[0] for way in ways}
    return not modules <= {"None", "builtins", "sklearn"}
