"""The re-run itself, in isolation: scratch, worktree, tables, environment, one child process.

Nothing here decides what comes out: that is `compare`'s. Whatever is missing on the way is an
error of ours with a sentence, before anything is run.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from lakeproof import determinism
from lakeproof.errors import LakeproofError
from lakeproof.record.documents.document import from_bytes
from lakeproof.record.documents.rerun_request import Rerun, RerunTable
from lakeproof.record.facts import FileFacts, Record
from lakeproof.record.mlflow_store.store import RecordStore
from lakeproof.record.places.redirection import outside_of
from lakeproof.record.run.command import mended, to_yaml
from lakeproof.record.setup.compute import cpu_model
from lakeproof.record.setup.surroundings import restored_umask, restored_variables
from lakeproof.reproduce.child import Finished, run_child
from lakeproof.reproduce.code.raw_files import place_files
from lakeproof.reproduce.code.seen_files import place_seen
from lakeproof.reproduce.code.worktree import check_out, searched
from lakeproof.reproduce.environment.kernel import kernel_to_set
from lakeproof.reproduce.environment.other_engine import AskedEngine
from lakeproof.reproduce.environment.package_sources import (
    developed_with_the_code,
    find_local_packages,
)
from lakeproof.reproduce.environment.rebuild import rebuild
from lakeproof.reproduce.needed_tables import NeededTable
from lakeproof.reproduce.older_versions import refusal
from lakeproof.reproduce.plan import Plan
from lakeproof.reproduce.scratch import Scratch

Say = Callable[[str], None]

_STDERR_LINES = 12


class RerunError(LakeproofError):
    """The re-run could not start, or did not end with a record."""


@dataclass(frozen=True)
class Outcome:
    """What came of it.

    Args:
        record: That of the re-run.
        artifacts: The folder of what it logged, the record aside.
        left_out: Sentences on what the run may have seen and the re-run has not.
    """

    record: Record
    artifacts: Path | None
    left_out: tuple[str, ...] = ()


def verify(plan: Plan, say: Say) -> tuple[str, ...]:
    """Read every version that the re-run builds upon and hold its content against the record.

    Returns:
        A sentence for each that is another, with both digests.
    """
    others = []
    for table in plan.tables:
        for needed in table.versions:
            if needed.digest is None:
                continue
            say(f"Verifying table '{table.datasets[0]}' at version {needed.version}")
            try:
                found = table.table.open(needed.version).compute_digest()
            except Exception as error:
                found = f"unreadable ({type(error).__name__}: {error})"[:300]
            if found != needed.digest:
                others.append(
                    f"Table '{table.datasets[0]}' at version {needed.version} is not what the run "
                    f"read: its content is {found}, recorded {needed.digest}. That would be no "
                    "re-run. Restore the table's files from a backup."
                )
    return tuple(others)


def execute(
    plan: Plan,
    scratch: Scratch,
    project_path: Path,
    find_artifact: Callable[[FileFacts], Path | None],
    records: RecordStore,
    engine: AskedEngine | None,
    say: Say,
) -> Outcome:
    """Run it again.

    Args:
        plan: With nothing missing.
        scratch: Where, entered.
        project_path: The user's project, which is only read.
        find_artifact: Brings MLflow's copy of a file.
        records: The user's store, which is made ready to keep the re-run while it goes on.
        engine: Instead of the recorded one.
        say: Gets progress, a line at a time.

    Raises:
        LakeproofError: If it cannot be run, with what is missing.
    """
    record = plan.record
    say(f"Checking out commit {str(record.code.commit)[:8]}")
    had = [file.path for file in record.inputs.files if not file.is_own]
    place = scratch.path / "project"
    out = check_out(project_path, record.code, record.configuration, place, had, records.artifact)
    if out.is_bundled:
        say("The code is out of the run's bundle: the repository does not have it")
    for sentence in out.left_out:
        say(sentence)
    refused = refusal(record, out.conf_source)
    if refused is not None:
        raise RerunError(refused)
    outside = outside_of(scratch.path) if record.lakeproof is not None else None
    place_files(record.inputs.files, project_path, out.project, find_artifact, outside)
    place_seen(record, project_path, out.project)
    tables = [
        told
        for number, table in enumerate(plan.tables)
        for told in _place(table, scratch.path / "tables" / str(number), say)
    ]
    store = scratch.path / "store"
    rerun = Rerun(
        reproduces=record.run.run_id,
        store=str(store),
        record_path=str(scratch.path / "record.json"),
        tables=tuple(tables),
        credentials_from=str(project_path / record.configuration.source),
        kedro_env=record.run.kedro_env,
        engine=engine.name if engine is not None else None,
        spark=engine.spark if engine is not None else None,
        arrivals=_arrivals(record.inputs.files),
        **_told(record, project_path),
    )
    rerun_file = scratch.path / "rerun.json"
    rerun.write(rerun_file)
    config = scratch.path / "rerun.yml"
    config.write_text(to_yaml(_run_config(plan, out.conf_source, out.project)))
    python = Path(sys.executable)
    if plan.has_environment:
        records.start_scratch(store)
        local = developed_with_the_code(plan.environment, scratch.path / "project")
        if local.missing:
            raise RerunError(
                "What the run imported from the repository is not what its commit has: "
                f"{', '.join(local.missing)}. Nothing was run."
            )
    else:
        cache = project_path / ".lakeproof" / "environments"
        local = find_local_packages(
            *(plan.environment, scratch.path / "project", project_path, scratch.path / "local")
        )
        python = rebuild(plan.environment, out.project / "requirements", cache, say, local)
    say("Running it again")
    words = {**record.compute.threads, determinism.HANDED_OVER: record.compute.recipe}
    kernel = kernel_to_set(record.compute, cpu_model())
    if kernel is not None:
        say(f"Asking OpenBLAS for the recorded kernel {kernel}")
        words[determinism.KERNEL] = kernel
    surroundings = record.compute.surroundings
    if surroundings is not None:
        words |= restored_variables(surroundings)
    finished = run_child(
        *(python, out.project, config, words, rerun_file, say),
        meanwhile=records.begin_to_open,
        umask=restored_umask(surroundings) if surroundings is not None else None,
        path=(*local.path, *searched(out, record.code)),
    )
    outcome = _result(finished, Path(rerun.record_path), store)
    return replace(outcome, left_out=out.left_out)


def _told(record: Record, project_path: Path) -> dict[str, Any]:
    """Give what only code understands that wrote records of schema 2: older code refuses it."""
    if record.lakeproof is None:
        return {}
    return {
        "parameters": record.parameters.values,
        "redacted": record.parameters.redacted,
        "catalog": record.configuration.catalog_values or {},
        "project": str(project_path),
    }


def _arrivals(files: Sequence[FileFacts]) -> dict[str, list[str]]:
    """Give the names of a folder's files in the order of the record, where that is not their own.

    A stream takes files in the order in which they came, which their copies do not tell.
    """
    by_dataset: dict[str, list[PurePosixPath]] = {}
    for file in files:
        by_dataset.setdefault(file.dataset, []).append(PurePosixPath(file.path))
    return {
        dataset: [path.name for path in paths]
        for dataset, paths in by_dataset.items()
        if len({path.parent for path in paths}) == 1 and paths != sorted(paths)
    }


def _place(table: NeededTable, target: Path, say: Say) -> list[RerunTable]:
    """Leave a table that is only read where it is; give one that is written a copy in scratch."""
    uri = table.table.location.uri
    if table.is_written:
        older = [n.version for n in table.versions if n.version != table.start]
        table.table.copy_to(target, table.start, older, say)
        uri = str(target)
    versions: list[Any] = list(table.versions) or [None]
    return [
        RerunTable(
            dataset=dataset,
            uri=uri,
            recorded_uri=table.recorded_uri,
            version=needed.version if needed is not None else None,
            # Verified a moment ago; the child need not read it once more for that.
            digest=needed.digest if needed is not None else None,
        )
        for dataset in table.datasets
        for needed in versions
    ]


def _run_config(plan: Plan, conf_source: Path, project: Path) -> Mapping[str, Any]:
    """Ask for the run as it was asked for, with the versions that it read before it wrote."""
    options = mended(plan.record.run.options)
    options.pop("load_versions", None)
    if plan.load_versions:
        options["load_versions"] = ",".join(f"{k}:{v}" for k, v in plan.load_versions.items())
    options["env"] = plan.record.run.kedro_env
    options.pop("conf_source", None)
    if conf_source.resolve() != (project / plan.record.configuration.source).resolve():
        options["conf_source"] = str(conf_source)
    elif plan.record.run.options.get("conf_source"):
        options["conf_source"] = plan.record.configuration.source
    return options


def _result(finished: Finished, record_path: Path, store: Path) -> Outcome:
    if not record_path.is_file():
        # Of a traceback what it ends with: the stack has been shown.
        lines = [line for line in finished.stderr if not line.startswith((" ", "Traceback"))]
        said = "\n".join(lines[-_STDERR_LINES:]).strip() or "it said nothing"
        raise RerunError(
            f"The re-run ended with exit code {finished.exit_code} and without a record:\n{said}"
        )
    record = from_bytes(record_path.read_bytes(), "The record of the re-run")
    folders = list(store.glob(f"mlartifacts/**/{record.run.run_id}/artifacts"))
    return Outcome(record, folders[0] if folders else None)
