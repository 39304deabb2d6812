"""What of a fitted estimator says how the work was done, and not what came out.

By class and by a closed list: only what scikit-learn and SciPy say of themselves, and one note
each of MLflow's and PyTorch's. An attribute of anybody else's counts, whatever its name:
`delivery_time` is a result. So do the threads of other libraries' estimators, a fact that a run can
hold still.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator
from typing import Any

from lakeproof.digest.objects.classes import by_class

# Parameters that scikit-learn's own constructors take.
SETTINGS = {"n_jobs", "pre_dispatch", "memory", "verbose", "verbose_interval"}
# What scikit-learn's classes note about their work, by the class that does so.
_NOTES = {
    "sklearn.model_selection._search.BaseSearchCV": {"refit_time_"},
    "sklearn.cluster._kmeans._BaseKMeans": {"_n_threads"},
    "sklearn.ensemble._hist_gradient_boosting.binning._BinMapper": {"n_threads"},
    "sklearn.mixture._base.BaseMixture": {"_init_prev_time", "_iter_prev_time"},
    # A memory address.
    "sklearn.feature_extraction.text._VectorizerMixin": {"_stop_words_id"},
    # Made anew when it is asked for.
    "sklearn.preprocessing._label.MultiLabelBinarizer": {"_cached_dict"},
    # Forgotten in a pickle.
    "sklearn.utils._bunch.Bunch": {"_deprecated_key_to_warnings"},
}
# What SciPy's sparse arrays have found out about themselves.
_SPARSE = {"_has_sorted_indices", "_has_canonical_format"}
_SEARCH = "sklearn.model_selection._search.BaseSearchCV"
_DURATIONS = {"mean_fit_time", "std_fit_time", "mean_score_time", "std_score_time"}
_HOOKED = {"torch.nn.modules.module.Module", "torch.optim.optimizer.Optimizer"}
_MLFLOW, _RUN_ID = "_mlflow_run_id", re.compile(r"[0-9a-f]{32}")
_SCORES = "cv_results_"
_CHOSEN = frozenset({_MLFLOW, _SCORES})


def counting(kind: type, state: dict[str, Any]) -> Iterable[tuple[str, Any]]:
    """Choose the attributes that count.

    Args:
        kind: The object's class.
        state: Its attributes by name.
    """
    # Of each tree of a forest, all.
    is_chosen = _exempt(kind) or _is_hooked(kind) or not state.keys().isdisjoint(_CHOSEN)
    return _chosen(kind, state) if is_chosen else state.items()


def _chosen(kind: type, state: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    exempt = _exempt(kind)
    for name, value in state.items():
        if name in exempt:
            continue
        if name == _MLFLOW and is_estimator(kind) and _is_run_id(value):
            # Autologging notes on an estimator in which run it was fitted.
            continue
        if name == _SCORES and isinstance(value, dict) and _SEARCH in _lineage(kind):
            yield name, {key: scores for key, scores in value.items() if key not in _DURATIONS}
        elif "_hooks" in name and isinstance(value, dict) and _is_hooked(kind):
            # Registered under numbers that are counted up in a process.
            yield name, list(value.values())
        else:
            yield name, value


@by_class
def is_estimator(kind: type) -> bool:
    """Tell a class of estimators, in scikit-learn's sense."""
    return callable(getattr(kind, "get_params", None)) and hasattr(kind, "fit")


@by_class
def _is_hooked(kind: type) -> bool:
    return not _HOOKED.isdisjoint(_lineage(kind))


@by_class
def _exempt(kind: type) -> frozenset[str]:
    lineage = _lineage(kind)
    names = {name for base in lineage for name in _NOTES.get(base, ())}
    if any(base.startswith("scipy.sparse.") for base in lineage):
        names |= _SPARSE
    # A constructor of the user's own may mean something else by the same name.
    make = getattr(kind, "__init__", None)
    if is_estimator(kind) and str(getattr(make, "__module__", "")).startswith("sklearn."):
        names |= SETTINGS & inspect.signature(kind).parameters.keys()
    return frozenset(names)


@by_class
def _lineage(kind: type) -> tuple[str, ...]:
    return tuple(f"{base.__module__}.{base.__qualname__}" for base in kind.__mro__)


def _is_run_id(value: Any) -> bool:
    return isinstance(value, str) and _RUN_ID.fullmatch(value) is not None
