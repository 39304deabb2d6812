"""Which run it was, and what it was asked for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Status = Literal["FINISHED", "FAILED", "KILLED"]


@dataclass(frozen=True)
class Maker:
    """Who made a run, told from others and not named.

    Args:
        checkout: The random id of the project's folder; `None` where it could not be written.
        user: `sha256:…` of git's `user.email`, else of the user's name.
        machine: `sha256:…` of processor and memory.
    """

    checkout: str | None
    user: str
    machine: str


@dataclass(frozen=True)
class RunFacts:
    """Which run, when, and how it was asked for.

    Args:
        run_id: MLflow's.
        status: How it ended; KILLED where it was ended from outside.
        started_at: ISO 8601 in UTC.
        finished_at: The same.
        duration_s: Seconds between the two.
        kedro_env: The environment that lay over the base one.
        pipelines: As registered; `__default__` where none was named.
        command: The command line, secrets replaced; `None` where the run was started from Python.
        options: What the run was asked for, by the names that `kedro run --config` takes, typed
            (`params` holds what was given, not what was resolved; `load_versions` what was pinned
            by the flag).
        config: The `run:` mapping of `run.yml`: the same, with every table version that was read
            pinned and every parameter resolved.
        reproduces: The run of which this is a re-run.
        failed_node: The node in which a failed run ended.
        error: Its error, bounded.
        made_by: Who made it; `None` where nobody wrote that down.
    """

    run_id: str
    status: Status
    started_at: str
    finished_at: str
    duration_s: float
    kedro_env: str
    pipelines: tuple[str, ...]
    command: tuple[str, ...] | None
    options: Mapping[str, Any]
    config: Mapping[str, Any]
    reproduces: str | None = None
    failed_node: str | None = None
    error: str | None = None
    made_by: Maker | None = None


@dataclass(frozen=True)
class ParameterFacts:
    """The parameters as the nodes got them.

    Args:
        values: Resolved and typed; secrets are replaced by `***`.
        sources: Where each leaf comes from, by dotted name: `--params` or a file.
        redacted: Dotted names of those that are replaced.
    """

    values: Mapping[str, Any]
    sources: Mapping[str, str]
    redacted: tuple[str, ...] = ()


def leaves(values: Mapping[Any, Any], name: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each parameter by its dotted name; a list is one leaf, and so is an empty mapping."""
    for key, item in values.items():
        dotted = f"{name}.{key}" if name else str(key)
        if isinstance(item, Mapping) and item:
            yield from leaves(item, dotted)
        else:
            yield dotted, item
