"""`kedro pin` on a table that was made elsewhere: the offer to keep its versions, and the doing."""

import datetime as dt
import shutil

import polars as pl
import pytest

from aging import age
from lakeproof.delta.log.opening import open_table

BASE = "conf/base/catalog.yml"


@pytest.fixture
def elsewhere(lakehouse):
    """The same project, its `samples` made by something else: versions 0 to 2, 3 days old."""
    place = lakehouse.path / "data/wine/samples"
    shutil.rmtree(place)
    for count in (1, 2, 3):
        rows = pl.DataFrame({"id": [f"w{i}" for i in range(count)]})
        rows.write_delta(place, mode="overwrite")
    age(place, 3)
    return lakehouse


def date(days: int) -> str:
    return f"{dt.datetime.now(dt.UTC) + dt.timedelta(days=days):%Y-%m-%d}"


def test_a_pin_is_written_and_it_is_offered_to_keep_what_it_means(elsewhere):
    """With the command to type; a table of ours gets no offer."""
    done = elsewhere.run("pin", "samples=0", "features=0")
    pinned, also, offer, *rest = done.stdout.splitlines()
    assert pinned == f"{BASE}: samples: latest -> version 0"
    assert also.startswith(f"{BASE}: features")
    assert "holds in every environment" in offer
    assert rest == [
        "Table 'samples' does not promise to keep its versions: those older than 7 days may be "
        f"removed, and Spark refuses them. Version 0 lives until {date(4)}. Keep them all: kedro "
        "pin samples=0 --set-retention"
    ]
    assert open_table(elsewhere.table("samples").location).version == 2


@pytest.mark.parametrize(("asked", "command"), [("samples", "samples=2"), ("samples=latest", None)])
def test_the_command_that_is_offered_changes_no_pin(elsewhere, asked, command):
    """It can be typed as it is, and is then not offered any more."""
    offer = elsewhere.run("pin", asked).stdout.splitlines()[-1]
    words = offer.partition("Keep them all: kedro ")[2].split()
    assert words == ["pin", command or "samples=latest", "--set-retention"]
    before = elsewhere.read(BASE)
    done = elsewhere.run(*words)
    assert "already, not changed" in done.stdout
    assert done.stdout.splitlines()[-1] == (
        "Table 'samples' keeps its versions from now on, those that are there too: version 3 says "
        "so, and changes no row."
    )
    assert elsewhere.read(BASE) == before
    assert "promise" not in elsewhere.run("pin", asked).stdout


def test_the_offer_is_for_the_environment_that_was_named(elsewhere):
    """Another environment has another table of that name."""
    elsewhere.write("conf/other/globals.yml", "example: wine\n")
    done = elsewhere.run("pin", "samples=0", "--env", "other")
    assert done.stdout.splitlines()[-1].endswith("samples=0 --set-retention --env other")


def test_a_table_that_keeps_its_versions_is_left_alone(lakehouse):
    """And that is said."""
    done = lakehouse.run("pin", "samples=0", "--set-retention")
    assert "Table 'samples' keeps its versions already; nothing was set." in done.stdout
    assert open_table(lakehouse.table("samples").location).version == 2


def test_json_says_until_when_and_what_was_set(elsewhere):
    """A table that cannot be read is not said to be kept."""
    (one,) = elsewhere.json("pin", "samples=1")["retention"]
    assert one["lives_until"].startswith(date(4))
    assert one["lives_until"].endswith("Z")
    assert {**one, "lives_until": None} == {
        "table": "samples",
        "is_kept": False,
        "lives_until": None,
        "set_in_version": None,
    }
    (one,) = elsewhere.json("pin", "samples=1", "--set-retention")["retention"]
    assert (one["is_kept"], one["lives_until"], one["set_in_version"]) == (True, None, 3)
    shutil.rmtree(elsewhere.path / "data/wine/samples")
    (one,) = elsewhere.json("pin", "samples=latest")["retention"]
    assert one["is_kept"] is None


def test_tables_are_to_be_named(elsewhere):
    """All of them at once might be other people's."""
    done = elsewhere.run("pin", "--set-retention", code=2)
    assert "--set-retention needs tables: kedro pin samples --set-retention" in done.stderr


def test_a_table_that_is_not_there_cannot_be_told(elsewhere):
    """What has been done by then is said."""
    shutil.rmtree(elsewhere.path / "data/wine/features")
    done = elsewhere.run("pin", "samples=latest", "features=latest", "--set-retention", code=2)
    assert "Table 'features' does not exist" in done.stderr
    assert done.stderr.strip().endswith("The pins are as asked for. Done: samples.")
