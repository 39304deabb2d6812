"""`kedro erase --dry-run`: the answer to who asks where they are, which does not name them."""

import json
import shlex
import shutil
from pathlib import Path

import deltalake
import polars as pl
import pytest

from docs.pages import commands_of, page
from lakeproof.commands.erasure import erase, rewrite
from lakeproof.delta import DeltaTable
from lakeproof.erasure import erase_rows
from lakeproof.erasure.anew import rewrite_versions
from lakeproof.erasure.erased_inputs import erased_sentence
from lakeproof.erasure.receipts import ReceiptStore
from lakeproof.errors import LakeproofError, UnsupportedError
from lakeproof.leases import held
from lakeproof.leases.store import LeaseStore

RUN = "3f9c2a7be1c44d0f8a6f0c2d9b7e5a10"
PAGE = page("personal-data.md")


def test_versions_files_and_copies_are_found_and_the_key_is_not_repeated(lakehouse):
    """Also where a key stands as text in what Lakeproof keeps."""
    lakehouse.table("samples").save(pl.DataFrame({"id": ["w0", "w2"]}))
    kept = lakehouse.path / ".lakeproof/raw/0"
    kept.parent.mkdir(parents=True)
    kept.write_text("id\nw1\nwho-asks\n")
    found = lakehouse.json("erase", "samples", "w1", "--dry-run")
    (samples,) = found["tables"]
    assert [one["version"] for one in samples["versions"]] == [1, 2]
    assert (found["keys"], samples["table"], samples["is_live"]) == (1, "samples", False)
    assert not found["are_traces_searched"]
    assert "w1" not in json.dumps(found)
    asked = lakehouse.json("erase", "samples", "who-asks", "--dry-run")
    assert (asked["tables"], asked["traces"]) == ([], [".lakeproof/raw/0"])
    told = lakehouse.run("erase", "samples", "w1", "w2", "--dry-run").stdout
    assert told.startswith("Rows of 2 key(s): in 1 table(s)")
    assert "samples: versions 1, 2, 3 (still in the newest)" in told
    assert "w1" not in told


@pytest.mark.slow
def test_the_first_commands_of_the_page_find_and_erase(lakehouse):
    """As they stand there, in their order."""
    lakehouse.table("samples").save(pl.DataFrame({"id": ["W001", "W002"]}))
    find, erase_them, *_ = [shlex.split(one.line)[1:] for one in commands_of(PAGE)]
    assert "(still in the newest)" in lakehouse.run(*find).stdout
    lakehouse.run(*erase_them)
    assert lakehouse.table("samples").load().collect()["id"].to_list() == ["W002"]


def test_without_a_reason_nothing_is_erased(lakehouse):
    """A receipt says why."""
    refused = lakehouse.run("erase", "samples", "w1", code=2)
    assert "Say --why" in refused.stderr
    assert lakehouse.table("samples").open().version == 2


def lying(project) -> bytes:
    """All bytes of the project's tables and of what Lakeproof keeps."""
    paths = [*(project.path / "data").rglob("*"), *(project.path / ".lakeproof").rglob("*")]
    return b"".join(path.read_bytes() for path in sorted(paths) if path.is_file())


@pytest.fixture
def person(lakehouse):
    """A table of two versions with the rows of a person, the first of them leased and held."""
    table = DeltaTable(
        filepath=lakehouse.table("samples").location.uri, save_args={"schema_mode": "overwrite"}
    )
    table.save(pl.DataFrame({"id": ["Zaugg-Hämmerli", "w0"], "x": [4711, 1]}))
    table.save(pl.DataFrame({"id": ["Zaugg-Hämmerli", "w0", "w2"], "x": [4711, 1, 2]}))
    opened = table.open(3)
    lease = lakehouse.lease(3, "1" * 32, why="audit", is_held=True)
    LeaseStore(lakehouse.path).take(lease, table.location)
    held.hold(lakehouse.path, opened.table_id, [3], table, print)
    return lakehouse


def test_rows_go_from_all_versions_and_nothing_else_does(person):
    """No byte of them is left, the receipt proves what went and names nobody."""
    table = person.table("samples")
    assert b"Zaugg" in lying(person)
    done = person.json("erase", "samples", "Zaugg-Hämmerli", "--why", "request 4711b")
    assert (done["state"], done["why"], done["keys"], done["left"]) == (
        "done",
        "request 4711b",
        1,
        [],
    )
    (proven,) = done["proven"]
    assert (proven["before"], proven["after"], proven["rows"]) == (4, 5, 1)
    assert proven["digest_after"] == table.open().compute_digest()
    assert sorted(table.load().collect()["id"]) == ["w0", "w2"]
    assert [(one["version"], one["rows"]) for one in done["versions"]] == [(3, 1), (4, 1)]
    assert b"Zaugg" not in lying(person)
    (rewritten,) = done["rewritten"]
    assert (rewritten["version"], rewritten["rows"]) == (3, 1)
    (lease,) = LeaseStore(person.path).own()
    assert (lease.version, lease.is_held) == (3, True)
    (copy,) = (person.path / ".lakeproof/held").glob("*/*")
    without = DeltaTable(filepath=str(copy)).open(3)
    assert without.compute_digest() == rewritten["digest_after"]
    assert without.table_id == table.open().table_id
    assert person.json("vacuum", "samples")["tables"][0]["table"] == "samples"
    assert copy.is_dir()
    assert not list((person.path / ".lakeproof/erasures").glob("*.secret"))
    assert "Zaugg" not in json.dumps(done)
    receipts = tuple(ReceiptStore(person.path).all())
    told = erased_sentence(receipts, "samples", table.open().table_id, 3)
    assert told.startswith("1 row(s) of samples@3 were erased on 20")
    assert told.endswith("kedro reproduce RUN --without-erased")
    assert erased_sentence(receipts, "samples", table.open().table_id, 1) is None


@pytest.mark.slow
def test_a_held_copy_is_searched_though_its_table_has_lost_the_rows(person):
    """Also one of an earlier table; what could not be looked at is named as left."""
    table = person.table("samples")
    root = person.path / table.location.uri
    gone = {*table.open(3).rows_by_path(), *table.open(4).rows_by_path()}
    table.save(pl.DataFrame({"id": ["w0"], "x": [1]}))
    for path in gone:
        (root / path).unlink()
    copies = person.path / ".lakeproof/held"
    (copy,) = copies.glob("*/*")
    shutil.copytree(copy, copies / "0b1f0cf6-97a2-4c1c-8f3a-0a8b0f1c2d3e" / "3")
    found = person.json("erase", "samples", "Zaugg-Hämmerli", "--dry-run")
    assert [[one["version"] for one in copy["versions"]] for copy in found["copies"]] == [[3], [3]]
    done = person.json("erase", "samples", "Zaugg-Hämmerli", "--why", "request")
    assert [one.parent.name for one in copies.glob("*/*")] == [table.open().table_id]
    assert [one.is_held for one in LeaseStore(person.path).own()] == [True]
    assert b"Zaugg" not in lying(person)
    assert [(one["version"], one["rows"]) for one in done["versions"]] == [(3, 1), (3, 1)]
    assert done["left"] == ["samples: not known of versions 4, which cannot be read"]


@pytest.mark.slow
def test_older_versions_are_given_up_where_that_is_asked(person):
    """No run is left to be repeated on them."""
    args = ("erase", "samples", "Zaugg-Hämmerli", "--why", "request", "--release")
    assert person.json(*args)["rewritten"] == []
    assert list(LeaseStore(person.path).own()) == []
    assert not list((person.path / ".lakeproof/held").glob("*/*"))


@pytest.mark.slow
def test_a_second_erasure_goes_on_from_what_the_first_has_left(person):
    """Though another project's lease keeps the version of then in the table."""
    table = person.table("samples")
    theirs = person.lease(3, "b" * 32, why="theirs", uri="x", env="base")
    beside = Path(table.location.uri, "_lakeproof/leases", theirs.table_id, theirs.file)
    beside.parent.mkdir(parents=True)
    beside.write_text(theirs.to_json())
    first = person.json("erase", "samples", "Zaugg-Hämmerli", "--why", "request")
    second = person.json("erase", "samples", "w0", "--why", "request")
    (one,), (other,) = first["rewritten"], second["rewritten"]
    assert one["digest_after"] == other["digest_before"]
    assert one["digest_before"] == table.open(3).compute_digest()
    (copy,) = (person.path / ".lakeproof/held").glob("*/*")
    assert DeltaTable(filepath=str(copy)).open(3).compute_digest() == other["digest_after"]
    assert any("samples@3" in left for left in first["left"])


@pytest.mark.slow
@pytest.mark.parametrize("step", ["start_table", "_write"])
def test_a_version_that_cannot_be_written_anew_is_given_up_and_named(person, monkeypatch, step):
    """With the run that leased it."""

    def refused(*args):
        raise UnsupportedError("a feature that nobody knows.")

    monkeypatch.setattr(rewrite_versions, step, refused)
    done = person.json("erase", "samples", "Zaugg-Hämmerli", "--why", "request")
    assert done["rewritten"] == []
    assert any("what run 11111111 leased could not be" in one for one in done["left"])
    assert list(LeaseStore(person.path).own()) == []
    assert b"Zaugg" not in lying(person)


def _no_java(*_):
    raise LakeproofError("Spark did not start: no Java.")


def _put_and_lost(*args):
    place = held.put_in_place(*args)
    shutil.rmtree(place)
    return place


@pytest.mark.slow
@pytest.mark.parametrize(
    ("room", "step", "instead", "said"),
    [
        (rewrite_versions, "compute_digest", lambda _: "rs1:other", "came out with other rows"),
        (rewrite, "put_in_place", _put_and_lost, "is not what was put there"),
        *(
            pytest.param(*one, marks=pytest.mark.beyond_ci)
            for one in (
                (rewrite_versions, "_write", _no_java, "not written anew yet: Spark did not start"),
                (
                    rewrite,
                    "compute_digest",
                    lambda _: "rs1:other",
                    "put there: it holds other rows",
                ),
            )
        ),
    ],
)
def test_no_version_goes_for_which_there_is_no_proof(
    person, monkeypatch, room, step, instead, said
):
    """Neither its lease nor its files; once that is settled, the same command goes on."""
    table = person.table("samples")
    files = [Path(table.location.uri, path) for path in table.open(3).rows_by_path()]
    args = ("erase", "samples", "Zaugg-Hämmerli", "--why", "request")
    with monkeypatch.context() as patch:
        patch.setattr(room, step, instead)
        refused = person.run(*args, code=2)
    assert said in " ".join(refused.stderr.split())
    assert [one.state for one in ReceiptStore(person.path).all()] == ["begun"]
    assert [one.version for one in LeaseStore(person.path).own()] == [3]
    assert all(file.is_file() for file in files)
    done = person.json(*args)
    assert (done["state"], [one["version"] for one in done["rewritten"]]) == ("done", [3])
    assert [one.is_held for one in LeaseStore(person.path).own()] == [True]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("served", "said"), [([RUN], f"had these rows: {RUN[:8]}"), (None, "No registry answers")]
)
def test_what_a_model_in_service_learnt_from_is_erased_by_who_is_sure(
    person, monkeypatch, served, said
):
    """Nothing is asked: it is refused, and the word is named that goes on."""
    once = erase.find

    def find(*args):
        found = once(*args)
        found.in_service = served
        return found

    monkeypatch.setattr(erase, "find", find)
    args = ("erase", "samples", "Zaugg-Hämmerli", "--why", "request")
    refused = person.run(*args, code=2)
    assert said in " ".join(refused.stderr.split())
    assert "--yes" in refused.stderr
    assert list(ReceiptStore(person.path).all()) == []
    assert person.json(*args, "--yes")["state"] == "done"


def test_nothing_found_is_no_erasure(lakehouse):
    """A key that was mistyped has no receipt; the words do not repeat it."""
    refused = lakehouse.run("erase", "samples", "w11", "--why", "request", code=2)
    assert "Nothing was found of 1 key(s)" in refused.stderr
    assert "w11" not in refused.stderr
    assert list(ReceiptStore(lakehouse.path).all()) == []


@pytest.mark.slow
def test_raw_files_that_cannot_be_read_are_named_as_left(lakehouse):
    """Whether they hold the key is not known."""
    what = "schema: {id: {type: string}}"
    entry = f"{{type: lakeproof.deliveries.DeliveryFolder, path: data/gone, key: id, {what}}}"
    catalog = lakehouse.read("conf/base/catalog.yml")
    lakehouse.write("conf/base/catalog.yml", f"{catalog}\nraw: {entry}\n")
    found = lakehouse.json("erase", "samples", "w1", "--dry-run")
    assert "There is no folder" in found["not_searched"]["raw"]
    done = lakehouse.json("erase", "samples", "w1", "--why", "request")
    assert any("There is no folder" in one for one in done["left"])


def test_a_pin_that_cannot_be_read_is_told_before_anything_goes(person):
    """It may need the very files that would go."""
    person.write(
        "conf/other/catalog.yml",
        "samples: {type: lakeproof.delta.DeltaTable, filepath: data/wine/samples, "
        "load_args: {version: '${runtime_params:at}'}}\n",
    )
    refused = person.run("erase", "samples", "Zaugg-Hämmerli", "--why", "asked", "--yes", code=2)
    assert "What environment 'other' pins of table 'samples' is not known" in refused.stderr
    assert person.table("samples").open().version == 4
    assert list(ReceiptStore(person.path).all()) == []


@pytest.mark.slow
def test_what_another_project_leases_stays_where_it_is_not_whole(person):
    """Which files it needs is not known; once that is settled, the same command goes on."""
    table = person.table("samples")
    root = Path(table.location.uri)
    more = DeltaTable(filepath=str(root), save_args={"mode": "append"})
    more.save(pl.DataFrame({"id": ["w9"], "x": [9]}))
    (file,), (lost,) = table.open(4).rows_by_path(), _new_files(table, 5)
    table.save(pl.DataFrame({"id": ["w0", "w9"], "x": [1, 9]}))
    (root / lost).unlink()
    told = person.lease(5, "b" * 32, why="theirs", uri="x", env="base")
    beside = root / "_lakeproof/leases" / told.table_id / told.file
    beside.parent.mkdir(parents=True)
    beside.write_text(told.to_json())
    refused = person.run("erase", "samples", "w0", "--why", "request", code=2)
    assert "version 5 is leased and cannot be read" in refused.stderr
    assert (root / file).exists()
    assert [one.state for one in ReceiptStore(person.path).all()] == ["begun"]
    beside.unlink()
    assert person.json("erase", "samples", "w0", "--why", "request")["state"] == "done"
    assert not (root / file).exists()


def _new_files(table, version) -> set[str]:
    return {*table.open(version).rows_by_path()} - {*table.open(version - 1).rows_by_path()}


def test_a_file_is_the_same_however_it_is_spelled(person):
    """In a log by its whole address, and by its name where it is needed."""
    location = person.table("samples").location
    (file,) = person.table("samples").open(3).rows_by_path()
    for path in (f"file://{location.absolute_uri}/{file}", f"x/../{file}"):
        assert erase_rows.remove_files(location, [path], lambda: {file}) == [path]
    path = f"file://{location.absolute_uri}/{file}"
    assert erase_rows.remove_files(location, [path], set) == []
    assert not Path(location.uri, file).exists()


INSTANTS = (
    (erase, "rewrite_leased", "before"),
    (erase, "remove_files", "before"),
    (held.os, "replace", "after"),
    pytest.param(LeaseStore, "keep_here", "after", marks=pytest.mark.beyond_ci),
    *(
        pytest.param(*one, marks=pytest.mark.long)
        for one in (
            (erase, "delete_rows", "before"),
            (erase, "give_up", "before"),
            (erase, "remove_files", "after"),
            (rewrite, "assemble", "after"),
            (rewrite, "put_in_place", "before"),
            (held, "_take_over", "before"),
            (held, "_take_over", "after"),
        )
    ),
)


@pytest.mark.slow
@pytest.mark.parametrize(("room", "instant", "when"), INSTANTS)
def test_an_erasure_that_is_interrupted_goes_on_with_the_same_command(
    person, monkeypatch, room, instant, when
):
    """Until it has ended its receipt says that it has not; a vacuum in between loses nothing."""
    once = getattr(room, instant)

    def killed(*args, **kwargs):
        if room is held.os and ".lakeproof/held" not in str(args[0]):
            return once(*args, **kwargs)
        if when == "after":
            once(*args, **kwargs)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(room, instant, killed)
        with pytest.raises(BaseException):  # noqa: B017, PT011 - as a hand at the keyboard ends it
            person.json("erase", "samples", "Zaugg-Hämmerli", "--why", "request")
    store = ReceiptStore(person.path)
    (begun,) = store.all()
    assert (begun.state, begun.done_at) == ("begun", None)
    assert store.begun("samples", ["w0"]) is None
    if when == "after":
        person.run("vacuum")
    done = person.json("erase", "samples", "Zaugg-Hämmerli", "--why", "request")
    assert (done["receipt_id"], done["state"]) == (begun.receipt_id, "done")
    assert {one["version"] for one in done["versions"]} == {3, 4}
    assert [one["version"] for one in done["rewritten"]] == [3]
    assert b"Zaugg" not in lying(person)
    (copy,) = (person.path / ".lakeproof/held").glob("*/*")
    (told,) = done["rewritten"]
    assert DeltaTable(filepath=str(copy)).open(3).compute_digest() == told["digest_after"]
    assert [one.is_held for one in LeaseStore(person.path).own()] == [True]


@pytest.mark.slow
def test_the_proof_outlives_a_kill_between_commit_and_receipt(person, monkeypatch):
    """It stands in the receipt before the commit; a secret that a kill has left goes next time."""
    put = ReceiptStore.put

    def killed(self, receipt):
        if receipt.proven:
            raise KeyboardInterrupt
        put(self, receipt)

    with monkeypatch.context() as patch:
        patch.setattr(ReceiptStore, "put", killed)
        with pytest.raises(BaseException):  # noqa: B017, PT011 - as a hand at the keyboard ends it
            person.json("erase", "samples", "Zaugg-Hämmerli", "--why", "request")
    store = ReceiptStore(person.path)
    (begun,) = store.all()
    assert (begun.proven, [one.after for one in begun.announced]) == ((), [5])
    done = person.json("erase", "samples", "Zaugg-Hämmerli", "--why", "request")
    assert [(one["before"], one["after"], one["rows"]) for one in done["proven"]] == [(4, 5, 1)]
    assert (done["receipt_id"], done["announced"]) == (begun.receipt_id, [])
    secret = person.path / f".lakeproof/erasures/{begun.receipt_id}.secret"
    secret.write_bytes(b"left")
    assert store.begun("samples", ["w0"]) is None
    assert not secret.exists()


def test_a_deletion_that_takes_more_than_the_rows_is_no_erasure(person, monkeypatch):
    """The digests of before, less the rows, and of after must be one."""
    monkeypatch.setattr(erase_rows, "compute_digest", lambda _: "rs1:other")
    refused = person.run("erase", "samples", "Zaugg-Hämmerli", "--why", "request", code=2)
    assert "holds other rows at version 5 than those before less 1" in refused.stderr
    assert [one.state for one in ReceiptStore(person.path).all()] == ["begun"]


@pytest.mark.slow
def test_what_is_leased_under_an_earlier_id_of_the_table_goes_too(person):
    """delta-rs by itself gives a table another id with each merge of new columns."""
    table = person.table("samples")
    more = pl.DataFrame({"id": ["w3"], "x": [3], "y": [1]}).to_arrow()
    merger = deltalake.DeltaTable(table.location.uri).merge(
        more, "s.id = t.id", source_alias="s", target_alias="t", merge_schema=True
    )
    merger.when_not_matched_insert_all().execute()
    before, now = table.open(3).table_id, table.open().table_id
    assert before != now
    done = person.json("erase", "samples", "Zaugg-Hämmerli", "--why", "request", "--release")
    assert {(one["table_id"], one["version"]) for one in done["versions"]} == {
        *((before, 3), (before, 4), (now, 5))
    }
    assert list(LeaseStore(person.path).own()) == []
    assert b"Zaugg" not in lying(person)
