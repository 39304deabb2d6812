"""The record of one run: kept on this disk, then on its MLflow run, however the run has ended."""

from contextlib import nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from lakeproof.errors import LakeproofError
from lakeproof.record.facts import Record, Status
from lakeproof.record.mlflow_store import unsent
from lakeproof.record.mlflow_store.server import address_of, asked_once, is_gone
from lakeproof.record.mlflow_store.tracking import Tracking, is_local
from lakeproof.record.node_io.logged import flush
from lakeproof.record.run.ending.kept_raw_files import keep_raw_files, tell_corrections
from lakeproof.record.run.ending.leasing import take_leases
from lakeproof.record.run.observation import Observation
from lakeproof.record.run.store_record import is_open, keep, mlflow_uri, refuse_second

if TYPE_CHECKING:
    from mlflow.entities import Run

_MOST_CHARACTERS = 2_000


class RecordKeeping:
    """Where what was seen of a run is kept; made before its MLflow run is.

    Args:
        seen: What is seen of the run.
        store: Where MLflow keeps its runs, as `mlflow.yml` says.
        name: What MLflow calls a run that nobody has named.
    """

    def __init__(self, seen: Observation, store: Tracking, name: str | None) -> None:
        self._seen = seen
        self._store = store
        self._name = name
        self._was_open = is_open()
        # Whether the record stands where others look for it.
        self.has_arrived = False

    def end(self, run_id: str, status: Status, error: BaseException) -> None:
        """Record and end a run that no other hook will end."""
        import mlflow

        try:
            # Nobody waits for the record of a re-run that was cut short.
            if self._seen.rerun is None or status != "KILLED":
                self.keep_end(run_id, status, error)
        finally:
            active = mlflow.active_run()
            if active is not None and active.info.run_id == run_id and not self._was_open:
                mlflow.end_run(status)

    def keep_end(self, run_id: str, status: Status, error: BaseException) -> None:
        """Record a run that did not finish, as far as that can be; `error` stays its error."""
        from lakeproof.record.run.ending.last_words import print_ended

        try:
            self.keep(run_id, status, error)
        except Exception:
            # What made it fail may make its tables unreadable.
            self._seen.table_facts.leaves_out_unreadable = True
            try:
                self.keep(run_id, status, error)
            except Exception as another:
                print_ended(run_id, status, self.told(another), self._seen.tables.committed())
                return
        print_ended(run_id, status, committed=self._seen.tables.committed())

    def keep(self, run_id: str, status: Status, error: BaseException | None = None) -> Record:
        """Keep the record on this disk, then on its MLflow run; a server may be gone by then."""
        store = replace(self._store, uri=mlflow_uri())
        look = self._seen.looks_again()
        with nullcontext() if is_local(store.uri) else asked_once():
            run = self._asked(run_id, store)
            if run is not None:
                refuse_second(run_id, run.data.tags)
            text = None if error is None else self.told(error)
            record = self._seen.record(run_id, run, status, text, look)
            folder = keep(
                record,
                self._seen.setting.project_path,
                self._seen.rerun,
                store,
                self._name,
                self._seen.setting.bundle_data,
                look.newest.result(),
            )
            self._send(folder, record, store, run)
        if self._seen.rerun is None and status == "FINISHED":
            found = {use.opened.table_id: use.opened.location for use in self._seen.tables.uses}
            setting = self._seen.setting
            take_leases(record, setting.project_path, found)
            keep_raw_files(record, setting.project_path, setting.keep_raw_mb)
        return record

    def tell_corrections(self) -> None:
        """Say which runs need deliveries as they were before somebody corrected them."""
        if self._seen.rerun is None:
            path = self._seen.setting.project_path
            tell_corrections(self._seen.tables.corrected, path, self._store)

    def _asked(self, run_id: str, store: Tracking) -> "Run | None":
        """Give the MLflow run as it is now; `None` where its server is gone."""
        from mlflow.tracking import MlflowClient

        from lakeproof.record.run import mlflow_index

        facts = self._seen.table_facts
        try:
            mlflow_index.log_tables(
                run_id, self._seen.tables.uses, facts, facts.leaves_out_unreadable
            )
            flush()
            return MlflowClient().get_run(run_id)
        except Exception:
            if not is_gone(store):
                raise
            return None

    def _send(self, folder: Path, record: Record, store: Tracking, run: "Run | None") -> None:
        import mlflow
        from mlflow.tracking import MlflowClient

        from lakeproof.record.run.ending.last_words import print_unsent

        try:
            if run is not None:
                unsent.send(MlflowClient(), folder, run=run)
                self.has_arrived = True
                return
        except Exception:
            if not is_gone(store):
                raise
        print_unsent(record.run.run_id, address_of(store.uri), folder)
        with suppress(Exception):
            # Nobody else is to ask the server again. Before it does, MLflow takes it as ended.
            if mlflow.active_run() is not None and not self._was_open:
                mlflow.end_run(record.run.status)

    def told(self, error: BaseException) -> str:
        """Give an error as it may be recorded."""
        secrets = self._seen.setting.secrets
        hide = secrets.redact_text if isinstance(error, LakeproofError) else secrets.redact_words
        return f"{type(error).__name__}: {hide(str(error))}"[:_MOST_CHARACTERS]
