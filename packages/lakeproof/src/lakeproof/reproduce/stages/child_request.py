"""What the child of a re-run is told: in a file, in the words of `kedro run`, and by variables.

Not for how it is started (`child`), nor for what it does with that (`record.run.rerun`).
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

from lakeproof import determinism
from lakeproof.record.documents.rerun_request import Rerun, RerunModel, RerunTable
from lakeproof.record.factors.machine import cpu_model
from lakeproof.record.factors.surroundings import restored_variables
from lakeproof.record.facts import FileFacts
from lakeproof.reproduce.code.raw_files import stored_folders
from lakeproof.reproduce.code.worktree import CheckedOut
from lakeproof.reproduce.environment.kernel import kernel_to_set
from lakeproof.reproduce.stages.stage_types import RunChild


def store_in(scratch: Path) -> Path:
    """Give the folder of the MLflow store that the child logs to."""
    return scratch / "store"


def request_of(
    stage: RunChild,
    project_path: Path,
    scratch: Path,
    tables: Sequence[RerunTable],
    models: Sequence[RerunModel] = (),
) -> Rerun:
    """Write down what only Lakeproof understands.

    Args:
        stage: What is to be run.
        project_path: The user's project, from which credentials are read.
        scratch: The folder of the re-run.
        tables: Where each is.
        models: Where each is that the run loaded from MLflow.
    """
    rerun = Rerun(
        reproduces=stage.run_id,
        store=str(store_in(scratch)),
        record_path=str(scratch / "record.json"),
        tables=tuple(tables),
        credentials_from=str(project_path / stage.configuration.source),
        kedro_env=stage.kedro_env,
        engine=stage.engine.name if stage.engine is not None else None,
        spark=stage.engine.spark if stage.engine is not None else None,
        arrivals=_arrivals(stage.files),
        resets_random=stage.resets_random or None,
        shares=str(stage.shares) if stage.shares is not None else None,
        models=tuple(models),
        deliveries={
            dataset: str(folder) for dataset, folder in stored_folders(stage.files, scratch).items()
        },
    )
    if stage.parameters is None:
        return rerun
    return replace(
        rerun,
        parameters=stage.parameters.values,
        redacted=stage.parameters.redacted,
        catalog=stage.configuration.catalog_values or {},
        project=str(project_path),
    )


def run_config(stage: RunChild, out: CheckedOut) -> dict[str, Any]:
    """Ask for the run in the words of `kedro run --config`."""
    options = {**stage.options, "env": stage.kedro_env}
    was_said = options.pop("conf_source", None)
    if out.conf_source.resolve() != (out.project / stage.configuration.source).resolve():
        options["conf_source"] = str(out.conf_source)
    elif was_said:
        options["conf_source"] = stage.configuration.source
    return options


def variables_of(stage: RunChild, say: Callable[[str], None]) -> dict[str, str | None]:
    """Give the environment variables by which the child computes as the run did."""
    compute = stage.compute
    variables = {**compute.threads, determinism.HANDED_OVER: compute.recipe}
    kernel = kernel_to_set(compute, cpu_model())
    if kernel is not None:
        say(f"Asking OpenBLAS for the recorded kernel {kernel}")
        variables[determinism.KERNEL] = kernel
    if compute.surroundings is not None:
        variables |= restored_variables(compute.surroundings)
    return variables


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
