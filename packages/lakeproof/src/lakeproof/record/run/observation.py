"""What is seen of a run while it is in progress, until it is a record."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lakeproof.errors import TableError
from lakeproof.frames.left_out import LeftOut, listening
from lakeproof.record.documents.rerun_request import Rerun
from lakeproof.record.facts import (
    InputFacts,
    ModelRead,
    OutputFacts,
    Record,
    RowsLeftOut,
    RunFacts,
    Status,
)
from lakeproof.record.node_io.logged import Hide, LoggedWatch
from lakeproof.record.node_io.metrics import MetricWatch
from lakeproof.record.node_io.node_io_recorder import NodeIORecorder
from lakeproof.record.node_io.run_files import FileRecorder
from lakeproof.record.node_io.table_facts import TableRecorder
from lakeproof.record.node_io.watcher import NodeWatcher
from lakeproof.record.places.redirection import Redirection
from lakeproof.record.run.ending.second_look import SecondLook
from lakeproof.record.run.gathering import RunInputs
from lakeproof.record.run.shared_nodes import TAKEN, SharedNodes, are_copies
from lakeproof.record.setup.maker import maker_of
from lakeproof.startup.plain import is_plain
from lakeproof.versioned.contract import is_versioned
from lakeproof.versioned.run_tables import RunTables

if TYPE_CHECKING:
    from kedro.io import CatalogProtocol
    from kedro.pipeline.node import Node
    from mlflow.entities import Run


class Observation:
    """Everything that notes something of one run, begun when the run does, beside what decides it.

    Args:
        setting: What decides the run.
        tables: Its tables, at their versions.
        rerun: What it is told, if it is a re-run.
        pipelines: What was asked for.
        redirection: Of a re-run: where the places of the catalog are.
    """

    def __init__(
        self,
        setting: RunInputs,
        tables: RunTables,
        rerun: Rerun | None,
        pipelines: tuple[str, ...],
        redirection: Redirection | None = None,
    ) -> None:
        self._began = datetime.now(UTC)
        self.setting = setting
        self.tables = tables
        self.rerun = rerun
        self.pipelines = pipelines
        self._files = FileRecorder(setting.project_path, setting.secrets, redirection)
        self.table_facts = TableRecorder(setting.project_path, rerun)
        self.node_io = NodeIORecorder(tables, self._files, setting.secrets)
        self.watcher = NodeWatcher(
            *(setting.project_path, setting.source, setting.secrets), is_on=setting.is_watched
        )
        self.failed_node: str | None = None
        self._models_read: tuple[ModelRead, ...] = ()
        self._metrics: MetricWatch | None = None
        self._logged: LoggedWatch | None = None
        self._left_out: list[LeftOut] = []
        self._shared = (
            SharedNodes(Path(rerun.shares), Path(rerun.record_path).with_name(TAKEN))
            if rerun is not None and rerun.shares
            else None
        )

    def follow(self, run_id: str, catalog: "CatalogProtocol[Any, Any]") -> None:
        """Take note of what stands on the MLflow run by now: the rest comes of nodes."""
        self._logged = LoggedWatch(run_id, catalog)
        self._metrics = MetricWatch(run_id, self._logged.metrics_before)

    def params_together(self) -> AbstractContextManager[None]:
        """Have what kedro-mlflow logs of a node's parameters sent at once."""
        if self._logged is None or is_plain():
            return nullcontext()
        return self._logged.params.together()

    def loads_models(self, models: tuple[ModelRead, ...]) -> None:
        """Take note of the models of MLflow that nodes will load: no files of their own."""
        self._models_read = models
        self._files.leave_out(model.dataset for model in models)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Note what nodes give to MLflow, and the rows that they leave out."""
        with ExitStack() as stack:
            stack.enter_context(listening(self._left_out.append))
            for watch in (self._metrics, self._logged):
                if watch is not None:
                    stack.enter_context(watch.watching())
            yield

    def runs(
        self, node: "Node", inputs: Mapping[str, Any], catalog: "CatalogProtocol[Any, Any]"
    ) -> None:
        """Know that a node's function comes next, and what it gets: a like one may have run."""
        # A table that cannot be read is told of when the record is made.
        with suppress(TableError):
            if self._shared is not None and are_copies(map(catalog.get, node.inputs)):
                got = self.node_io.received(node, self.table_facts)
                self._shared.begins(node, got, inputs, self._heard())

    def has_run(
        self, node: "Node", outputs: Mapping[str, Any], catalog: "CatalogProtocol[Any, Any]"
    ) -> None:
        """Know what a node's function gave."""
        if self._shared is not None:
            tables = [name for name in outputs if is_versioned(catalog.get(name))]
            self._shared.ends(node, outputs, tables, self._heard())

    def share(self, record: Record) -> None:
        """Leave to other runs what depends on nothing but its inputs."""
        # What else is in MLflow, nobody knows which node has put there.
        by_nodes = [one for one in record.logged or () if one.kind != "history"]
        if self._shared is not None:
            self._shared.keep(record.nodes if not by_nodes else (), record.is_watched)

    def _heard(self) -> tuple[int, int]:
        return len(self._left_out), self._metrics.count if self._metrics is not None else 0

    def looks_again(self) -> SecondLook:
        """Begin to ask git what has changed, now that the nodes are done."""
        written = [file.path for file in self._files.written]
        return SecondLook.begin(self.setting.project_path, self.setting.code, written)

    def record(
        self,
        run_id: str,
        run: "Run | None",
        status: Status,
        error: str | None,
        look: SecondLook,
    ) -> Record:
        """Make the record of what was seen.

        Args:
            run_id: The MLflow run.
            run: That as it is now; `None` where its server is gone.
            status: How it has ended.
            error: What it ended in, without secrets.
            look: What `looks_again` gave.
        """
        stored = run.data.metrics if run is not None else None
        metrics = self._metrics.results(stored) if self._metrics else (stored or {})
        left_out = sorted(
            (RowsLeftOut(**vars(one)) for one in dict.fromkeys(self._left_out)),
            key=lambda one: one.part,
        )
        record = replace(
            self._without_logged(run_id, status, metrics, error, look),
            rows_left_out=tuple(left_out),
        )
        if run is None or self._logged is None or self._metrics is None:
            return record
        hide = Hide(self.setting.secrets, self.setting.project_path)
        logged = self._logged.gather(run, self._metrics, record.outputs.files, hide)
        return replace(record, logged=logged)

    def _without_logged(
        self,
        run_id: str,
        status: Status,
        metrics: Mapping[str, float],
        error: str | None,
        look: SecondLook,
    ) -> Record:
        ended = datetime.now(UTC)
        options = dict(self.setting.options)
        if options.pop("only_missing_outputs", None) and self.node_io.node_names:
            # Which outputs are missing is not a fact of the run; which nodes ran is.
            options["node_names"] = ",".join(self.node_io.node_names)
        run = RunFacts(
            run_id=run_id,
            status=status,
            started_at=_iso(self._began),
            finished_at=_iso(ended),
            duration_s=round((ended - self._began).total_seconds(), 3),
            kedro_env=self.setting.kedro_env,
            pipelines=self.pipelines,
            command=self.setting.command,
            options=options,
            config={},
            reproduces=self.rerun.reproduces if self.rerun is not None else None,
            failed_node=self.failed_node,
            error=error,
            made_by=maker_of(self.setting.project_path),
        )
        return self.setting.record(
            run,
            InputFacts(
                self.table_facts.read(self.tables),
                self._files.read,
                self._files.values_read,
                self._models_read,
            ),
            OutputFacts(
                self.table_facts.written(self.tables),
                self._files.written,
                self._files.values_written,
            ),
            self.node_io.nodes(self.table_facts, self.watcher),
            self.node_io.models,
            metrics,
            look,
        )


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
