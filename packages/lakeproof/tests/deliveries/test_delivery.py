"""A delivery knows its name and digest; everything else waits for `rows()`."""

import polars as pl
import pytest

import lakeproof.deliveries
from lakeproof.deliveries import Delivery, DeliveryError
from lakeproof.deliveries.csv import content
from lakeproof.deliveries.csv.reading import CsvReader
from lakeproof.deliveries.rows.checked import checked_frames
from lakeproof.deliveries.rows.layout import lay_out
from lakeproof.errors import LakeproofError

GOOD = "sample_id,alcohol,hue\nA1,14.2,1.04\nA2,13.2,\n"


def test_map_adds_steps_in_order_and_leaves_the_first_as_it_was(delivery):
    """A node maps deliveries; the one it was given is unchanged."""
    arrived = delivery(GOOD)
    doubled = arrived.map(lambda rows: rows.with_columns(pl.col("alcohol") * 2))
    mapped = doubled.map(lambda rows: rows.filter(pl.col("alcohol") > 27))
    assert mapped.rows().collect().rows() == [("A1", 28.4, 1.04)]
    assert arrived.rows().collect()["alcohol"].to_list() == [14.2, 13.2]
    assert (mapped.name, mapped.sha256) == (arrived.name, arrived.sha256)


def test_nothing_is_read_before_rows(delivery):
    """A delivery whose file is gone is as good as any, until its rows are asked for."""
    arrived = delivery(GOOD)
    arrived.path.unlink()
    mapped = arrived.map(lambda rows: pytest.fail("called before rows()"))
    with pytest.raises(DeliveryError, match=r"'wine-1\.csv'.*is gone now.*Put it back"):
        mapped.rows()


def test_a_file_that_goes_after_its_header_was_read(delivery):
    """The rows are lazy: a file may vanish between `rows()` and the query."""
    arrived = delivery(GOOD)
    rows = arrived.rows()
    arrived.path.unlink()
    with pytest.raises(DeliveryError, match="is gone now"):
        rows.collect()


def test_the_key_is_checked_as_it_is_in_the_file(delivery):
    """A step can neither hide a repeated key nor make one."""
    twice = delivery("sample_id,alcohol,hue\nA1,1,\nA1,2,\n")
    with pytest.raises(DeliveryError, match="'A1' is there twice"):
        twice.map(lambda rows: rows.filter(pl.col("alcohol") > 1)).rows().collect()
    made = delivery(GOOD).map(lambda rows: rows.with_columns(sample_id=pl.lit("same")))
    assert made.rows().collect()["sample_id"].to_list() == ["same", "same"]


@pytest.mark.parametrize("other", [GOOD.replace("14.2", "14.3"), GOOD + "A3,1,1\n", GOOD[:-3]])
def test_a_file_that_is_not_the_one_listed_is_refused(delivery, other):
    """Other bytes than those that were digested are noticed, whether they parse or not."""
    arrived = delivery(GOOD)
    sha256 = arrived.sha256
    arrived.path.write_text(other)
    with pytest.raises(DeliveryError, match="the file changed while the run went on") as caught:
        arrived.rows().collect()
    assert sha256 in str(caught.value)


def test_a_file_that_changes_while_it_is_read_is_refused(delivery, monkeypatch):
    """What is appended under the reader's eyes is noticed before the last rows go out."""
    monkeypatch.setattr(content, "BLOCK_SIZE", 8192)
    lines = "".join(f"A{number},1,\n" for number in range(40_000))
    arrived = delivery("sample_id,alcohol,hue\n" + lines)
    reader = CsvReader()
    frames = checked_frames(arrived, lay_out(arrived, reader.header(arrived)), reader)
    seen = [next(frames).height]
    with arrived.path.open("a") as file:
        file.write("late,1,\n")
    with pytest.raises(DeliveryError, match="changed while the run went on"):
        seen.extend(frame.height for frame in frames)
    assert sum(seen) < 40_000


def test_every_error_of_this_room_is_a_lakeproof_error():
    """Commands catch one class."""
    assert issubclass(DeliveryError, LakeproofError)
    assert lakeproof.deliveries.Delivery is Delivery


def test_an_unknown_public_name():
    """The lazy package says no like any other module."""
    with pytest.raises(AttributeError, match="no attribute 'Deliveries'"):
        lakeproof.deliveries.Deliveries  # noqa: B018
