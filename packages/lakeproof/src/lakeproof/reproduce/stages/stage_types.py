"""What a re-run does, stage by stage: facts, which `execute` carries out and `dry_run` prints.

A stage holds all that it needs to know of the recorded run and nothing of the other stages, so
that a list of them can be put together from the records of several runs. Where things are on this
machine, and what came of the stages before, `execute` knows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from lakeproof.erasure.erased_inputs import ErasedInput
from lakeproof.record.facts import (
    CodeFacts,
    ComputeFacts,
    ConfigurationFacts,
    EnvironmentFacts,
    FileFacts,
    ModelRead,
    NodeFacts,
    ParameterFacts,
    Record,
)
from lakeproof.record.run.command import mended
from lakeproof.reproduce.environment.other_engine import AskedEngine
from lakeproof.reproduce.needed_tables import NeededTable
from lakeproof.reproduce.outcomes import Factor
from lakeproof.reproduce.plan import Plan


@dataclass(frozen=True)
class VerifyTables:
    """Read each version that the re-run builds upon and hold its content against the record."""

    name: ClassVar[str] = "verify tables"
    tables: tuple[NeededTable, ...]


@dataclass(frozen=True)
class CheckOut:
    """Lay out code and configuration in a worktree, and hold every file against the record.

    Args:
        code: As recorded.
        configuration: As recorded.
        replaced: Files that are put into the project afterwards, by their content.
    """

    name: ClassVar[str] = "check out"
    code: CodeFacts
    configuration: ConfigurationFacts
    replaced: tuple[str, ...] = ()


@dataclass(frozen=True)
class KnownFaults:
    """Refuse what the older version that recorded the run would do to the user's files."""

    name: ClassVar[str] = "known faults"
    record: Record


@dataclass(frozen=True)
class PlaceFiles:
    """Put every file that the run read where it was, with the bytes that it had.

    Args:
        files: Those that came through the catalog; what the run had written itself, its re-run
            writes anew.
        nodes: Which opened files by themselves.
        mirrors: Whether files from outside of the project get a place in scratch. Older code reads
            them where they are.
    """

    name: ClassVar[str] = "place files"
    files: tuple[FileFacts, ...]
    nodes: tuple[NodeFacts, ...] = ()
    mirrors: bool = True


@dataclass(frozen=True)
class PlaceModels:
    """Bring the models that the run loaded from MLflow, and hold their files against the record."""

    name: ClassVar[str] = "place models"
    models: tuple[ModelRead, ...]


@dataclass(frozen=True)
class StartTables:
    """Give each table that is written a copy in scratch, as it was; the others stay where they are.

    Files are linked where the disk can, so that a copy costs next to nothing.
    """

    name: ClassVar[str] = "start tables"
    tables: tuple[NeededTable, ...]


@dataclass(frozen=True)
class BuildEnvironment:
    """Choose the interpreter: the current one, or one whose libraries are the recorded ones.

    Args:
        environment: The recorded one, with what another engine needs.
        is_current: Whether the current one is it, or is to be taken as it is.
        is_asked: Whether it is to be taken as it is because somebody said so.
    """

    name: ClassVar[str] = "build environment"
    environment: EnvironmentFacts
    is_current: bool
    is_asked: bool = False


@dataclass(frozen=True)
class RunChild:
    """Run the project again, in a process of its own that knows nothing of this one.

    Args:
        run_id: The run that it repeats.
        kedro_env: Its environment.
        options: As `kedro run` was asked, with the versions that are pinned.
        configuration: Its folder, and the values that resolvers made of the catalog.
        compute: Threads, kernel, engine and surroundings, which are restored.
        code: Says which folders were searched for modules.
        files: Whose order a stream had.
        parameters: Their values; `None` for a run of older code, which refuses to be told.
        engine: Instead of the recorded one.
        resets_random: Whether the random states that nodes share are set anew before each.
        shares: A folder with what nodes gave in other runs of this code and set-up.
    """

    name: ClassVar[str] = "run"
    run_id: str
    kedro_env: str
    options: Mapping[str, Any]
    configuration: ConfigurationFacts
    compute: ComputeFacts
    code: CodeFacts
    files: tuple[FileFacts, ...] = ()
    parameters: ParameterFacts | None = None
    engine: AskedEngine | None = None
    resets_random: bool = False
    shares: Path | None = None


@dataclass(frozen=True)
class Register:
    """Make the MLflow run that the re-run becomes, beside the one that it repeats."""

    name: ClassVar[str] = "register"
    run_id: str


@dataclass(frozen=True)
class Compare:
    """Hold what came out against what was recorded, and give the verdict.

    Args:
        record: Of the run that was repeated.
        factors: What is known already to be another.
        tested: The code that ran in place of the recorded one, if it is meant to be another.
        erased: Inputs that are meant to be without rows.
    """

    name: ClassVar[str] = "compare"
    record: Record
    factors: tuple[Factor, ...] = ()
    tested: CodeFacts | None = None
    erased: tuple[ErasedInput, ...] = ()


@dataclass(frozen=True)
class Keep:
    """Store the re-run with its record, its small artifacts and the verdict."""

    name: ClassVar[str] = "keep"
    run_id: str


Stage = (
    VerifyTables
    | CheckOut
    | KnownFaults
    | PlaceFiles
    | PlaceModels
    | StartTables
    | BuildEnvironment
    | RunChild
    | Register
    | Compare
    | Keep
)


def stages_of(plan: Plan, engine: AskedEngine | None = None) -> tuple[Stage, ...]:
    """Make the stages of a re-run, in their order.

    Args:
        plan: What it needs.
        engine: Instead of the recorded one.
    """
    record = plan.record
    files = plan.files or record.inputs.files
    replaced = tuple(file.path for file in files if not file.is_own)
    # Code that wrote records of schema 1 refuses to be told what it does not understand.
    is_told = record.lakeproof is not None
    return (
        VerifyTables(plan.tables),
        CheckOut(record.code, record.configuration, replaced),
        *(() if is_told else (KnownFaults(record),)),
        PlaceFiles(files, record.nodes, mirrors=is_told),
        *((PlaceModels(record.inputs.models),) if record.inputs.models else ()),
        StartTables(plan.tables),
        BuildEnvironment(plan.environment, plan.has_environment, plan.is_here),
        RunChild(
            run_id=record.run.run_id,
            kedro_env=record.run.kedro_env,
            options=_options(plan),
            configuration=record.configuration,
            compute=record.compute,
            code=record.code,
            files=files,
            parameters=record.parameters if is_told else None,
            engine=engine,
        ),
        Register(record.run.run_id),
        Compare(
            record,
            tuple(one for one in plan.factors if one.factor.startswith("table id:")),
            erased=plan.erased,
        ),
        Keep(record.run.run_id),
    )


def _options(plan: Plan) -> dict[str, Any]:
    """Ask for the run as it was asked for, with the versions that it read before it wrote."""
    options = mended(plan.record.run.options)
    options.pop("load_versions", None)
    if plan.load_versions:
        options["load_versions"] = ",".join(f"{k}:{v}" for k, v in plan.load_versions.items())
    return options
