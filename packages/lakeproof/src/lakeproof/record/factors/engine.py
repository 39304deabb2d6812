"""How a run was run: its engine and what that was set to, its runner."""

from lakeproof.record.factors.setup_factor import NOT_LOOKED, SetupFactor
from lakeproof.record.facts import ComputeFacts


def _runner(found: ComputeFacts) -> str | None:
    return found.runner and found.runner + (" --async" if found.is_async else "")


def _is_same_engine(ours: ComputeFacts, theirs: ComputeFacts) -> bool:
    """Tell whether settings can be compared: all of another engine's are other ones."""
    return ours.engine == theirs.engine


FACTORS = (
    SetupFactor(
        "runner",
        lambda found: NOT_LOOKED if found.runner is None else found.runner,
        "runner",
        _runner,
    ),
    SetupFactor("async", lambda found: NOT_LOOKED if found.is_async is None else found.is_async),
    SetupFactor("engine", lambda found: found.engine, "engine"),
    SetupFactor(
        "engine configuration",
        lambda found: found.engine_configuration,
        "engine settings",
        is_comparable=_is_same_engine,
    ),
)
