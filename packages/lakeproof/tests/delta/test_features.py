"""Tables with features that neither engine would have given them: read where both read them."""

import json
from pathlib import Path
from typing import Any

import deltalake
import polars as pl
import pytest

from lakeproof.delta.log.features import FEATURES
from lakeproof.errors import TableError

ABC = pl.DataFrame({"id": ["a", "b"], "x": [1.0, 2.0]})


def have(table: Path, protocol: dict[str, Any]) -> None:
    """Say in the log that a table has features, as whoever gave them to it would."""
    log = table / "_delta_log" / f"{0:020d}.json"
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    lines = [{"protocol": protocol} if "protocol" in line else line for line in lines]
    log.write_text("\n".join(map(json.dumps, lines)))


def of_writers(*names: str) -> dict[str, Any]:
    """Give a protocol with features that only writers need know."""
    return {"minReaderVersion": 1, "minWriterVersion": 7, "writerFeatures": list(names)}


def of_readers(*names: str) -> dict[str, Any]:
    """Give a protocol with features that readers need know, too."""
    return {**of_writers(*names), "minReaderVersion": 3, "readerFeatures": list(names)}


@pytest.mark.parametrize(
    "protocol",
    [
        of_writers("rowTracking", "domainMetadata"),
        of_writers("clustering", "domainMetadata"),
        of_writers("inCommitTimestamp"),
        of_writers("identityColumns"),
        of_writers("checkpointProtection"),
        of_writers("somethingNew"),
        {"minReaderVersion": 1, "minWriterVersion": 6},
        of_readers("v2Checkpoint"),
        of_readers("vacuumProtocolCheck"),
        of_readers("deletionVectors", "typeWidening"),
        {"minReaderVersion": 2, "minWriterVersion": 5},
    ],
)
def test_what_a_feature_says_of_no_row_keeps_no_row_back(make_embedded_table, tmp_path, protocol):
    """Features of writers, of the log, and those that no file of the version makes use of."""
    deltalake.write_deltalake(str(tmp_path / "samples"), ABC.to_arrow())
    plain = make_embedded_table().resolve().compute_digest()
    have(tmp_path / "samples", protocol)
    table = make_embedded_table()
    assert table.load().sort("id").collect().equals(ABC)
    assert make_embedded_table(load_args={"version": 0}).resolve().compute_digest() == plain
    assert [facts.rows for facts in table.history()] == [2]


@pytest.mark.parametrize(
    ("mode", "words"),
    [("append", "takes no append by"), ("merge", "takes no merge by"), ("overwrite", "no merge")],
)
def test_a_write_that_would_break_a_feature_is_refused(make_embedded_table, tmp_path, mode, words):
    """By the names of feature, engine and operation; the table is as it was."""
    deltalake.write_deltalake(str(tmp_path / "samples"), ABC.to_arrow())
    have(tmp_path / "samples", of_writers("rowTracking", "domainMetadata"))
    table = make_embedded_table(key="id", save_args={"mode": mode})
    with pytest.raises(TableError, match=words) as caught:
        table.save(ABC.with_columns(x=pl.lit(3.0)))
    assert "rowTracking (delta.enableRowTracking)" in str(caught.value)
    assert "(engine: spark)" in str(caught.value)
    assert table.versions() == [0]


@pytest.mark.parametrize(
    ("protocol", "words"),
    [
        (of_readers("catalogManaged"), "catalog-managed"),
        (of_readers("somethingNew"), "somethingNew"),
    ],
)
def test_what_readers_must_know_and_nobody_does_is_refused(
    make_embedded_table, tmp_path, protocol, words
):
    """In one sentence with its name, whoever of the two engines does not read it."""
    deltalake.write_deltalake(str(tmp_path / "samples"), ABC.to_arrow())
    have(tmp_path / "samples", protocol)
    with pytest.raises(TableError, match=words) as caught:
        make_embedded_table().load()
    assert "\n" not in str(caught.value)


def test_the_page_has_the_table_of_features():
    """It is what the code goes by: to print it anew, run this module."""
    page = (Path(__file__).parents[2] / "docs" / "delta-table.md").read_text()
    assert "\n".join(lines_of_page()) in page


def lines_of_page() -> list[str]:
    """Write the features as the page has them, those with the same answers in one line."""
    alike: dict[tuple[str, ...], list[str]] = {}
    for name, feature in FEATURES.items():
        cells = [_cell(operation in feature.of(engine)) for engine, operation in _QUESTIONS]
        alike.setdefault(tuple(cells), []).append(f"`{name}` ({feature.set_by})")
    head = ["feature (set by)", *(f"{engine}: {operation}" for engine, operation in _QUESTIONS)]
    rows = [head, ["---"] * len(head), *([", ".join(n), *cells] for cells, n in alike.items())]
    return [f"| {' | '.join(row)} |" for row in rows]


_QUESTIONS = [(e, o) for e in ("embedded", "spark") for o in ("read", "append", "merge")]


def _cell(answer: bool) -> str:
    return "yes" if answer else "no"


if __name__ == "__main__":
    print("\n".join(lines_of_page()))
