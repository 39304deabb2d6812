"""Two recorded runs, side by side, without running anything: what went in, what came of it."""

import json
import os
from pathlib import Path

import pytest

from conftest import LONG, Finished, Project

from .conftest import append, belongings, commit_all, edit
from .parts import install

KEYS = [
    *("schema", "verdict", "run_id", "rerun_id", "artifacts"),
    *("first_divergence", "factors", "missing"),
    *("divergences", "not_controlled", "notes", "measured"),
    *("made_by", "verified_by"),
    *("erased", "metrics"),
]
NODES = "src/winery/pipelines/feature/nodes.py"


class Beside(Project):
    """The project, whose commands have a folder of packages beside those of the environment."""

    def __init__(self, path: Path, packages: Path) -> None:
        super().__init__(path)
        object.__setattr__(self, "_packages", packages)

    @property
    def environment(self) -> dict[str, str]:
        """As ever, and the packages."""
        found = super().environment
        return {**found, "PYTHONPATH": f"{found['PYTHONPATH']}{os.pathsep}{self._packages}"}


@pytest.fixture(scope="module")
def compared(make_project, tmp_path_factory) -> tuple[Project, dict[str, str]]:
    """A project with two equal runs, and one of which everything is another."""
    project = make_project("compared")
    packages = tmp_path_factory.mktemp("packages")
    install(packages, "vintage_proof", "1.0", "")
    beside = Beside(project.path, packages)

    def run(*args: str) -> str:
        return beside.kedro("run", "--pipelines", "feature", *args).run_id

    project.kedro("run", "--pipelines", "ingest")
    runs = {"first": run(), "second": run()}
    edit(
        project.path / NODES,
        "then(nw.col(numerator) / nw.col(denominator))",
        "then(nw.col(numerator) / nw.col(denominator) + 1)",
    )
    commit_all(project, "Shift the ratios")
    append(project.path / "conf/base/globals.yml", "unused: 1\n")
    install(packages, "vintage_proof", "2.0", "")
    runs["other"] = run("--load-versions", "samples:0", "--params", "feature.split.salt=7")
    return project, runs


def compare(project: Project, *args: str, code: int) -> dict:
    """What `kedro compare --json` says: one document on standard output, and nothing else."""
    done: Finished = project.kedro("compare", *args, "--json", code=code)
    document = json.loads(done.stdout)
    assert list(document) == KEYS
    assert document["schema"] == 1
    return document


@pytest.mark.slow
def test_two_equal_runs_are_the_same(compared):
    """Exit code 0; nothing that went in differs; nothing is touched or recorded."""
    project, runs = compared
    project.git("status")
    before = belongings(project)
    document = compare(project, runs["first"][:12], runs["second"], code=0)
    assert document["verdict"] == "SAME"
    assert (document["run_id"], document["rerun_id"]) == (runs["first"], runs["second"])
    assert {one["verdict"] for one in document["artifacts"]} == {"same"}
    assert document["factors"] == []
    assert document["missing"] == []
    changed = belongings(project).since(before)
    assert changed == {"files": set(), "repository": set(), "runs": set()}


@pytest.mark.slow
def test_everything_that_went_in_otherwise_is_named(compared):
    """Parameter, code by file and line, package, table version, configuration file."""
    project, runs = compared
    document = compare(project, runs["second"], "last", code=1)
    assert document["verdict"] == "DIFFERENT"
    assert document["rerun_id"] == runs["other"]
    factors = {one["factor"]: one for one in document["factors"]}
    assert set(factors) == {
        "data:samples",
        "parameter:feature.split.salt",
        "code",
        "configuration:base/globals.yml",
        "package:vintage-proof",
    }
    data = factors["data:samples"]
    assert (data["expected"]["version"], data["actual"]["version"]) == (1, 0)
    assert data["expected"]["digest"] != data["actual"]["digest"]
    salt = factors["parameter:feature.split.salt"]
    assert (salt["expected"], salt["actual"]) == (3, 7)
    package = factors["package:vintage-proof"]
    assert (package["expected"], package["actual"]) == ("1.0", "2.0")
    number = next(
        number
        for number, line in enumerate((project.path / NODES).read_text().splitlines(), 1)
        if "nw.col(denominator) + 1)" in line
    )
    lines = factors["code"]["lines"]
    assert [line.partition("  ")[0] for line in lines] == [f"{NODES}:{number}"] * 2
    (line,) = factors["configuration:base/globals.yml"]["lines"]
    assert line.endswith("+ unused: 1")
    (features,) = [one for one in document["artifacts"] if one["name"] == "features"]
    assert (features["kind"], features["verdict"]) == ("table", "differs")
    assert "rows: 178 -> 120" in features["detail"]


@pytest.mark.slow
def test_for_people_factors_come_first_and_the_answer_may_go_to_a_file(compared, tmp_path):
    """The verdict, what went in, what came of it; `--output` leaves standard output empty."""
    project, runs = compared
    text = project.kedro("compare", runs["first"], runs["other"], code=1).stdout
    assert text.startswith(f"DIFFERENT ({runs['first'][:8]} and {runs['other'][:8]})")
    assert text.index("parameter:feature.split.salt") < text.index("features")
    assert f"{NODES}:" in text
    file = tmp_path / "answer.json"
    done = project.kedro("compare", runs["first"], runs["second"], "--output", str(file), code=0)
    assert done.stdout == ""
    assert list(json.loads(file.read_text())) == KEYS


@pytest.mark.slow
@pytest.mark.parametrize(
    "run", ["ffffffff", *(pytest.param(run, marks=LONG) for run in ("last-but-one", "abc"))]
)
def test_a_run_that_is_not_there_is_trouble(compared, run):
    """Exit code 2, for 1 is an answer; nothing on standard output."""
    project, runs = compared
    done = project.kedro("compare", runs["first"], run, "--json", code=2)
    assert done.stdout == ""
    assert run in done.stderr
    assert "kedro runs" in done.stderr
    assert "Traceback" not in done.stderr
