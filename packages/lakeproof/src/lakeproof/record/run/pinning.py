"""Resolve, once and together, every table that a run reads; refuse what it could not have.

All of this happens before the first node and before MLflow starts a run, so that a refusal leaves
nothing behind.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lakeproof.configuration import similar
from lakeproof.errors import LakeproofError, PinError, RunError
from lakeproof.record.places.misleading_places import refuse_misleading_places
from lakeproof.versioned.contract import VersionedDataset, has_engine, is_versioned
from lakeproof.versioned.run_tables import RunTables
from lakeproof.versioned.table_version import TableVersion

if TYPE_CHECKING:
    from kedro.io import CatalogProtocol
    from kedro.pipeline import Pipeline


def name_tables(catalog: "CatalogProtocol[Any, Any]", project_path: Path) -> None:
    """Tell every table of a catalog the name under which it is there, and deliveries the project.

    A dataset of Kedro's knows neither.
    """
    from lakeproof.deliveries import DeliveryFolder

    for name, dataset in catalog.items():
        if is_versioned(dataset):
            dataset.name_as(name)
        if isinstance(dataset, DeliveryFolder):
            dataset.keep_in(project_path)


def tables_of(
    pipeline: "Pipeline", catalog: "CatalogProtocol[Any, Any]"
) -> Iterator[tuple[str, VersionedDataset]]:
    """Yield the tables with versions that a pipeline touches, by name."""
    for name in sorted(pipeline.datasets()):
        dataset = catalog.get(name)
        if is_versioned(dataset):
            dataset.name_as(name)
            yield name, dataset


def pin_tables(
    run_params: Mapping[str, Any],
    pipeline: "Pipeline",
    catalog: "CatalogProtocol[Any, Any]",
    run: RunTables,
) -> None:
    """Resolve the tables of a run and make them part of it.

    A table that the run writes first and that is not pinned is resolved too where it exists: when
    the write turns out to change nothing, this is the version that is read.

    Raises:
        PinError: If a pin cannot be read or honoured, or Spark refuses a version for its age.
        TableError: If a table that is only read does not exist, or its rows cannot be read.
        RunError: If the runner is one of processes, or an engine not with a stream.
    """
    _refuse_processes(run_params, catalog)
    refuse_misleading_places(pipeline.datasets(), catalog)
    _refuse_missing_inputs(pipeline, catalog)
    tables = dict(tables_of(pipeline, catalog))
    _refuse_idle_pins(run_params.get("load_versions") or {}, pipeline, catalog)
    _refuse_undeclared(pipeline, catalog)
    _refuse_streams(pipeline, catalog)
    read = {name for node in pipeline.nodes for name in node.inputs}
    written = pipeline.all_outputs()
    for name, table in tables.items():
        table.check()
        is_needed = name in read and (name not in written or table.pin is not None)
        if is_needed or table.is_there():
            opened = table.resolve() if is_needed else _whatever_is_there(table)
            if opened is not None:
                run.resolved(table.pin, opened)
            if opened is not None and is_needed:
                table.require_readable(opened, believes_commits=run.believes_commits)
    if run.believes_commits:
        _compare_declarations(pipeline, catalog)
    run.nodes.update({output: node.name for node in pipeline.nodes for output in node.outputs})
    for table in tables.values():
        table.join(run)


def _whatever_is_there(table: VersionedDataset) -> TableVersion | None:
    """Open a table that will be written; a damaged one may be about to be written anew."""
    try:
        return table.resolve()
    except LakeproofError:
        return None


def warn_of_lifetimes(run: RunTables, env: str | None = None) -> None:
    """Warn once of each table of a run that does not promise to keep its versions.

    Args:
        run: The run, its tables resolved.
        env: The Kedro environment, where one was named.
    """
    warned = set()
    for pin, opened in run.at_start():
        if opened.location.uri not in warned:
            warned.add(opened.location.uri)
            opened.warn(pin, env)


def _refuse_processes(run_params: Mapping[str, Any], catalog: "CatalogProtocol[Any, Any]") -> None:
    """Refuse a runner of processes: hooks of another process cannot tell this one what passed."""
    from kedro.io import SharedMemoryDataCatalog

    # Kedro makes such a catalog for ParallelRunner and whatever is made of it.
    is_parallel = isinstance(catalog, SharedMemoryDataCatalog)
    if is_parallel or "ParallelRunner" in str(run_params.get("runner")):
        raise RunError(
            "ParallelRunner runs each node in a process of its own, where nothing of what passes "
            "can be recorded and no table can be read at the version that this run resolved. "
            "Nothing was run. Use threads: kedro run --runner ThreadRunner"
        )


def _refuse_missing_inputs(pipeline: "Pipeline", catalog: "CatalogProtocol[Any, Any]") -> None:
    """Refuse what Kedro refuses too, when MLflow has begun a run of it."""
    for node in pipeline.nodes:
        for name in node.inputs:
            if name not in pipeline.inputs() or name in catalog:
                continue
            parameter = name.partition("params:")[2]
            known = [one for one in catalog if one.startswith("params:") is bool(parameter)]
            what = f"parameters have no '{parameter}'" if parameter else f"catalog has no '{name}'"
            where = "parameters_*.yml" if parameter else "catalog.yml"
            raise RunError(
                f"The {what}, which node '{node.name}' needs.{similar(name, known)} Nothing was "
                f"run. Put it into conf/<environment>/{where}; what there is: kedro catalog "
                "describe-datasets"
            )


def _refuse_undeclared(pipeline: "Pipeline", catalog: "CatalogProtocol[Any, Any]") -> None:
    """Refuse deliveries of which nobody has said what they are, before a run begins."""
    from lakeproof.deliveries import DeliveryFolder

    for name in pipeline.inputs():
        folder = catalog.get(name)
        if isinstance(folder, DeliveryFolder):
            _ = folder.schema


def _refuse_streams(pipeline: "Pipeline", catalog: "CatalogProtocol[Any, Any]") -> None:
    """Refuse a stream into a table that is not on Spark, before a run of it begins."""
    from lakeproof.deliveries import DeliveryStream

    for node in pipeline.nodes:
        streams = [catalog.get(name) for name in node.inputs]
        # In a re-run everything has arrived.
        if not any(isinstance(one, DeliveryStream) and not one.is_replayed for one in streams):
            continue
        for name in node.outputs:
            table = catalog.get(name)
            if has_engine(table) and table.engine_name != "spark":
                raise RunError(
                    f"Node '{node.name}' takes a stream of deliveries, which needs Spark, and the "
                    f"engine of table '{name}' is {table.engine_name}. Nothing was run. Stream on "
                    "Spark: kedro run --env spark --pipelines stream; or take the same deliveries "
                    "as a batch: kedro run --pipelines ingest"
                )


def _compare_declarations(pipeline: "Pipeline", catalog: "CatalogProtocol[Any, Any]") -> None:
    """Refuse deliveries that are declared otherwise than those that their table has taken.

    Not in a re-run: what the run took, it takes.
    """
    from lakeproof.deliveries import DeliveryFolder

    for node in pipeline.nodes:
        folders = [catalog.get(name) for name in node.inputs]
        for folder in (one for one in folders if isinstance(one, DeliveryFolder)):
            from lakeproof.delta import DeltaTable
            from lakeproof.delta.declared_schema import require_same_declaration

            for name in node.outputs:
                table = catalog.get(name)
                if isinstance(table, DeltaTable):
                    require_same_declaration(table.location, folder)


def _refuse_idle_pins(
    load_versions: Mapping[str, str], pipeline: "Pipeline", catalog: "CatalogProtocol[Any, Any]"
) -> None:
    """Refuse a pin that Kedro would accept and ignore."""
    read = {name for node in pipeline.nodes for name in node.inputs}
    for name, version in load_versions.items():
        dataset = catalog.get(name)
        if not is_versioned(dataset) and getattr(dataset, "_version", None) is None:
            raise PinError(
                f"--load-versions {name}:{version} cannot be honoured: '{name}' is a "
                f"{type(dataset).__name__} without versions, which would be loaded as it is. "
                "Nothing was run. Tables with versions: "
                + (", ".join(n for n, d in catalog.items() if is_versioned(d)) or "none")
            )
        if name not in read:
            raise PinError(
                f"--load-versions {name}:{version} would change nothing: no node of this run reads "
                f"'{name}'. Nothing was run. Leave the flag out, or run a pipeline that reads it."
            )
