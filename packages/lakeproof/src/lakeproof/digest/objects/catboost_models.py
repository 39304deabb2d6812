"""The digest of CatBoost's models, recognised by name: CatBoost is never imported here.

A fitted one keeps what it learned in memory of its own, and writes into it an identifier that is
drawn anew and the time of its training. Those two do not count.
"""

from __future__ import annotations

import copy
import hashlib
import tempfile
from pathlib import Path
from typing import Any

from lakeproof.digest.objects.structure import Canonical, Walk, canonical

_OF_THE_FIT_ALONE = ("model_guid", "train_finish_time")


@canonical
def _form(kind: type) -> Canonical | None:
    names = {(base.__module__, base.__name__) for base in kind.__mro__}
    return _of_model if ("catboost.core", "CatBoost") in names else None


def _of_model(walk: Walk, model: Any) -> bytes:
    added = {name: value for name, value in vars(model).items() if not name.startswith("_")}
    learned = _bytes(model) if model.is_fitted() else b""
    return walk.tagged("catboost", type(model), model.get_params(), added, learned)


def _bytes(model: Any) -> bytes:
    copied = copy.deepcopy(model)
    facts = copied.get_metadata()
    for name in _OF_THE_FIT_ALONE:
        facts[name] = ""
    with tempfile.TemporaryDirectory(prefix="lakeproof-") as folder:
        file = Path(folder, "model.cbm")
        copied.save_model(str(file), format="cbm")
        return hashlib.sha256(file.read_bytes()).digest()
