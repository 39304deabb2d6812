"""Somebody commits between what was read and what is written: it is decided anew, or refused."""

import multiprocessing

import deltalake
import polars as pl
import pyarrow as pa
import pytest

from conftest import LONG
from lakeproof.deliveries import DeliveryFolder
from lakeproof.delta import DeltaTable
from lakeproof.delta.embedded.embedded_engine import _EmbeddedCommits
from lakeproof.delta.read.versions import compute_digest, stored_digest
from lakeproof.errors import LakeproofError, TableError

OURS = pl.DataFrame({"k": ["b"], "v": [1.0]})
THEIRS = {"k": ["b"], "v": [2.0]}


@pytest.fixture(params=["disk", "store"])
def place(request, tmp_path):
    """Where a table may be: a catalog entry of one that is not there."""
    if request.param == "disk":
        return {"filepath": str(tmp_path / "t"), "key": "k"}
    store = request.getfixturevalue("store")
    uri = f"{store.uri}/{tmp_path.name}/t"
    return {"filepath": uri, "key": "k", "credentials": store.options}


@pytest.fixture
def entry(place):
    """A catalog entry of a table that is there."""
    DeltaTable(**place).save(pl.DataFrame({"k": ["a"], "v": [0.0]}))
    return place


def write_past_us(place: dict, rows: dict) -> None:
    """Commit as somebody does who knows nothing of us."""
    deltalake.write_deltalake(
        place["filepath"],
        pa.table(rows),
        mode="append",
        storage_options=place.get("credentials"),
    )


@pytest.fixture
def meanwhile(monkeypatch, place):
    """Have somebody without our lock commit rows just before one of our commits."""

    def others(kind: str, rows: dict, times: int = 1) -> list[int]:
        original, left = getattr(_EmbeddedCommits, kind), [times]

        def late(self, *args):
            if left[0]:
                left[0] -= 1
                write_past_us(place, rows)
            return original(self, *args)

        monkeypatch.setattr(_EmbeddedCommits, kind, late)
        return left

    return others


def held(entry: dict) -> list[tuple]:
    return sorted(DeltaTable(**entry).load().collect().rows())


def test_a_new_key_that_came_meanwhile_is_corrected_and_not_there_twice(entry, meanwhile):
    """A merge of new keys is an append, which delta-rs would put upon whatever came."""
    meanwhile("append", THEIRS)
    DeltaTable(**entry, save_args={"mode": "merge"}).save(OURS)
    assert held(entry) == [("a", 0.0), ("b", 1.0)]
    opened = DeltaTable(**entry).resolve()
    assert stored_digest(opened) in (None, compute_digest(opened))


def test_an_append_adds_to_what_came(entry, meanwhile):
    """Both are there, and the commit says what the table holds."""
    meanwhile("append", {"k": ["c"], "v": [3.0]}, times=2)
    DeltaTable(**entry, save_args={"mode": "append"}).save(OURS)
    assert held(entry) == [("a", 0.0), ("b", 1.0), ("c", 3.0), ("c", 3.0)]


def test_an_overwrite_leaves_nothing_of_what_came(entry, meanwhile):
    """The table is the frame; delta-rs would keep the rows of others."""
    meanwhile("overwrite", THEIRS)
    DeltaTable(**entry).save(OURS)
    assert held(entry) == [("b", 1.0)]
    opened = DeltaTable(**entry).resolve()
    assert stored_digest(opened) == compute_digest(opened)


@pytest.mark.parametrize("mode", ["merge", "append", "overwrite"])
def test_a_table_that_somebody_makes_meanwhile_is_written_to(place, meanwhile, mode):
    """As if it had been there."""
    meanwhile("create", THEIRS)
    DeltaTable(**place, save_args={"mode": mode}).save(OURS)
    both = [("b", 1.0), ("b", 2.0)]
    assert held(place) == (both if mode == "append" else [("b", 1.0)])


def test_who_is_slower_each_time_is_told(entry, meanwhile, monkeypatch):
    """In a sentence of ours; the rows are not there."""
    monkeypatch.setattr("lakeproof.delta.write.decision._LONGEST_PAUSE_SECONDS", 0)
    monkeypatch.setattr("lakeproof.delta.write.decision.ATTEMPTS", 4)
    left = meanwhile("overwrite", THEIRS, times=1000)
    with pytest.raises(TableError, match="Others wrote to table 't' while rows"):
        DeltaTable(**entry).save(OURS)
    assert left[0] == 996
    assert ("b", 1.0) not in held(entry)


def test_an_error_that_is_no_lost_race_is_not_tried_again(entry, monkeypatch):
    """It would come again."""
    calls = []

    def fails(self, *args):
        calls.append(1)
        raise deltalake.exceptions.DeltaError("the disk is full")

    monkeypatch.setattr(_EmbeddedCommits, "overwrite", fails)
    with pytest.raises(Exception, match="the disk is full"):
        DeltaTable(**entry).save(OURS)
    assert calls == [1]


@pytest.mark.parametrize("kind", ["append", "create"])
def test_a_commit_that_was_taken_and_then_refused_is_not_made_twice(place, monkeypatch, kind):
    """A store that has answered late is sent the same again, and refuses what it has."""
    if kind == "append":
        DeltaTable(**place).save(pl.DataFrame({"k": ["a"], "v": [0.0]}))
    original = getattr(_EmbeddedCommits, kind)

    def refused(self, *args):
        original(self, *args)
        raise deltalake.exceptions.CommitFailedError("there is such a version")

    monkeypatch.setattr(_EmbeddedCommits, kind, refused)
    table = DeltaTable(**place, save_args={"mode": "append"})
    table.save(OURS)
    assert ("b", 1.0) in held(place)
    assert table.versions() == ([0, 1] if kind == "append" else [0])


def test_where_the_store_goes_with_the_commit_nobody_says_that_nothing_was_written(
    store, tmp_path, monkeypatch
):
    """It may have been taken; the history tells when the store is back."""
    settings = {**store.options, "max_retries": "1"}
    table = DeltaTable(filepath=f"{store.uri}/{tmp_path.name}/t", credentials=settings)
    table.save(OURS)
    original = _EmbeddedCommits.overwrite

    def gone(self, staged, write, current, note):
        original(self, staged, write, current, note)
        # As if its server had ended.
        settings = write.location.storage_options
        (address,) = (name for name in settings if "endpoint" in name.lower())
        settings[address] = "http://127.0.0.1:1"
        raise OSError("Generic S3 error: Error performing PUT http://127.0.0.1:1/lake/t")

    monkeypatch.setattr(_EmbeddedCommits, "overwrite", gone)
    with pytest.raises(LakeproofError, match=r"is not known\. See: kedro history t") as caught:
        table.save(pl.DataFrame(THEIRS))
    assert "Nothing was written" not in caught.value.message


@pytest.mark.parametrize("also", [[], ["3"]])
def test_a_delivery_that_somebody_took_meanwhile_is_not_taken_again(
    store, tmp_path, monkeypatch, also
):
    """It would undo a later one that corrects it; what nobody took is taken."""
    entry = {
        "filepath": f"{store.uri}/{tmp_path.name}/t",
        "key": "k",
        "save_args": {"mode": "merge", "schema_mode": "merge"},
        "credentials": store.options,
    }
    for name, rows in {"1": "a,1", "2": "a,2", "3": "c,3"}.items():
        (tmp_path / f"{name}.csv").write_text(f"k,v\n{rows}\n")
    schema = {"k": {"type": "string"}, "v": {"type": "double"}}
    folder = DeliveryFolder(path=str(tmp_path), key="k", schema=schema)
    came = {one.name.removesuffix(".csv"): one for one in folder.load()}
    original, left = _EmbeddedCommits.create, [1]

    def late(self, *args):
        if left and left.pop():
            DeltaTable(**entry).save([came["1"], came["2"]])
        return original(self, *args)

    monkeypatch.setattr(_EmbeddedCommits, "create", late)
    DeltaTable(**entry).save([came[name] for name in ["1", *also]])
    assert held(entry) == [("a", 2.0), *([("c", 3.0)] if also else [])]
    assert [fact.delivery for fact in DeltaTable(**entry).history()] == [
        f"{name}.csv" for name in [*also, "2", "1"]
    ]


# On a disk and in a store, the one that each makes hardest; the others say the same there.
@pytest.mark.parametrize(
    ("place", "case"),
    [
        pytest.param("disk", "same known key", marks=pytest.mark.slow),
        pytest.param("disk", "overwrite", marks=pytest.mark.slow),
        pytest.param("store", "same new key", marks=pytest.mark.slow),
        pytest.param("disk", "same new key", marks=LONG),
        pytest.param("store", "same known key", marks=LONG),
        pytest.param("store", "overwrite", marks=LONG),
    ],
    indirect=["place"],
)
def test_two_processes_at_once_lose_nothing_and_double_nothing(place, case):
    """Each write that is not refused is in the table, each key once, each digest true."""
    DeltaTable(**place).save(pl.DataFrame({"k": ["base"], "v": [0.0]}))
    context = multiprocessing.get_context("spawn")
    barrier, said = context.Barrier(2), context.Queue()
    both = [
        context.Process(target=_write_each_round, args=(me, place, case, barrier, said))
        for me in range(2)
    ]
    for one in both:
        one.start()
    troubles = [said.get(timeout=300) for _ in both]
    for one in both:
        one.join()
    assert troubles == [[], []]
    table = DeltaTable(**place)
    frame = table.load().collect()
    assert frame["k"].n_unique() == frame.height == (_ROUNDS + 1 if case == "same new key" else 1)
    for version in table.versions():
        opened = table.open(version)
        assert stored_digest(opened) in (None, compute_digest(opened))


_ROUNDS = 5


def _write_each_round(me, place, case, barrier, said):
    troubles = []
    for number in range(_ROUNDS):
        key = f"r{number}" if case == "same new key" else "base"
        mode = "overwrite" if case == "overwrite" else "merge"
        barrier.wait()
        try:
            frame = pl.DataFrame({"k": [key], "v": [10.0 * number + me]})
            DeltaTable(**place, save_args={"mode": mode}).save(frame)
        except Exception as error:
            troubles.append(repr(error))
    said.put(troubles)
