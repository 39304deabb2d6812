"""Records on their MLflow runs: written once, found again by id, prefix or `last`.

A record counts from the moment its digest stands on the run as a tag: until then it may be half
written. What was changed afterwards no longer fits the tag (`documents.sealed`).
"""

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from lakeproof.record.documents import kept_summaries, sealed
from lakeproof.record.documents.document import RecordError
from lakeproof.record.documents.kept_records import digest_of as digest_of
from lakeproof.record.documents.run_ids import is_beginning
from lakeproof.record.facts import Record
from lakeproof.record.mlflow_store import artifacts, mlflow_database, mlflow_runs, mlflow_tables
from lakeproof.record.mlflow_store.artifacts import RECORD as RECORD
from lakeproof.record.mlflow_store.mlflow_runs import MlflowRun, Wanted
from lakeproof.record.mlflow_store.moved_store import follow_move
from lakeproof.record.mlflow_store.stored_run import ListedRun, StoredRun, iso
from lakeproof.record.mlflow_store.tracking import Tracking, has_store, is_local, serving
from lakeproof.record.mlflow_store.unsent import FOLDER as FOLDER
from lakeproof.record.mlflow_store.unsent import TAG as TAG
from lakeproof.record.mlflow_store.unsent import log_tags
from lakeproof.startup.faster_imports import importing_mlflow, without_collecting

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

RUN_CONFIG = "run.yml"
REPRODUCES = "lakeproof.reproduces"
VERDICT = "lakeproof.verdict"
CHECKOUT, USER = "lakeproof.checkout", "lakeproof.user"
# On a run that is mixed of two others: found by its id alone, and in no list.
MIX = "lakeproof.mix"
ATTESTED = "lakeproof.attested"
# On a run of which rows were erased: the receipts; and where on one of its runs each is kept.
ERASED, ERASURES = "lakeproof.erased", "erasures"

# Enough to say that there are several.
_MOST_FOUND = 4
# What MLflow's status does not say: one that was killed at once stays RUNNING for ever.
_WHY_NONE = {"FINISHED": ", or was made without Lakeproof", "RUNNING": ", or was killed"}


def write(client: "MlflowClient", record: Record, run_config: str, tags: Mapping[str, str]) -> str:
    """Keep a record on its MLflow run.

    Args:
        client: Of the store the run is in.
        record: The run's.
        run_config: What `kedro run --config` takes to repeat it.
        tags: By which people find the run; the record says the same and more.

    Returns:
        Its digest.

    Raises:
        RecordError: If it could not be read again; nothing is written then.
    """
    content = sealed.readable(record)
    run_id = record.run.run_id
    client.log_text(run_id, run_config, f"{FOLDER}/{RUN_CONFIG}")
    client.log_text(run_id, content.decode(), f"{FOLDER}/{RECORD}")
    seal = digest_of(content)
    log_tags(client, run_id, {**tags, TAG: seal})
    return seal


class RecordStore:
    """The recorded runs of a project.

    They are read without MLflow where its database is known, for to import MLflow takes two
    seconds; they are only ever written by it.

    Args:
        tracking: Where they are kept.
    """

    def __init__(self, tracking: Tracking) -> None:
        os.environ.update(tracking.variables)
        os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
        with serving(tracking.uri):
            follow_move(tracking)
        self.tracking = tracking
        self._opening: Future[MlflowClient] | None = None

    def __getstate__(self) -> dict[str, object]:  # It is opened anew in another process.
        return {"tracking": self.tracking, "_opening": None}

    @cached_property
    def client(self) -> "MlflowClient":
        """MLflow's, opened when it is first needed: a SQLite store is made by opening it."""
        return self._open() if self._opening is None else self._opening.result()

    def begin_to_open(self) -> None:
        """Let MLflow be imported and opened beside what follows; `client` waits for it."""
        if self._opening is None and "client" not in vars(self):
            with_one_thread = ThreadPoolExecutor(1, "lakeproof-mlflow")
            self._opening = with_one_thread.submit(self._open)
            with_one_thread.shutdown(wait=False)

    def start_scratch(self, folder: Path) -> None:
        """Put an empty store where a re-run will look for one, for an MLflow of the same version.

        Nothing is put there where that is not known to be one: MLflow then makes its own.
        """
        folder.mkdir(parents=True, exist_ok=True)
        mlflow_database.copy_schema(self.tracking.uri, folder / "mlflow.db")

    def _open(self) -> "MlflowClient":
        from lakeproof.record.mlflow_store.server import require_server

        # What a command says is not mixed with MLflow's links.
        os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
        with importing_mlflow(mlflow_tables.newest_revision), serving(self.tracking.uri):
            require_server(self.tracking)
            from mlflow.tracking import MlflowClient

            return MlflowClient(self.tracking.uri, registry_uri=self.tracking.uri)

    @property
    def experiment_id(self) -> str | None:
        """The project's experiment; `None` before the first run."""
        if not has_store(self.tracking):
            return None
        found = self.client.get_experiment_by_name(self.tracking.experiment)
        return found.experiment_id if found is not None else None

    @without_collecting()
    def runs(self, limit: int | None = None) -> list[StoredRun]:
        """List the runs, newest first; not those that are mixed of two others."""
        return [self._stored(run) for run in self.search(Wanted(without=(MIX,)), limit)]

    @without_collecting()
    def listed(self, limit: int | None = None) -> list[ListedRun]:
        """List the same runs; a record that a list has read before is not read again."""
        place = self.tracking.project_path
        known = kept_summaries.kept(place)
        kept = dict(known)
        try:
            return [self._listed(run, kept) for run in self.search(Wanted(without=(MIX,)), limit)]
        finally:
            # Also where somebody did not wait for the rest of them.
            if kept != known:
                kept_summaries.keep(place, kept)

    def latest(self) -> MlflowRun | None:
        """Find the newest run, whatever it is but a mix."""
        found = self.search(Wanted(without=(MIX,)), 1)
        return found[0] if found else None

    def newest(self, tag: tuple[str, str] | None = None) -> MlflowRun | None:
        """Find the newest run that has a record and is no re-run.

        Args:
            tag: Which it has beside, with the value.
        """
        found = self.search(Wanted(sealed_by=TAG, without=(REPRODUCES, MIX), tag=tag), 1)
        return found[0] if found else None

    def find(self, prefix: str, is_anywhere: bool = False) -> Sequence[MlflowRun]:
        """Find the runs whose id begins so, none where that is no beginning of one.

        Args:
            prefix: Of an id.
            is_anywhere: Look through all experiments of a store on this disk, for runs that have a
                record.
        """
        if not is_beginning(prefix):
            return []
        if not is_anywhere:
            return self.search(Wanted(prefix=prefix), _MOST_FOUND)
        if not has_store(self.tracking):
            return []
        wanted = Wanted(prefix=prefix)
        found = mlflow_database.search(self.tracking.uri, None, wanted, _MOST_FOUND)
        if found is None and is_local(self.tracking.uri):
            found = [
                run
                for experiment in self.client.search_experiments()
                for run in mlflow_runs.search(
                    self.client, experiment.experiment_id, wanted, _MOST_FOUND
                )
            ]
        return [run for run in found or () if TAG in run.tags]

    def record(self, run_id: str) -> Record:
        """Read the record of a run.

        Raises:
            RecordError: If it has none, or it is damaged, of a newer schema, or not as it was
                written.
        """
        return self._record(self._get(run_id))

    def seal(self, run_id: str) -> str | None:
        """Give the digest of a run's record as it stands on the run; `None` if it has none."""
        return self._get(run_id).tags.get(TAG)

    def sealed(self, run_id: str) -> tuple[Record, str]:
        """Read a record together with the digest that it was held against.

        Raises:
            RecordError: As `record` does.
        """
        run = self._get(run_id)
        return self._record(run), run.tags[TAG]

    def content(self, run_id: str) -> bytes:
        """Give the bytes of a record, unread.

        Raises:
            RecordError: If they are not there.
        """
        return artifacts.fetched(
            self.tracking, self._get(run_id), f"The record of run {run_id[:8]}"
        )

    def reruns_of(self, run_id: str) -> list[MlflowRun]:
        """Find the re-runs of a run, newest first, by what their tags say."""
        return list(self.search(Wanted(tag=(REPRODUCES, run_id))))

    def metrics(self, run_id: str) -> Mapping[str, float]:
        """Give the newest value of each metric as MLflow has it."""
        return self._get(run_id).metrics

    def artifact(self, uri: str) -> Path | None:
        """Bring an artifact (`runs:/…`, `models:/…`) onto this disk; `None` if it is gone."""
        return artifacts.bring(self.tracking, uri)

    def _get(self, run_id: str) -> MlflowRun:
        with serving(self.tracking.uri):
            found = mlflow_database.get(self.tracking.uri, run_id)
            return found or mlflow_runs.as_run(self.client.get_run(run_id))

    def _record(self, run: MlflowRun) -> Record:
        name = f"The record of run {run.run_id[:8]}"
        seal = run.tags.get(TAG)
        if seal is None:
            raise RecordError(
                f"Run {run.run_id[:8]} has no record: it is {run.status}"
                f"{_WHY_NONE.get(run.status, '')}. Nothing was run."
            )
        content = artifacts.record_content(self.tracking, run, name, seal)
        return sealed.opened(content, seal, run.run_id, name)

    def search(self, wanted: Wanted, limit: int | None = None) -> Sequence[MlflowRun]:
        """Find runs of the project's experiment, newest first."""
        if not has_store(self.tracking):
            return []
        name = self.tracking.experiment
        with serving(self.tracking.uri):
            found = mlflow_database.search(self.tracking.uri, name, wanted, limit)
            if found is not None:
                return found
            experiment = self.experiment_id
            if experiment is None:
                return []
            return list(mlflow_runs.search(self.client, experiment, wanted, limit))

    def _listed(self, run: MlflowRun, kept: dict[str, kept_summaries.Kept]) -> ListedRun:
        """Give a run as a list shows it.

        Args:
            run: The run.
            kept: What is kept, by run; what is read of its record is added.
        """
        place, seal = artifacts.near_record(run), run.tags.get(TAG)
        state = kept_summaries.state_now(place, seal) if place and seal else None
        known = kept.get(run.run_id)
        summary = known.read() if known is not None and known.state == state else None
        trouble = None
        if summary is None:
            stored = self._stored(run)
            summary, trouble = stored.summary, stored.trouble
            if summary is not None and state is not None:
                kept[run.run_id] = kept_summaries.written(state, summary)
        return ListedRun.of(run, summary, trouble)

    def _stored(self, run: MlflowRun) -> StoredRun:
        record, trouble = None, None
        try:
            record = self._record(run)
        except RecordError as error:
            trouble = error.message
        return StoredRun(
            run_id=run.run_id,
            status=run.status,
            started_at=iso(run.start_time),
            finished_at=iso(run.end_time),
            duration_s=run.duration_s,
            metrics=run.metrics,
            tags=run.tags,
            record=record,
            trouble=trouble,
        )
