"""One thing is another than it was: never a pass, named, and nothing is run."""

import json
import shutil

import polars as pl
import pytest

from conftest import LONG, Project, copy_project

from .conftest import SAMPLES, belongings, deliver, edit, reproduce
from .parts import change_a_cell, data_files, forge, put_back, record_file

LATE = "2026-03-delivery.csv"


@pytest.fixture(scope="module")
def recorded_runs(make_project) -> tuple[Project, dict[str, str]]:
    """A project with a table that was made, one run that read it and one that merged upon it.

    The delivery that was merged is in no commit and, since git ignores it, in no record.
    """
    project = make_project("changes")
    made = project.kedro("run", "--pipelines", "ingest").run_id
    read = project.kedro("run", "--pipelines", "feature").run_id
    late = deliver(project, LATE)
    (late.parent / ".gitignore").write_text(f"{LATE}\n")
    merged = project.kedro("run", "--pipelines", "ingest").run_id
    return project, {"made": made, "read": read, "merged": merged}


@pytest.fixture
def runs(recorded_runs, tmp_path):
    """The same, as it was, whatever a test does to it."""
    project, run_ids = recorded_runs
    with put_back(project, tmp_path / "as it was"):
        yield project, run_ids


def refused(project: Project, run_id: str, *args: str) -> str:
    """Ask for an irreproducible run: no artifact, no new run, nothing touched; say why."""
    # Which looks at the files and may write git's index.
    project.git("status")
    before = belongings(project)
    verdict = reproduce(project, run_id, *args, expected="INCONCLUSIVE")
    assert verdict.document["run_id"] == run_id
    assert verdict.document["rerun_id"] is None
    assert verdict.document["artifacts"] == []
    assert "Running it again" not in verdict.stderr
    changed = belongings(project).since(before)
    assert changed == {"files": set(), "repository": set(), "runs": set()}
    return verdict.missing


def is_possible(project: Project, run_id: str) -> tuple[bool, str]:
    """What `kedro check` says."""
    done = project.kedro("check", run_id, "--json", code=None)
    (found,) = json.loads(done.stdout)["runs"]
    assert done.exit_code == (0 if found["is_reproducible"] else 1)
    return found["is_reproducible"], "\n".join(found["missing"])


def without_bundles(project: Project) -> None:
    """Let no run have its code in the store."""
    for bundle in project.path.glob("mlartifacts/**/code.bundle"):
        bundle.unlink()


def digest_in_record(project: Project, run_id: str) -> str:
    """The digest of the samples that a run read or built upon."""
    record = json.loads(record_file(project, run_id).read_text())
    read = [t["digest"] for t in record["inputs"]["tables"] if not t["is_own"]]
    built_upon = [t["started_digest"] for t in record["outputs"]["tables"]]
    return (read or built_upon)[0]


@pytest.mark.slow
@pytest.mark.parametrize("which", ["read", pytest.param("merged", marks=LONG)])
def test_a_cell_of_the_version_that_was_read_or_merged_upon(runs, which):
    """The file has the size it had, the log its word: the content alone tells, by both digests."""
    project, run_ids = runs
    change_a_cell(data_files(project.path / SAMPLES, 1)[0], "alcohol", 99.0)
    assert is_possible(project, run_ids[which]) == (True, "")
    missing = refused(project, run_ids[which])
    found = json.dumps(missing)
    assert "Table 'samples' at version 1 is not what the run read" in missing
    assert digest_in_record(project, run_ids[which]) in found
    assert found.count("rs1:") == 2


@pytest.mark.slow
def test_a_cell_that_makes_its_file_another_size(runs):
    """That is seen without reading it, so `check` tells it too."""
    project, run_ids = runs
    file = data_files(project.path / SAMPLES, 1)[0]
    rows = pl.read_parquet(file).with_columns(alcohol=pl.lit(99.0))
    rows.write_parquet(file, compression="uncompressed")
    missing = refused(project, run_ids["read"])
    assert "Table 'samples' cannot be read at version 1" in missing
    assert f"{file.name} (another size than the log says)" in missing
    is_there, told = is_possible(project, run_ids["read"])
    assert not is_there
    assert missing in told


@pytest.mark.long
def test_a_data_file_that_is_gone(runs):
    """It is named, and where to look for other versions."""
    project, run_ids = runs
    file = data_files(project.path / SAMPLES, 1)[0]
    file.unlink()
    missing = refused(project, run_ids["merged"])
    assert file.name in missing
    assert "kedro history samples" in missing


@pytest.mark.slow
@pytest.mark.parametrize(
    "what", ["commit", *(pytest.param(w, marks=LONG) for w in ("log", "table"))]
)
def test_the_log_of_the_version_is_gone(runs, what):
    """One commit of it, all of it, or the table: what there is instead is said."""
    project, run_ids = runs
    table = project.path / SAMPLES
    if what == "commit":
        (table / f"_delta_log/{1:020d}.json").unlink()
    else:
        shutil.rmtree(table / "_delta_log" if what == "log" else table)
    missing = refused(project, run_ids["read"])
    assert "samples" in missing
    expected = {
        "commit": "has no version 1",
        "log": "is not a Delta table",
        "table": "does not exist",
    }
    assert expected[what] in missing


@pytest.mark.long
def test_a_log_that_is_damaged(runs):
    """Delta's own reader fails on it; that is a sentence like all others."""
    project, run_ids = runs
    log = project.path / SAMPLES / f"_delta_log/{1:020d}.json"
    log.write_bytes(log.read_bytes()[:200])
    assert "samples" in refused(project, run_ids["read"])


@pytest.mark.slow
def test_a_table_made_again_with_other_rows_has_the_same_version_and_another_id(runs):
    """The version number is there and all its files are: both digests tell, and the id."""
    project, run_ids = runs
    table = project.path / SAMPLES
    versions = [pl.read_delta(str(table), version=number) for number in (0, 1)]
    shutil.rmtree(table)
    for rows in versions:
        rows.with_columns(alcohol=pl.col("alcohol") + 1).write_delta(str(table), mode="overwrite")
    possible, told = is_possible(project, run_ids["read"])
    assert not possible
    assert "is not the run's table" in told
    missing = refused(project, run_ids["read"])
    assert digest_in_record(project, run_ids["read"]) in missing
    assert missing.count("rs1:") == 2


@pytest.mark.slow
@pytest.mark.parametrize("what", ["gone", pytest.param("changed", marks=LONG)])
def test_a_raw_file_that_git_does_not_have(runs, what):
    """It is named with both digests, or as missing; `check` sees what presence and size tell."""
    project, run_ids = runs
    # What runs have kept of it is gone too.
    shutil.rmtree(project.path / ".lakeproof/raw", ignore_errors=True)
    file = project.path / "data/01_raw/wine" / LATE
    text = file.read_text()
    file.write_text(text.replace("new-", "NEW-", 1))
    if what == "gone":
        file.unlink()
    record = json.loads(record_file(project, run_ids["merged"]).read_text())
    (recorded,) = [f["sha256"] for f in record["inputs"]["files"] if f["path"].endswith(LATE)]
    missing = refused(project, run_ids["merged"])
    assert LATE in missing
    assert recorded in missing
    assert is_possible(project, run_ids["merged"])[0] == (what == "changed")


@pytest.mark.slow
def test_a_raw_file_that_the_commit_has_may_be_anything_today(runs):
    """It is had from there: this is no change at all."""
    project, run_ids = runs
    folder = project.path / "data/01_raw/wine"
    edit(folder / "2026-01-delivery.csv", "sample_id", "wine_id")
    (folder / "2026-02-delivery.csv").unlink()
    reproduce(project, run_ids["made"], expected="REPEATED")


@pytest.mark.beyond_ci
@pytest.mark.slow
def test_the_commit_is_no_longer_in_the_repository(runs):
    """A rebase alone does not take it: its reference does, with git's own clean-up."""
    project, run_ids = runs
    commit = project.git("rev-parse", "HEAD")
    project.git("commit", "--quiet", "--amend", "--message", "Another history")
    for ref in project.git("for-each-ref", "--format=%(refname)", "refs/lakeproof").splitlines():
        project.git("update-ref", "-d", ref)
    project.git("reflog", "expire", "--expire=now", "--all")
    project.git("gc", "--quiet", "--prune=now")
    # The run itself has its code, as long as its store has the run's artifacts.
    reproduce(project, run_ids["read"], expected="REPEATED")
    without_bundles(project)
    missing = refused(project, run_ids["read"])
    assert f"Commit {commit} of the run is not in this repository" in missing
    assert "kedro share RUN" in missing


@pytest.mark.slow
def test_the_project_is_no_longer_a_repository(runs):
    """The same, in a folder that was copied without its history."""
    project, run_ids = runs
    shutil.rmtree(project.path / ".git")
    reproduce(project, run_ids["read"], expected="REPEATED")
    without_bundles(project)
    verdict = reproduce(project, run_ids["read"], expected="INCONCLUSIVE")
    assert "is not in this repository" in verdict.missing
    assert verdict.document["artifacts"] == []


@pytest.mark.slow
def test_a_run_outside_of_a_repository_is_recorded_and_marked(tmp_path):
    """Code is known by digests alone; the run itself works as any other."""
    project = copy_project(tmp_path / "project")
    shutil.rmtree(project.path / ".git")
    run_id = project.kedro("run", "--pipelines", "ingest").run_id
    record = json.loads(record_file(project, run_id).read_text())
    assert record["code"]["commit"] is None
    assert record["code"]["tree"].startswith("sha256:")
    assert "src/winery/rows.py" in record["code"]["files"]
    verdict = reproduce(project, run_id, expected="INCONCLUSIVE")
    assert "was not in a git repository with a commit" in verdict.missing


@pytest.mark.slow
def test_a_package_that_cannot_be_installed_again(runs):
    """The recorded version is found nowhere: it is named, and the way around it."""
    project, run_ids = runs

    def another(record: dict) -> None:
        for one in record["environment"]["distributions"]:
            if one["name"] == "narwhals":
                one["version"] = "2.0.999"

    forge(project, run_ids["read"], another)
    verdict = reproduce(project, run_ids["read"], expected="INCONCLUSIVE")
    assert "narwhals==2.0.999" in verdict.missing
    assert "--here" in verdict.missing
    assert verdict.document["rerun_id"] is None
    assert "Running it again" not in verdict.stderr
    (factor,) = [f for f in verdict.document["factors"] if f["factor"] == "package:narwhals"]
    assert factor["expected"] == "2.0.999"


@pytest.mark.beyond_ci
@pytest.mark.slow
def test_another_patch_version_of_the_interpreter_blocks_unless_here(runs):
    """Both are named and how to install the recorded one; `--here` makes it a factor."""
    project, run_ids = runs

    def another(record: dict) -> None:
        record["environment"]["python"] = "3.11.999"

    forge(project, run_ids["read"], another)
    missing = refused(project, run_ids["read"])
    assert "The run used Python 3.11.999" in missing
    assert "uv python install cpython@3.11.999" in missing
    possible, told = is_possible(project, run_ids["read"])
    assert not possible
    assert "3.11.999" in told
    verdict = reproduce(project, run_ids["read"], "--here", expected="REPRODUCED")
    assert "python" in verdict.factors
