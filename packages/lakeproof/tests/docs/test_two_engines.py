"""The examples of the page on two engines, each computed by both."""

import doctest
import math
import re
import struct
from typing import Any

import narwhals.stable.v2 as nw
import polars as pl
import pytest

from conftest import REPOSITORY

PAGE = REPOSITORY / "packages/lakeproof/docs" / "two-engines.md"


def on_both(expression: nw.Expr, **columns: list[Any]) -> None:
    """Print what an expression gives on each engine; once where it is the same to the bit."""
    from pyspark.errors import PySparkException

    from lakeproof.delta.spark.parsed_rows import frame_of

    rows = pl.DataFrame(columns).to_arrow(compat_level=pl.CompatLevel.oldest())
    frames = {"embedded": pl.DataFrame(rows).lazy(), "spark": frame_of(rows).coalesce(1)}
    given: dict[str, Any] = {}
    for engine, frame in frames.items():
        try:
            asked = nw.from_native(frame).select(out=expression)
            given[engine] = asked.collect("pyarrow").to_native()["out"].to_pylist()
        except PySparkException as error:
            given[engine] = f"refused, {error.getCondition()}"
    if bits(given["embedded"]) == bits(given["spark"]):
        print("both:", given["spark"])
    else:
        for engine, values in given.items():
            print(f"{engine}:", values)


def bits(values: Any) -> Any:
    """Write floats such that they are equal only to the bit; there is one NaN."""
    if not isinstance(values, list):
        return values
    return [
        ("NaN" if math.isnan(value) else struct.pack(">d", value))
        if isinstance(value, float)
        else value
        for value in values
    ]


def failures(text: str, session: Any) -> list[str]:
    """Compute the examples of a page, and say which give something else."""
    names = {"on_both": on_both, "nw": nw, "NAN": math.nan, "spark": session}
    # The end of a block is not part of what an example gives.
    bare = re.sub(r"^```.*$", "", text, flags=re.MULTILINE)
    page = doctest.DocTestParser().get_doctest(bare, names, PAGE.name, str(PAGE), 0)
    assert page.examples
    said: list[str] = []
    doctest.DocTestRunner().run(page, out=said.append)
    return said


@pytest.mark.slow
@pytest.mark.spark
def test_the_page_says_what_both_engines_give(spark_session):
    """Each example is computed as it stands there."""
    said = failures(PAGE.read_text(encoding="utf-8"), spark_session)
    assert said == [], "".join(said)


@pytest.mark.slow
@pytest.mark.spark
def test_an_example_that_says_something_else_is_noticed(spark_session):
    """A difference where the page says that there is none, the reverse, and another value."""
    for said, instead in {
        "embedded: [2.5]\nspark: [nan]": "both: [2.5]",
        "both: [2.5, 7.5]": "embedded: [2.5, 7.5]\nspark: [-7.5, 7.5]",
        "both: ['10', '-3']": "both: ['10', '-4']",
    }.items():
        example = example_before(said)
        assert failures(f"{example}{said}\n", spark_session) == []
        assert failures(f"{example}{instead}\n", spark_session)


def example_before(said: str) -> str:
    """Give the example of which the page says this, after the line that names the columns."""
    before, found, _ = PAGE.read_text(encoding="utf-8").partition(f"\n{said}\n")
    assert found
    named = re.search(r"^>>> x, y = .*\n", before, re.MULTILINE)
    return f"{named[0]}{before[before.rindex('>>> on_both') :]}\n"
