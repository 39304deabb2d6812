"""Runs from another folder, with configuration from elsewhere, and runs that did not finish."""

import json
import os
import shutil
import signal
import subprocess
import sys

import pytest

from conftest import Project

from .conftest import FOREST, edit, record_of, repeat


@pytest.fixture(scope="module")
def used(make_project) -> Project:
    """A project with both tables, and a configuration of its own in another place."""
    project = make_project("elsewhere")
    project.kedro("run", *FOREST)
    return project


@pytest.mark.slow
def test_a_run_and_a_rerun_from_other_folders(used):
    """The project is found from below it; its re-run asks from yet another folder."""
    finished = used.kedro("run", "--pipelines", "feature", cwd=used.path / "data/08_reporting")
    repeat(used, finished.run_id, cwd=used.path / "src/winery")
    assert not (used.path / "src/winery/.lakeproof").exists()


@pytest.mark.beyond_ci
@pytest.mark.slow
def test_configuration_from_outside_of_the_project(used, tmp_path):
    """`--conf-source` of a folder that has changed since, and then is gone."""
    conf = tmp_path / "conf"
    shutil.copytree(used.path / "conf", conf)
    edit(conf / "base/parameters_feature.yml", "salt: 3", "salt: 9")
    finished = used.kedro("run", "--pipelines", "feature", "--conf-source", str(conf))
    record = record_of(used, finished.run_id)
    assert record["parameters"]["values"]["feature"]["split"]["salt"] == 9
    edit(conf / "base/parameters_feature.yml", "salt: 9", "salt: 10")
    verdict = repeat(used, finished.run_id)
    shutil.rmtree(conf)
    repeat(used, finished.run_id)
    repeat(used, verdict.document["rerun_id"])


@pytest.mark.beyond_ci
@pytest.mark.slow
def test_an_environment_that_was_named_by_a_variable(used, monkeypatch):
    """`KEDRO_ENV` of then is the environment of the re-run, whatever it is now."""
    for name, salt in (("one", 11), ("two", 12)):
        (used.path / "conf" / name).mkdir()
        text = f"feature: {{split: {{salt: {salt}}}}}\n"
        (used.path / "conf" / name / "parameters.yml").write_text(text)
    monkeypatch.setenv("KEDRO_ENV", "one")
    finished = used.kedro("run", "--pipelines", "feature")
    assert record_of(used, finished.run_id)["run"]["kedro_env"] == "one"
    for now in ("two", None):
        if now is None:
            monkeypatch.delenv("KEDRO_ENV")
        else:
            monkeypatch.setenv("KEDRO_ENV", now)
        verdict = repeat(used, finished.run_id)
        values = record_of(used, verdict.document["rerun_id"])["parameters"]["values"]
        assert values["feature"]["split"]["salt"] == 11


# Of a run of `feature`, it is in test_check_runs.py.
@pytest.mark.slow
@pytest.mark.long
def test_a_failed_run_is_shown_and_refused(used):
    """There is no result to reproduce: exit code 2, and nothing is run."""
    failed = used.kedro("run", "--pipelines", "train", "--params", "train.estimator=oracle", code=1)
    listed = json.loads(used.kedro("runs", "--json").stdout)["runs"]
    run_id = next(run["run_id"] for run in listed if run["status"] == "FAILED")
    assert run_id[:8] in failed.stderr
    record = record_of(used, run_id)
    assert (record["run"]["status"], record["run"]["failed_node"]) == (
        "FAILED",
        "select_training_rows",
    )
    assert "oracle" in record["run"]["error"]
    assert "FAILED" in used.kedro("show", run_id[:8]).stdout
    done = used.kedro("reproduce", run_id, code=2)
    assert "FAILED in node 'select_training_rows'" in done.stderr
    assert "Traceback" not in done.stderr
    assert "Running node" not in done.stderr
    used.kedro("check", run_id, code=1)


@pytest.mark.slow
def test_a_killed_run_has_no_record_and_is_shown_so(used):
    """`kill -9` leaves no time for one; `last` is the run before it."""
    before = json.loads(used.kedro("runs", "--json").stdout)["runs"]
    nodes = used.path / "src/winery/pipelines/feature/nodes.py"
    text = nodes.read_text()
    waiting = "print('waiting', flush=True)\n    __import__('time').sleep(99)"
    edit(nodes, "    rows = nw.from_native", f"    {waiting}\n    rows = nw.from_native")
    running = subprocess.Popen(
        [sys.executable, "-m", "kedro", "run", "--pipelines", "feature"],
        cwd=used.path,
        env=used.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert running.stdout.readline() == "waiting\n"
    finally:
        os.kill(running.pid, signal.SIGKILL)
        running.communicate()
        nodes.write_text(text)
    after = json.loads(used.kedro("runs", "--json").stdout)["runs"]
    known = {run["run_id"] for run in before}
    (killed,) = (run for run in after if run["run_id"] not in known)
    assert "has no record" in killed["trouble"]
    assert killed["outputs"] == {}
    table = used.kedro("runs").stdout
    assert f"Run {killed['run_id'][:8]} has no record" in table
    for command in ("show", "reproduce"):
        done = used.kedro(command, killed["run_id"], code=None)
        assert done.exit_code == 2
        assert "has no record" in done.stdout + done.stderr
        assert "Traceback" not in done.stderr
    last = json.loads(used.kedro("show", "last", "--json").stdout)
    assert last["run"]["run_id"] != killed["run_id"]
