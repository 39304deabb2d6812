"""Whether what a value pickles is the same in another process.

An object may store its address, or something that was counted up in this process. Two honest runs
then store others, and "differs" would be a false alarm. After `loads(dumps(value))` the digest of
such a value is another one, so it has none. Arrays and frames are handed through as they are: what
they store is known, and nothing large is copied.
"""

from __future__ import annotations

import io
import pickle
from typing import Any

import numpy as np

from lakeproof.digest.objects.content import is_registered
from lakeproof.digest.objects.structure import Known, Walk, canonical_form
from lakeproof.errors import LakeproofError


def proven_digest(value: Any) -> bytes:
    """Digest a value of any type.

    Raises:
        NotDigestibleError: A part cannot be pickled, or the value comes back as another one, or
            what it is asked for fails: its content, its keys.
    """
    walk = Walk()
    try:
        before = walk.digest(value)
        is_same = walk.is_proven or _after(value, walk) == before
    except LakeproofError:
        raise
    except Exception as cause:
        raise walk.refusal("cannot be digested", cause) from cause
    if not is_same:
        raise walk.refusal(
            "has another digest after it was pickled and loaded, as if it held an address", None
        )
    return before


def _after(value: Any, walk: Walk) -> bytes:
    handed = {key: part for key, part in walk.known.items() if _is_handed_through(part)}
    content = io.BytesIO()
    known: dict[int, Known] = {}
    try:
        _Pickler(content, handed).dump(value)
        content.seek(0)
        loaded = _Unpickler(content, handed, known).load()
    except Exception as cause:
        raise walk.refusal("cannot be pickled and loaded again", cause) from cause
    return Walk(known).digest(loaded)


def _is_handed_through(part: Known) -> bool:
    kind = type(part.value)
    if kind is np.ndarray:
        return not part.value.dtype.hasobject
    # Of a registered type the project has said what counts, and it need not be pickled.
    return is_registered(kind) or (part.is_proven and canonical_form(kind) is not None)


class _Pickler(pickle.Pickler):
    def __init__(self, content: io.BytesIO, handed: dict[int, Known]) -> None:
        super().__init__(content, protocol=pickle.HIGHEST_PROTOCOL)
        self._handed = handed

    def persistent_id(self, value: Any) -> int | None:
        return id(value) if id(value) in self._handed else None


class _Unpickler(pickle.Unpickler):
    def __init__(
        self, content: io.BytesIO, handed: dict[int, Known], known: dict[int, Known]
    ) -> None:
        super().__init__(content)
        self._handed, self._known = handed, known

    def persistent_load(self, place: Any) -> Any:
        part = self._handed[place]
        value = part.value
        if type(value) is np.ndarray:
            # Whoever is being loaded must not change what the node works with.
            value = value.view()
            value.flags.writeable = False
        self._known[id(value)] = part._replace(value=value)
        return value
