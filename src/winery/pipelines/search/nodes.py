"""Try hyperparameters, each by cross-validation on the rows that a model may see.

The same trials with the same values each time: folds are shuffled by the seed, a grid has one
order, and Optuna's sampler is seeded and asked one trial after the other. The test rows stay
unseen.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from lakeproof.estimators import settle_threads
from lakeproof.frames import with_settings

from winery.parameters import SearchSettings, TrainSettings
from winery.pipelines.evaluate.scores import USUAL, scorer
from winery.pipelines.train.nodes import (
    measurements_of,
    model_of,
    target_of,
)

if TYPE_CHECKING:
    from pandas import DataFrame
else:
    # Kedro resolves a node's annotations whenever it starts, and warns of those it cannot.
    DataFrame = Any

logger = logging.getLogger(__name__)


@with_settings(TrainSettings, "train", argument="training")
@with_settings(SearchSettings, "search")
def search_hyperparameters(
    training_rows: DataFrame, training: TrainSettings, settings: SearchSettings
) -> tuple[list[dict[str, Any]], dict[str, Any], dict[str, dict[str, Any]]]:
    """Cross-validate the estimator as `conf/` has it, then each trial of its space.

    Args:
        training_rows: The rows of `select_training_rows`.
        training: `params:train`, which names the estimator.
        settings: `params:search`.

    Returns:
        The trials in their order, each with `name`, `params` and `metrics` (mean and deviation over
        the folds); the best one, by the first metric; its means in the form of MLflow's history.

    Raises:
        ValueError: An argument or a measure is unknown, or rows are too few for the folds.
    """
    names = settings.metrics or _decisive(training.task)
    space = settings.spaces.get(training.estimator, {})
    trials: list[dict[str, Any]] = []

    def attempt(changes: Mapping[str, Any]) -> float:
        metrics = _cross_validated(training_rows, training, changes, settings.folds, names)
        trials.append({"name": f"trial {len(trials)}", "params": dict(changes), "metrics": metrics})
        logger.info(
            "Tried %s: %s %s", dict(changes) or "what conf/ says", names[0], metrics[names[0]]
        )
        return metrics[names[0]] * _sign(names[0], training.task)

    # The first is what it has to be better than.
    values = [attempt({})]
    if space:
        ask = {"grid": _grid, "optuna": _optuna}[settings.method]
        values += ask(space, attempt, settings.trials, training.seed)
    best = trials[values.index(max(values))]
    _tell(best, training.estimator, len(trials))
    history = {name: {"value": best["metrics"][name], "step": 0} for name in names}
    return trials, {"estimator": training.estimator, **best}, history


def _cross_validated(
    rows: DataFrame,
    training: TrainSettings,
    changes: Mapping[str, Any],
    folds: int,
    names: tuple[str, ...],
) -> dict[str, float]:
    from sklearn.model_selection import KFold, StratifiedKFold, cross_validate

    measurements = measurements_of(rows, training)
    model = model_of(measurements, training, changes)
    settle_threads(model)
    kind = StratifiedKFold if training.is_classification else KFold
    found = cross_validate(
        model,
        measurements,
        target_of(rows, training),
        cv=kind(folds, shuffle=True, random_state=training.seed),
        scoring={name: scorer(name, training.task) for name in names},
        error_score="raise",
    )
    metrics: dict[str, float] = {}
    for name in names:
        scores = found[f"test_{name}"] * _sign(name, training.task)
        metrics |= {name: float(scores.mean()), f"{name}_std": float(scores.std())}
    return metrics


def _grid(
    space: Mapping[str, Any], attempt: Callable[[Mapping[str, Any]], float], _: int, __: int
) -> list[float]:
    from sklearn.model_selection import ParameterGrid

    for name, values in space.items():
        if not isinstance(values, list):
            raise ValueError(
                f"'{name}' in 'search.spaces' is {values!r}; a grid takes lists of values. Say a "
                "list, or search.method: optuna, which takes ranges."
            )
    return [attempt(changes) for changes in ParameterGrid(dict(space))]


def _optuna(
    space: Mapping[str, Any],
    attempt: Callable[[Mapping[str, Any]], float],
    trials: int,
    seed: int,
) -> list[float]:
    try:
        import optuna
    except ModuleNotFoundError as error:
        raise ValueError(
            "'search.method' is optuna, which is not installed. Add \"optuna>=5,<6\" to "
            "`dependencies` in pyproject.toml and type: make lock run; or say search.method: grid."
        ) from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    values: list[float] = []

    def objective(trial: Any) -> float:
        values.append(attempt({name: _asked(trial, name, space[name]) for name in sorted(space)}))
        return values[-1]

    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=seed))
    study.optimize(objective, n_trials=trials)
    return values


def _asked(trial: Any, name: str, values: Any) -> Any:
    if not isinstance(values, Mapping):
        return trial.suggest_categorical(name, list(values))
    is_whole = all(isinstance(values.get(end), int) for end in ("low", "high"))
    return (trial.suggest_int if is_whole else trial.suggest_float)(name, **values)


def _decisive(task: str) -> tuple[str, ...]:
    usual = tuple(USUAL[task])
    return (*usual[-1:], *usual[:-1]) if task == "classification" else usual


def _sign(name: str, task: str) -> int:
    """Turn what scikit-learn turned around: `log_loss` is told as it is, and less is better."""
    return -1 if USUAL[task].get(name, "").startswith("neg_") else 1


def _tell(best: Mapping[str, Any], estimator: str, count: int) -> None:
    if not best["params"]:
        logger.info("Of %d trials none is better than what conf/ says.", count)
        return
    arguments = "".join(f"\n      {name}: {value}" for name, value in best["params"].items())
    logger.info(
        "The best of %d trials is '%s'. To train with it, put into conf/:\ntrain:\n  estimators:\n"
        "    %s:%s",
        *(count, best["name"], estimator, arguments),
    )
