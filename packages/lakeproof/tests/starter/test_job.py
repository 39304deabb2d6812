"""The job of `docs/ci.md`, typed line by line in a clean clone, as a runner of pull requests does.

Its packages come from an index; runs from a server and tables from a bucket of this machine. What
no machine of ours has is the runner's own image: its git, its Python, its checkout.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from conftest import REPOSITORY, Project
from installed import NewProject
from object_store import ObjectStore
from proof.servers import Server, move_tables

pytestmark = pytest.mark.long

PAGE = (REPOSITORY / "packages/lakeproof/docs/ci.md").read_text(encoding="utf-8")
UV = str(Path(sys.executable).with_name("uv"))
JOB = yaml.safe_load(next(iter(re.findall(r"```yaml\n(results:.*?)```", PAGE, re.DOTALL))))
(AT_NIGHT,) = re.findall(r"^\$ (kedro check --all .*)$", PAGE, re.MULTILINE)


@dataclass(frozen=True)
class Runner:
    """A machine that knows the remote, and the environment's variables."""

    remote: Path
    folder: Path
    variables: dict[str, str]

    def job(self, branch: str) -> tuple[int, str, Path]:
        """Type the steps of the job for a branch; give the last exit code and what was said."""
        clone = self.folder / branch
        said = ""
        for step in JOB["results"]["steps"]:
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"] == {"fetch-depth": 0}
                self.types(f"git clone --quiet {self.remote} {clone}", self.folder)
                self.types(f"git checkout --quiet --detach origin/{branch}", clone)
            elif step.get("uses", "").startswith("actions/setup-python@"):
                version = step["with"]["python-version"]
                bin_ = self.folder / "bin"
                bin_.mkdir(exist_ok=True)
                assert version == f"{sys.version_info[0]}.{sys.version_info[1]}", (
                    "run it by that Python"
                )
                (bin_ / "python").unlink(missing_ok=True)
                (bin_ / "python").symlink_to(Path(sys.base_prefix, "bin/python3"))
            else:
                code, printed = self.types(step["run"], clone, code=None)
                said += printed
                if code:
                    return code, said, clone
        return 0, said, clone

    def types(self, line: str, folder: Path, code: int | None = 0) -> tuple[int, str]:
        """Run a line as the runner's shell does."""
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        path = f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            ["bash", "-e", "-c", line],
            cwd=folder,
            env={**kept, **self.variables, "PATH": path, "CI": "true"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert code is None or done.returncode == code, f"{line}\n{done.stdout}"
        return done.returncode, done.stdout


@pytest.fixture
def anna(generated: Path, tmp_path: Path, store: ObjectStore) -> NewProject:
    """A new project whose tables are in a bucket, installed, with a remote."""
    place = tmp_path / "anna"
    shutil.copytree(generated, place)
    new = NewProject(place)
    # As `make run` does it: the packages of the lock and no others, as in the job.
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", ".venv"], cwd=place, check=True)
    uv = [UV, "pip", "install", "--quiet", "--python", ".venv/bin/python"]
    locked = ["--require-hashes", "--find-links", "vendor", "-r", "requirements/run.txt"]
    for what in (locked, ["--no-deps", "--editable", "."]):
        subprocess.run([*uv, *what], cwd=place, check=True)
    catalog = place / "conf/base/catalog.yml"
    lake = f"{store.uri}/{tmp_path.name}"
    move_tables(catalog, rf"filepath: {lake}/\1")
    subprocess.run(["git", "init", "--quiet", "--bare", tmp_path / "hub.git"], check=True)
    Project(place).git("remote", "add", "origin", str(tmp_path / "hub.git"))
    return new


def test_the_job_is_green_where_results_stay_and_red_where_they_change(
    anna: NewProject, tmp_path: Path, store: ObjectStore, monkeypatch: pytest.MonkeyPatch
):
    """In a clean clone each time; the one at night looks at everybody's runs."""
    server = Server(tmp_path / "mlflow")
    server.start()
    try:
        _typed(anna, tmp_path, store, monkeypatch, server)
    finally:
        server.stop()


def _typed(anna, tmp_path, store, monkeypatch, server):
    # As a runner has secrets: in variables.
    for name, value in store.options.items():
        monkeypatch.setenv(name, value)
    git = Project(anna.path).git
    config = anna.path / "conf/base/mlflow.yml"
    local = "mlflow_tracking_uri: sqlite:///${project_path:mlflow.db}"
    assert local in config.read_text()
    config.write_text(config.read_text().replace(local, f"mlflow_tracking_uri: {server.uri}"))
    git("commit", "-qam", "Share runs and tables")
    run_id = re.findall(r"Recorded run (\w+)", anna.run(".venv/bin/kedro", "run"))[0]
    (anna.path / ".verified-run").write_text(f"{run_id}\n")
    git("add", ".verified-run")
    git("commit", "-qm", "Stand on this run")
    (nodes,) = anna.path.glob("src/*/pipelines/evaluate/nodes.py")
    git("checkout", "-qb", "words")
    nodes.write_text(nodes.read_text().replace('"""Predict rows', '"""Once more: predict rows'))
    git("commit", "-qam", "Say it otherwise")
    git("checkout", "-qb", "seed")
    train = next(anna.path.glob("src/*/pipelines/train/nodes.py"))
    before = train.read_text()
    train.write_text(before.replace("seed=settings.seed,", "seed=settings.seed + 1,"))
    assert train.read_text() != before
    git("commit", "-qam", "Change what is learnt")
    git("push", "-q", "origin", "words", "seed")

    # Only to be sooner done: what pip compiles is compiled when it is imported.
    runner = Runner(tmp_path / "hub.git", tmp_path, {"PIP_NO_COMPILE": "1"})
    code, said, clone = runner.job("words")
    assert code == 0, said
    assert "REPRODUCED" in said
    assert (clone / "proof.html").is_file()
    assert json.loads(anna.run(".venv/bin/kedro", "runs", "--json"))["runs"][0]["run_id"] == run_id
    code, said = runner.types(AT_NIGHT.replace("kedro", ".venv/bin/kedro", 1), clone, code=None)
    assert code == 0, said
    assert run_id[:8] in said
    # Another branch on the same runner, which has the packages by then.
    runner.types("rm proof.html && git checkout --quiet --detach origin/seed", clone)
    code, said = runner.types(JOB["results"]["steps"][-1]["run"], clone, code=None)
    assert code == 1, said
    assert "DIVERGED" in said
