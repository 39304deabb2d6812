"""The page for a team, typed by two people in two folders that share a remote, a server, a bucket.

A third, who shares nothing, verifies what they claim.
The server keeps its runs in SQLite here, and in PostgreSQL by `make test-stores`.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from conftest import REPOSITORY, Finished, Project, copy_project
from lakeproof.stores import files
from object_store import ObjectStore

from .conftest import edit
from .servers import MORE, Postgres, Server, move_tables

pytestmark = pytest.mark.slow

PAGE = REPOSITORY / "packages/lakeproof/docs/team.md"
_TYPED = re.compile(r"^(anna|ben|carol)\$ (.+)$", re.MULTILINE)


@dataclass
class Team:
    """Who types, and what each of them typed and was told."""

    anna: Project
    ben: Project
    carol: Project
    told: dict[str, list[Finished]] = field(default_factory=dict)

    def types(self, who: str, line: str, runs: dict[str, str]) -> Finished:
        """Type a line of the page, about the runs that there are."""
        for shown, run_id in runs.items():
            line = line.replace(shown, run_id)
        project: Project = getattr(self, who)
        typed, _, target = line.partition(" > ")
        words = shlex.split(typed)
        if words[0] == "kedro":
            done = project.kedro(*words[1:], code=None)
            if target:
                (project.path / target).write_text(done.stdout)
        else:
            path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
            ran = subprocess.run(
                ["bash", "-euc", line],
                cwd=project.path,
                env={**project.environment, "PATH": path},
                capture_output=True,
                text=True,
                check=False,
            )
            done = Finished(ran.returncode, ran.stdout, ran.stderr)
        self.told.setdefault(f"{who} {line}", []).append(done)
        return done


@pytest.fixture(scope="module")
def store() -> Iterator[ObjectStore]:
    found = ObjectStore.started()
    yield found
    found.stop()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, store: ObjectStore) -> Iterator[Server]:
    """As the page starts it, where there is more than our lock: PostgreSQL, and the bucket."""
    place = tmp_path_factory.mktemp("server") / "mlflow"
    database = Postgres() if MORE else None
    found = Server(place) if database is None else _as_on_the_page(place, store, database.uri)
    found.start()
    yield found
    found.stop()
    if database is not None:
        database.stop()


def _as_on_the_page(place: Path, store: ObjectStore, database: str) -> Server:
    block = re.search(r"^mlflow server (.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    assert block is not None
    words = shlex.split(block[1].replace("\\\n", " "))
    typed = dict(zip(words[::2], words[1::2], strict=True))
    assert typed["--backend-store-uri"].partition("@")[0] == database.partition("@")[0]
    bucket = typed["--artifacts-destination"]
    assert bucket.startswith(f"{store.uri}/")
    opens = {**store.options, "MLFLOW_S3_ENDPOINT_URL": store.options["AWS_ENDPOINT_URL"]}
    return Server(place, database, bucket=bucket, opens=opens)


def gives_keys(project: Project, store: ObjectStore) -> None:
    """Write the file that each has for themselves."""
    credentials = project.path / "conf/local/credentials.yml"
    credentials.parent.mkdir(parents=True, exist_ok=True)
    credentials.write_text(
        "\n".join(["lake:", *(f'  {name}: "{value}"' for name, value in store.options.items())])
    )


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory, server: Server, store: ObjectStore) -> Team:
    """Anna has changed the files that the page names, and not committed them."""
    folder = tmp_path_factory.mktemp("team")
    subprocess.run(["git", "init", "--quiet", "--bare", folder / "hub.git"], check=True)
    anna = copy_project(folder / "anna")
    anna.git("config", "user.email", "anna@example.org")
    anna.git("remote", "add", "origin", str(folder / "hub.git"))
    edit(
        anna.path / "conf/base/mlflow.yml",
        "mlflow_tracking_uri: sqlite:///${project_path:mlflow.db}",
        f"mlflow_tracking_uri: {server.uri}",
    )
    globals_ = anna.path / "conf/base/globals.yml"
    globals_.write_text(f"{globals_.read_text()}\nlake: {store.uri}/winery\n")
    catalog = anna.path / "conf/base/catalog.yml"
    move_tables(catalog, r"filepath: ${globals:lake}/\1\n  credentials: lake")
    gives_keys(anna, store)
    (folder / "carol").mkdir()
    shutil.copy(PAGE.with_name("verify.py"), folder / "carol")
    return Team(anna, Project(folder / "ben"), Project(folder / "carol"))


def names_model_and_key(team: Team, printed: str) -> None:
    """Edit as the page says: what Ben's command has printed goes into `pyproject.toml`."""
    edit(
        team.anna.path / "conf/base/catalog.yml",
        "type: lakeproof.model.SklearnModel\n",
        "type: lakeproof.model.SklearnModel\n  registered_model: wine\n",
    )
    with (team.anna.path / "pyproject.toml").open("a") as file:
        file.write(f'\n{printed}\n[tool.lakeproof.promote]\npolicy = "signed"\n')


@pytest.mark.beyond_ci
def test_what_the_page_says_is_typed_by_two_people(
    team: Team, store: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """From nothing to verdicts on each other's runs, a promoted model and a verified change."""
    runs: dict[str, str] = {}
    shown = iter(("3f9c2a7b", "81d0c6aa", "5c1d9e02"))
    lines = _TYPED.findall(PAGE.read_text(encoding="utf-8"))
    assert len(lines) > 12
    for who, line in lines:
        if line.startswith("git clone "):
            hub = team.anna.git("remote", "get-url", "origin").strip()
            subprocess.run(
                ["git", "clone", "--quiet", "--branch", "main", hub, team.ben.path], check=True
            )
            team.ben.git("config", "user.name", "Ben")
            team.ben.git("config", "user.email", "ben@example.org")
            gives_keys(team.ben, store)
            continue
        if line.endswith("train.seed=7"):
            # What she has not committed, no remote has, and no bundle either.
            edit(team.anna.path / "conf/base/parameters_train.yml", "seed: 2026", "seed: 2027")
        if line.startswith("git switch -c"):
            assert team.ben.git("status", "--porcelain") == ""
        if line.startswith("python verify.py"):
            for name in ("key.pub", "attestation.json", "chain.json"):
                shutil.copy(team.anna.path.parent / name, team.carol.path)
        with monkeypatch.context() as set_up:
            if "lakeproof key" in line or "--attest" in line:
                set_up.setenv("XDG_CONFIG_HOME", str(tmp_path))
            done = team.types(who, line, runs)
        assert done.exit_code == 0, f"{who}$ {line}\n{done.stdout}\n{done.stderr}"
        if line == "kedro lakeproof key":
            names_model_and_key(team, done.stdout)
        if line.startswith("kedro run") and who == "anna":
            runs[next(shown)] = done.run_id

    def told(beginning: str) -> Finished:
        return next(ones[0] for line, ones in team.told.items() if line.startswith(beginning))

    assert "REPEATED" in told("ben kedro reproduce").stdout
    assert "Another checkout" in told("ben kedro reproduce").stdout
    assert "another user" in told("ben kedro reproduce").stdout
    assert "seed: 7" in told("ben kedro get").stdout
    assert "signed by 'root'" in told("anna kedro promote").stdout
    assert json.loads(told("carol python").stdout)["run_id"] == runs["5c1d9e02"]
    assert "REPRODUCED" in told("ben kedro verify").stdout
    shared = team.ben.git("ls-remote", "origin", "refs/lakeproof/*")
    assert runs["81d0c6aa"] in shared

    # What is left of the page: whose runs they are, and whether they can still be reproduced.
    mine = json.loads(team.ben.kedro("runs", "--mine", "--json").stdout)["runs"]
    assert mine
    assert not {run["run_id"] for run in mine} & set(runs.values())
    last = team.ben.kedro("show", "last").stderr
    assert "last: run" in last
    team.ben.kedro("check", "--all", "--since", "2026-01-01", "--mine")


@pytest.mark.beyond_ci
def test_code_on_no_remote_is_found_where_it_was_shared(
    team: Team, server: Server, store: ObjectStore
):
    """The bundle is gone, and the clone has it not: the remote is asked, by the run's reference."""
    gone = list(server.files.rglob("code.bundle"))
    for bundle in gone:
        bundle.unlink()
    in_bucket = f"{store.uri}/mlflow"
    for file in list(files.listed(in_bucket, store.options)):
        if file.path.endswith("/code.bundle"):
            files.filesystem(in_bucket, store.options).delete_file(file.path)
            gone.append(file.path)
    assert gone
    for ref in team.ben.git("for-each-ref", "--format=%(refname)").split():
        if "lakeproof" in ref or "run-" in ref:
            team.ben.git("update-ref", "-d", ref)
    team.ben.git("stash", "clear")
    team.ben.git("reflog", "expire", "--expire=now", "--all")
    team.ben.git("gc", "--quiet", "--prune=now")
    listed = json.loads(team.anna.kedro("runs", "--mine", "--json").stdout)["runs"]
    run_id = next(run["run_id"] for run in listed if run["is_dirty"])
    done = team.ben.kedro("reproduce", run_id)
    assert "REPEATED" in done.stdout
    assert f"refs/lakeproof/{run_id}" in team.ben.git("for-each-ref")
