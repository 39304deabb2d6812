"""A table whose files were changed in place: each run is judged by what it read."""

import polars as pl
import pyarrow.parquet as pq
import pytest

from conftest import Project
from elsewhere import exchange

from .conftest import SAMPLES, record_of, repeat, reproduce


def change(project: Project) -> None:
    """Change one number in the oldest data file of the samples; size and log stay."""
    (file, *_) = sorted(
        (project.path / SAMPLES).rglob("*.parquet"), key=lambda f: f.stat().st_mtime
    )
    rows = pl.from_arrow(pq.read_table(file))
    one = pl.col("sample_id") == pl.col("sample_id").min()
    changed = rows.with_columns(alcohol=pl.when(one).then(9.5).otherwise("alcohol"))
    exchange(file, changed.to_arrow(compat_level=pl.CompatLevel.oldest()))


@pytest.mark.beyond_ci
@pytest.mark.slow
def test_a_run_of_a_changed_file_is_repeated_and_the_one_before_is_not(make_project):
    """The record says what was read, not what the commit says."""
    project = make_project("changed")
    project.kedro("run")
    before = project.kedro("run")
    change(project)
    after = project.kedro("run")
    said = " ".join(f"{after.stdout} {after.stderr}".split())
    assert "'samples' does not hold what its commit says" in said
    read = {t["dataset"]: t for t in record_of(project, after.run_id)["inputs"]["tables"]}
    assert read["samples"]["digest_from"] == "rows"
    assert read["samples"]["committed_digest"] not in (None, read["samples"]["digest"])
    assert "commit says" in project.kedro("show", after.run_id).stdout
    repeat(project, after.run_id)
    verdict = reproduce(project, before.run_id, expected="INCONCLUSIVE")
    assert "Table 'samples' at version 1 is not what the run read" in verdict.missing
