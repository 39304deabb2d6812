"""The stores of a project: environments may keep their runs in several, and a run is found in each.

Those on this disk are looked through together; others are asked where none of these has the run,
for each question goes over a network. Not for reading one of them (`store`).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, cached_property
from pathlib import Path

from lakeproof.record.documents.document import RecordError
from lakeproof.record.documents.run_ids import LAST, require_run
from lakeproof.record.facts import Maker, Record
from lakeproof.record.mlflow_store.mlflow_runs import MlflowRun, Wanted
from lakeproof.record.mlflow_store.server import asked_once
from lakeproof.record.mlflow_store.store import CHECKOUT, MIX, REPRODUCES, TAG, USER, RecordStore
from lakeproof.record.mlflow_store.stored_run import AnyRun, ListedRun, StoredRun, iso
from lakeproof.record.mlflow_store.tracking import Tracking, is_local
from lakeproof.startup.faster_imports import without_collecting

_OF_RUN = "runs:/"
_MOST_LOOKED_AT = 20
_SHORT = 8


class RecordStores:
    """All places in which a project keeps runs.

    Args:
        first: That of the environment that was asked for, or of the default one.
        others: Finds those of the other environments, once it is called.
        is_asked: Whether somebody named the first one: `last`, and a list, are then its alone.
        tell: Tells a person which run `last` is.
        maker: Who asks: `last` is a run of theirs, if they have made one.
    """

    def __init__(
        self,
        first: Tracking,
        others: Callable[[], Iterable[Tracking]],
        is_asked: bool = False,
        tell: Callable[[str], None] = lambda _: None,
        maker: Maker | None = None,
    ) -> None:
        self._maker = maker
        # Once, however often it was typed.
        self._tell = cache(tell)
        self._first = RecordStore(first)
        self._find_others = others
        self._is_asked = is_asked
        self._known: dict[str, RecordStore] = {}
        self._silent: list[RecordStore] = []

    def of(self, run_id: str) -> RecordStore:
        """Give the store that has a run; the first one where none is known to."""
        if run_id not in self._known:
            self._find(run_id)
        return self._known.get(run_id, self._first)

    def resolve(self, run: str) -> str:
        """Turn what a person types into the id of a run.

        Args:
            run: An id, an unambiguous prefix of four characters or more, or `last`.

        Raises:
            RecordError: If there is no such run, or more than one.
        """
        if run == LAST:
            return self._last()
        return require_run(run, list(self._find(run)), self._places())

    def record(self, run_id: str) -> Record:
        """Read the record of a run.

        Raises:
            RecordError: If it has none, or it is damaged, of a newer schema, or not as it was
                written.
        """
        return self.of(run_id).record(run_id)

    def seal(self, run_id: str) -> str | None:
        """Give the digest of a run's record as it stands on the run; `None` if it has none."""
        return self.of(run_id).seal(run_id)

    def sealed(self, run_id: str) -> tuple[Record, str]:
        """Read a record together with the digest that it was held against.

        Raises:
            RecordError: As `record` does.
        """
        return self.of(run_id).sealed(run_id)

    def content(self, run_id: str) -> bytes:
        """Give the bytes of a record, unread.

        Raises:
            RecordError: If they are not there.
        """
        return self.of(run_id).content(run_id)

    def metrics(self, run_id: str) -> Mapping[str, float]:
        """Give the newest value of each metric as MLflow has it."""
        return self.of(run_id).metrics(run_id)

    def runs(self, limit: int | None = None) -> list[StoredRun]:
        """List the runs, newest first."""
        return self._newest_first(lambda store: store.runs(limit))[:limit]

    def listed(self, limit: int | None = None) -> list[ListedRun]:
        """List the same runs; a record that a list has read before is not read again."""
        return self._newest_first(lambda store: store.listed(limit))[:limit]

    def _newest_first(self, runs_of: Callable[[RecordStore], list[AnyRun]]) -> list[AnyRun]:
        found = [(run, store) for store in self._listed for run in runs_of(store)]
        found.sort(key=lambda one: one[0].started_at or "", reverse=True)
        # One store may be known by two addresses.
        listed = {run.run_id: (run, store) for run, store in reversed(found)}
        self._known |= {run_id: store for run_id, (_, store) in listed.items()}
        return [run for run, _ in reversed(listed.values())]

    def other_runs(self) -> list[StoredRun]:
        """List the runs of the stores that `runs` leaves out; of one that does not answer, none."""
        found: list[StoredRun] = []
        for store in (self._first, *self._others):
            if store not in self._listed:
                try:
                    with asked_once():
                        found += store.runs()
                except Exception:
                    self._silent.append(store)
        return found

    @without_collecting()
    def recorded(self) -> list[MlflowRun]:
        """List the runs of every store that have finished, have a record and are no re-runs.

        Raises:
            LakeproofError: If a store cannot serve: what is not known there would be left out.
        """
        found: dict[str, MlflowRun] = {}
        for store in (self._first, *self._others):
            for run in store.search(Wanted(sealed_by=TAG, without=(REPRODUCES, MIX))):
                self._known.setdefault(run.run_id, store)
                found.setdefault(run.run_id, run)
        return list(found.values())

    @property
    def trackings(self) -> list[Tracking]:
        """Where they are."""
        return [store.tracking for store in (self._first, *self._others)]

    def artifact(self, uri: str) -> Path | None:
        """Bring an artifact (`runs:/…`, `models:/…`) onto this disk; `None` if it is gone."""
        if uri.startswith(_OF_RUN):
            return self.of(uri.removeprefix(_OF_RUN).partition("/")[0]).artifact(uri)
        places = (self._first, *self._local, *set(self._known.values()))
        found = (store.artifact(uri) for store in dict.fromkeys(places))
        return next((path for path in found if path is not None and path.exists()), None)

    def _last(self) -> str:
        for stores in (self._listed, () if self._is_asked else self._remote):
            if newest := self._newest(stores):
                run, store = max(newest, key=lambda one: one[0].start_time or 0)
                self._known[run.run_id] = store
                latest = [store.latest() for store in stores]
                self._tell(last_words(run, latest, self._maker))
                return run.run_id
        for one in self.runs(_MOST_LOOKED_AT):
            if one.record is not None and one.status != "FINISHED":
                raise RecordError(
                    f"No recorded run has finished: the newest, {one.run_id[:8]}, is "
                    f"{one.status}. Name one by its id, or make one: kedro run"
                )
        raise RecordError("There is no recorded run yet. Make one: kedro run")

    def _newest(self, stores: Sequence[RecordStore]) -> list[tuple[MlflowRun, RecordStore]]:
        """Find the newest runs: of whoever asks, or, where they have made none, of anybody."""
        mine: list[tuple[str, str] | None] = []
        if self._maker is not None:
            mine = [(CHECKOUT, self._maker.checkout or "-"), (USER, self._maker.user)]
        for tags in ([*mine], [None]):
            found = [
                (run, store)
                for store in stores
                for tag in tags
                if (run := store.newest(tag)) is not None
            ]
            if found:
                return found
        return []

    def _find(self, run: str) -> dict[str, MlflowRun]:
        """Find the runs of a prefix: in the experiments of the project, then in any of its stores.

        An experiment that was renamed, in MLflow or in `mlflow.yml`, still has them.
        """
        for stores, is_anywhere in (
            ((self._first, *self._local), False),
            (self._local, True),
            (self._remote, False),
        ):
            found: dict[str, MlflowRun] = {}
            for store in stores:
                for one in self._asked(store, run, is_anywhere):
                    if found.setdefault(one.run_id, one) is one:
                        self._known[one.run_id] = store
            if found:
                return found
        return {}

    def _asked(self, store: RecordStore, run: str, is_anywhere: bool) -> Sequence[MlflowRun]:
        if store not in self._remote:
            return store.find(run, is_anywhere)
        try:
            with asked_once():
                return store.find(run)
        except Exception:
            self._silent.append(store)
            return ()

    def _places(self) -> Sequence[str]:
        return [
            store.tracking.uri + (", which did not answer" if store in self._silent else "")
            for store in (self._first, *self._others)
        ]

    @cached_property
    def _others(self) -> tuple[RecordStore, ...]:
        known = {(self._first.tracking.uri, self._first.tracking.experiment)}
        found = []
        for tracking in self._find_others():
            if (tracking.uri, tracking.experiment) not in known:
                known.add((tracking.uri, tracking.experiment))
                found.append(RecordStore(tracking))
        return tuple(found)

    @property
    def _local(self) -> tuple[RecordStore, ...]:
        """The stores on this disk, the first one among them where it is one."""
        return tuple(
            store for store in (self._first, *self._others) if is_local(store.tracking.uri)
        )

    @property
    def _remote(self) -> tuple[RecordStore, ...]:
        """Those elsewhere, but for the first, which is asked as before."""
        return tuple(store for store in self._others if store not in self._local)

    @property
    def _listed(self) -> tuple[RecordStore, ...]:
        if self._is_asked:
            return (self._first,)
        return tuple(dict.fromkeys((self._first, *self._local)))


def is_made_by(maker: Maker | None, tags: Mapping[str, str]) -> bool:
    """Tell whether a run is of a checkout or a user; one that says nothing may be anybody's."""
    if maker is None or not {CHECKOUT, USER} & tags.keys():
        return True
    return tags.get(CHECKOUT) == (maker.checkout or "-") or tags.get(USER) == maker.user


def last_words(
    run: MlflowRun, latest: Iterable[MlflowRun | None], maker: Maker | None = None
) -> str:
    """Say which run `last` is, and why it is not a newer one.

    Args:
        run: The one that was taken.
        latest: The newest run of each store, whatever it is.
        maker: Who asks.
    """
    started = (iso(run.start_time) or "")[:16].replace("T", " ")
    said = f"last: run {run.run_id[:_SHORT]}" + (f" of {started} UTC" if started else "")
    if not is_made_by(maker, run.tags):
        said += ", which somebody else has made: this checkout has none of its own"
    newer = max(filter(None, latest), key=_started, default=run)
    if _started(newer) <= _started(run):
        return said
    if REPRODUCES in newer.tags:
        why = "is a re-run"
    elif not is_made_by(maker, newer.tags):
        why = "somebody else has made"
    elif newer.status != "FINISHED":
        why = f"is {newer.status}"
    else:
        why = "has no record"
    return f"{said}; not the newer {newer.run_id[:_SHORT]}, which {why}"


def _started(run: MlflowRun) -> int:
    return run.start_time or 0
