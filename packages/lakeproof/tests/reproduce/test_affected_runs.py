"""Which runs had to do with rows of some keys, and on which side of their split these were."""

from dataclasses import replace

import narwhals.stable.v2 as nw
import polars as pl

from lakeproof.erasure.affected_runs import affected
from lakeproof.frames.shares import mark_share

from .builders import a_record


def test_a_run_is_affected_by_the_versions_it_read_and_on_the_side_of_the_recorded_split():
    """Without a row: by salt and share alone, as the run itself computed it."""
    keys = pl.DataFrame({"k": [f"W{number:03}" for number in range(40)]})
    marked = mark_share(
        nw.from_native(keys.lazy()), key="k", prefix="3:", basis_points=2500, name="is_test"
    )
    marks = marked.collect().to_native()
    values = {"feature": {"split": {"salt": 3, "test_fraction": 0.25}}}
    record = a_record()
    record = replace(record, parameters=replace(record.parameters, values=values))
    read = record.inputs.tables[0]
    held = {(read.table_id, read.version)}
    for is_test, side in ((True, "test"), (False, "training")):
        some = marks.filter(pl.col("is_test") == is_test).select("k")
        one = affected(record, held, some)
        assert one is not None
        assert (one.side, one.reads[read.dataset]) == (side, read.version)
    assert affected(record, held, keys).side == "both"
    assert affected(record, {(read.table_id, read.version + 99)}, keys) is None
    plain = replace(record, parameters=replace(record.parameters, values={}))
    assert affected(plain, held, keys).side is None
