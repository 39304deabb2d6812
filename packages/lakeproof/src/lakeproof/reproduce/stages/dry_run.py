"""What a re-run would do, stage by stage, and what of it is missing: said, and nothing done.

Nothing is decided here: it is told what the stages hold and what the plan has found. Not for what
came out of a re-run (`verdict_report`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import singledispatch
from pathlib import PurePosixPath
from typing import Any

from lakeproof.reproduce.comparison.artifacts import pair_artifacts
from lakeproof.reproduce.environment.same_environment import interpreter_of
from lakeproof.reproduce.outcomes import Factor
from lakeproof.reproduce.stages.stage_types import (
    BuildEnvironment,
    CheckOut,
    Compare,
    Keep,
    KnownFaults,
    PlaceFiles,
    PlaceModels,
    Register,
    RunChild,
    Stage,
    StartTables,
    VerifyTables,
)
from lakeproof.spelling import spelled, typed
from lakeproof.terminal import layout

_MOST_NAMES = 5
_SHORT = 8


@dataclass(frozen=True)
class DryRun:
    """What a re-run would do.

    Args:
        run_id: The run that it would repeat.
        stages: In their order.
        missing: Sentences: what is missing, and how to get it.
        factors: What is known already to be another.
    """

    run_id: str
    stages: tuple[Stage, ...]
    missing: tuple[str, ...] = ()
    factors: tuple[Factor, ...] = ()

    @property
    def can_start(self) -> bool:
        """Tell whether nothing is known to be missing."""
        return not self.missing


@dataclass(frozen=True)
class Told:
    """What a stage will do.

    Args:
        does: In one sentence, without a point.
        names: What it does that with.
        size: Bytes that it reads, links or copies, where it is known beforehand.
    """

    does: str
    names: tuple[str, ...] = ()
    size: int | None = None


def document(dry: DryRun) -> dict[str, Any]:
    """Make the JSON document."""
    told = [(stage.name, describe(stage)) for stage in dry.stages]
    return {
        "run_id": dry.run_id,
        "can_start": dry.can_start,
        "stages": [
            {"stage": name, "does": one.does, "names": list(one.names), "bytes": one.size}
            for name, one in told
        ],
        "factors": [
            {"factor": one.factor, "expected": one.expected, "actual": one.actual}
            for one in dry.factors
        ],
        "missing": list(dry.missing),
    }


def render(dry: DryRun) -> str:
    """Write it for people: a line a stage, and beneath them what is missing."""
    short = dry.run_id[:_SHORT]
    rows: list[list[Any]] = []
    for number, stage in enumerate(dry.stages, start=1):
        told = describe(stage)
        names = f": {_listed(told.names)}" if told.names else ""
        rows.append([number, stage.name, spelled(f"{told.does}{names}")])
    parts = [layout({"": "right", "stage": "left", "would": "left"}, rows)] if rows else []
    if dry.factors:
        named = _listed([one.factor for one in dry.factors])
        parts.append(f"Another than recorded: {spelled(named)}")
    if dry.missing:
        parts.append("\n".join(["Missing:", *(f"  {spelled(one)}" for one in dry.missing)]))
        parts.append("It could not start. Nothing was run.")
    else:
        command = typed("kedro reproduce", short)
        parts.append(f"Nothing is missing. Nothing was run. Run it: {command}")
    return "\n\n".join(parts)


def exit_code(dry: DryRun) -> int:
    """Give 0 where it could start, else 2 as the re-run itself would."""
    return 0 if dry.can_start else 2


@singledispatch
def describe(stage: Any) -> Told:
    """Say what a stage will do."""
    raise TypeError(f"There is no stage of the type {type(stage).__name__}.")


@describe.register
def _(stage: VerifyTables) -> Told:
    needed = [
        (f"{table.datasets[0]}@{one.version}", one.size or 0)
        for table in stage.tables
        for one in table.versions
        if one.digest is not None
    ]
    size = sum(size for _, size in needed)
    does = f"read {_counted(needed, 'table version')} ({_bytes(size)}) for their digests"
    if not needed:
        does = "read no table: nothing hangs on one"
    return Told(does, tuple(name for name, _ in needed), size)


@describe.register
def _(stage: CheckOut) -> Told:
    code, files = stage.code, len(stage.configuration.files)
    what = f"commit {str(code.commit)[:_SHORT]}"
    if code.kept_commit != code.commit:
        what = f"snapshot {str(code.kept_commit)[:_SHORT]} of {what}"
    does = f"lay out {what}, {len(code.files)} source and {files} configuration files"
    return Told(does)


@describe.register
def _(stage: KnownFaults) -> Told:
    return Told("refuse what the older Lakeproof that recorded it would do to files of yours")


@describe.register
def _(stage: PlaceFiles) -> Told:
    files = {one.path: one.size for one in stage.files if not one.is_own}
    size = sum(files.values())
    does = f"copy {_counted(files, 'file')} that the run read ({_bytes(size)})"
    if not files:
        does = "copy no file: the run read none"
    return Told(does, tuple(map(_base_name, files)), size)


@describe.register
def _(stage: PlaceModels) -> Told:
    models = tuple(one.uri for one in stage.models)
    return Told(f"bring {_counted(models, 'model')} that the run loaded from MLflow", models)


@describe.register
def _(stage: StartTables) -> Told:
    starts = [table for table in stage.tables if table.is_written]
    names, size = [], 0
    for table in starts:
        versions = {one.version: one.size or 0 for one in table.versions}
        size += versions.get(table.start, 0) if table.start is not None else 0
        at = "new" if table.start is None else str(table.start)
        names.append(f"{table.datasets[0]}@{at}")
    others = len(stage.tables) - len(starts)
    does = f"link or copy {_counted(starts, 'table')} that it writes ({_bytes(size)})"
    if not starts:
        does = "copy no table: the run wrote none"
    if others:
        does += f", leave {others} where {'it is' if others == 1 else 'they are'}"
    return Told(does, tuple(names), size)


@describe.register
def _(stage: BuildEnvironment) -> Told:
    packages = len(stage.environment.distributions)
    recorded = f"Python {interpreter_of(stage.environment)} with {packages} packages"
    if stage.is_asked:
        return Told("take this environment as it is (--here), whatever the run had")
    if stage.is_current:
        return Told(f"take this environment, which is the recorded one: {recorded}")
    return Told(f"have the recorded environment built again: {recorded}")


@describe.register
def _(stage: RunChild) -> Told:
    options = {name: value for name, value in stage.options.items() if name != "load_versions"}
    pins = str(stage.options.get("load_versions") or "")
    engine = stage.engine.name if stage.engine is not None else stage.compute.engine
    does = f"run it in environment '{stage.kedro_env}' on the {engine} engine"
    if options:
        does += f", asked with {_listed(sorted(options))}"
    return Told(f"{does}, with {pins} pinned" if pins else does)


@describe.register
def _(stage: Register) -> Told:
    return Told(f"make an MLflow run below {stage.run_id[:_SHORT]}")


@describe.register
def _(stage: Compare) -> Told:
    artifacts = [one for _, one in pair_artifacts(stage.record, stage.record)]
    counting = [one.name for one in artifacts if one.counts]
    return Told(f"compare {_counted(counting, 'artifact')} that count", tuple(counting))


@describe.register
def _(stage: Keep) -> Told:
    return Told("store record, small artifacts and verdict there")


def _counted(things: Sequence[Any] | dict[str, Any], noun: str) -> str:
    return f"{len(things)} {noun}" if len(things) == 1 else f"{len(things)} {noun}s"


def _bytes(size: int) -> str:
    if size < 1024**2:
        return f"{size / 1024:,.1f} KiB"
    return f"{size / 1024**2:,.1f} MiB"


def _base_name(path: str) -> str:
    return PurePosixPath(path).name


def _listed(names: Iterable[str]) -> str:
    listed = list(names)
    more = len(listed) - _MOST_NAMES
    return ", ".join(listed[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
