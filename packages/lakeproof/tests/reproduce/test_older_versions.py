"""What older versions do wrong is refused, and what their digests leave out is said."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from lakeproof.reproduce.comparison.older_digests import claims_less
from lakeproof.reproduce.older_versions import refusal
from lakeproof.reproduce.outcomes import Artifact

from .builders import a_record

INCREMENTAL = """
samples:
  type: partitions.IncrementalDataset
  path: data/01_raw
"""
TWICE = """
raw@spark:
  type: spark.SparkDataset
  filepath: /data/raw.parquet
raw@pandas:
  type: pandas.ParquetDataset
  filepath: /data/raw.parquet
"""
HARMLESS = """
_shared: {type: pandas.CSVDataset}
one: {type: pandas.CSVDataset, filepath: data/a.csv}
two: {type: pandas.CSVDataset, filepath: data/a.csv}
three: {type: pandas.CSVDataset, filepath: /data/b.csv}
"""


def conf(tmp_path: Path, catalog: str) -> Path:
    folder = tmp_path / "conf" / "base"
    folder.mkdir(parents=True)
    (folder / "catalog.yml").write_text(catalog)
    return folder.parent


@pytest.mark.parametrize(
    ("catalog", "names"), [(INCREMENTAL, "checkpoint.*'samples'"), (TWICE, "'raw@pandas'")]
)
def test_what_an_older_version_would_do_to_the_users_files_is_refused(tmp_path, catalog, names):
    """With the entry and what to do instead; the version that says its number does it right."""
    old = replace(a_record(), lakeproof=None)
    sentence = refusal(old, conf(tmp_path, catalog))
    assert sentence is not None
    assert "nothing was run" in sentence
    assert re.search(names, sentence)
    assert refusal(replace(old, lakeproof="0.2.0"), tmp_path / "conf") is None


@pytest.mark.parametrize("catalog", [HARMLESS, "", "- a list", "a: [", "\0"])
def test_what_it_does_right_is_not_refused(tmp_path, catalog):
    """Two entries of one place in the project are moved alike; what is no catalog has no entry."""
    assert refusal(replace(a_record(), lakeproof=None), conf(tmp_path, catalog)) is None


@pytest.mark.parametrize(
    ("algorithm", "verdict", "is_said"),
    [("model1", "same", True), ("model1", "differs", False), ("model2", "same", False)],
)
def test_a_pass_by_an_older_digest_says_what_that_one_leaves_out(algorithm, verdict, is_said):
    """It claims less than one of today."""
    digest = f"{algorithm}:1"
    artifact = Artifact("model", "model", verdict, digest, digest)
    said = list(claims_less([artifact]))
    assert [sentence.startswith("Compared by model1, as it was") for sentence in said] == (
        [True] if is_said else []
    )
