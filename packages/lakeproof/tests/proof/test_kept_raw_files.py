"""A delivery that has changed or gone: kept by its content, or said to be lost to which runs."""

import json
import re
import shutil

import pytest

from conftest import Finished, Project

from .conftest import FOREST, append, edit, record_of, repeat, reproduce
from .parts import put_back

pytestmark = pytest.mark.slow

LATE = "data/01_raw/wine/2026-03-late.csv"
KEPT = ".lakeproof/raw"


@pytest.fixture(scope="module")
def ran(make_project) -> tuple[Project, str, Finished]:
    """A project with a delivery that git ignores, run before it was corrected and after."""
    project = make_project("kept")
    append(project.path / ".gitignore", "*-late.csv\n")
    late = project.path / LATE
    lines = (late.parent / "2026-02-delivery.csv").read_text().splitlines(keepends=True)
    late.write_text(lines[0] + "".join(f"late-{line}" for line in lines[1:4]))
    before = project.kedro("run", *FOREST)
    late.write_text(late.read_text().replace("late-", "later-", 1))
    return project, before.run_id, project.kedro("run", *FOREST)


@pytest.fixture
def corrected(ran, tmp_path):
    """The same, as it was, whatever a test does to it."""
    project, before, after = ran
    with put_back(project, tmp_path / "as it was"):
        yield project, before, after


def sizes(project: Project) -> dict[str, int]:
    return {path.name: path.stat().st_size for path in (project.path / KEPT).iterdir()}


def test_a_run_has_its_delivery_as_it_was(corrected):
    """What git has is not kept again; the run that corrects it says that nothing is lost."""
    project, before, after = corrected
    said = " ".join(after.stderr.split())
    files = {file["path"]: file for file in record_of(project, before)["inputs"]["files"]}
    kept = sizes(project)
    assert len(files) == 3
    assert len(kept) == 2
    assert files[LATE]["sha256"] in kept
    assert f"run {before[:8]} can be reproduced: it is kept as it was" in said
    repeat(project, before)
    (project.path / LATE).unlink()
    repeat(project, before)
    told = json.loads(project.kedro("check", before, "--json").stdout)
    assert told["raw_kept"] == {"files": 2, "bytes": sum(kept.values())}
    (one,) = told["runs"]
    assert one["is_reproducible"]
    assert not any("by digest only" in limit["what"] for limit in one["limits"])
    text = project.kedro("check", before).stdout
    assert f"Raw files kept: 2, {sum(kept.values()):,} bytes" in text


def test_what_is_kept_is_held_against_the_record(corrected):
    """A kept file that somebody has edited is none."""
    project, before, _ = corrected
    for path in (project.path / KEPT).iterdir():
        path.write_bytes(b"x" * path.stat().st_size)
    assert "File" not in project.kedro("check", before).stdout
    verdict = reproduce(project, before, expected="INCONCLUSIVE")
    assert f"{LATE} (deliveries) is now sha256" in verdict.missing


@pytest.mark.beyond_ci
def test_where_nothing_is_kept_every_run_that_needs_it_is_named(corrected):
    """0 turns it off; two runs read the file as it was."""
    project, before, after = corrected
    shutil.rmtree(project.path / KEPT)
    edit(
        project.path / "pyproject.toml",
        "threads = 1\npolars",
        "threads = 1\nkeep_raw_mb = 0\npolars",
    )
    again = project.kedro("run", *FOREST).run_id
    late = project.path / LATE
    late.write_text(late.read_text().replace("late-", "latest-", 1))
    said = " ".join(project.kedro("run", *FOREST).stderr.split())
    assert not (project.path / KEPT).exists()
    assert (
        f"nobody kept it as it was: runs {again[:8]}, {after.run_id[:8]} cannot be reproduced"
        in said
    )
    verdict = project.kedro("check", "--all", code=1).stdout
    (said,) = (line for line in verdict.splitlines() if line.startswith(again[:8]))
    assert re.match(rf"{again[:8]}  no +File {LATE} \(deliveries\) has", said)
    assert f"{before[:8]}  no" in verdict


def test_what_no_run_needs_goes_with_a_vacuum(corrected):
    """A run that is released no longer keeps what it read; the other does."""
    project, before, after = corrected
    assert "Raw files kept: 2" in project.kedro("leases").stdout
    project.kedro("release", before)
    project.kedro("vacuum", "--min-age", "0")
    (left,) = sizes(project)
    assert left == next(
        file["sha256"]
        for file in record_of(project, after.run_id)["inputs"]["files"]
        if file["path"] == LATE
    )
    said = project.kedro("check", before, code=1).stdout
    assert f"File {LATE} (deliveries) has" in said
