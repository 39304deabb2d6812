"""A secret, however it comes near a run, is nowhere afterwards; and the run had it."""

import hashlib
import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import pytest

from conftest import Finished, Project

from .conftest import append, commit_all, reproduce, runs_of
from .parts import add_pipeline

pytestmark = pytest.mark.slow

# None of them is anybody's.
SECRETS = {
    "given": "given-on-the-command-line-81",
    "named": "named-in-a-parameters-file-82",
    "known": "held-by-the-credentials-83",
    "patterned": "postgresql://reader:within-an-address-84@warehouse/db",
    "local": "in-the-local-parameters-85",
    "environment": "held-by-the-environment-86",
    "untracked": "AKIA" + "Q7Z2" * 4,
    "changed": "ghp_" + "b7" * 18,
    "remote": "within-the-remote-address-87",
    "quoted": "swordfish & chips/88",
}

PIPELINE = """
import hashlib

from kedro.pipeline import Node, Pipeline


def check(given: dict, expected: list) -> dict:
    held = [str(value) for name, value in sorted(given.items()) if name != "fails"]
    found = [hashlib.sha256(value.encode()).hexdigest() for value in held]
    assert found == expected, "the node did not get what was given"
    if given.get("fails"):
        raise ConnectionError(f"cannot reach {given['address']} with {given['api_token']}")
    return {"seen": len(found)}


def create_pipeline() -> Pipeline:
    inputs = ["params:connection", "params:expected"]
    return Pipeline([Node(check, inputs=inputs, outputs="seen", name="check")])
"""

# How the parameters that hold a secret are called.
PLACES = {
    "api_token": "given",
    "db_password": "named",
    "greeting": "known",
    "address": "patterned",
    "client_secret": "local",
    "note": "environment",
}


def lay_out(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put each secret where people put them."""
    add_pipeline(project, "probe", PIPELINE)
    expected = [
        hashlib.sha256(SECRETS[secret].encode()).hexdigest() for _, secret in sorted(PLACES.items())
    ]
    base = project.path / "conf/base/parameters_probe.yml"
    base.write_text(
        f"connection:\n  db_password: {SECRETS['named']}\n  greeting: {SECRETS['known']}\n"
        f"  address: {SECRETS['patterned']}\nexpected: {json.dumps(expected)}\n"
    )
    append(
        project.path / "conf/base/catalog.yml",
        "\nseen: {type: json.JSONDataset, filepath: data/08_reporting/seen.json}\n",
    )
    commit_all(project)
    local = project.path / "conf/local"
    (local / "credentials.yml").write_text(
        f"store:\n  user: reader\n  password: {SECRETS['known']}\n"
        f"  other: {json.dumps(SECRETS['quoted'])}\n"
    )
    (local / "parameters_probe.yml").write_text(
        f"connection:\n  db_password: {SECRETS['named']}\n  greeting: {SECRETS['known']}\n"
        f"  address: {SECRETS['patterned']}\n  client_secret: {SECRETS['local']}\n"
    )
    (project.path / "notes.txt").write_text(f"the key is {SECRETS['untracked']}\n")
    (project.path / "draft.py").write_text(
        f"held = '{SECRETS['environment']}'\nasked = '{quote(SECRETS['quoted'], safe='')}'\n"
    )
    append(project.path / "README.md", f"\nlog in with {SECRETS['changed']}\n")
    project.git(
        "remote", "add", "origin", f"https://somebody:{SECRETS['remote']}@git.example/wine.git"
    )
    monkeypatch.setenv("WAREHOUSE_TOKEN", SECRETS["environment"])


def given(*more: str) -> str:
    """What `--params` gets."""
    held = [
        f"connection.api_token={SECRETS['given']}",
        f"connection.note={SECRETS['environment']}",
    ]
    return ",".join([*held, *more])


def found_in(project: Project, *commands: Finished) -> dict[str, list[str]]:
    """Say where each secret is, in all that runs and commands have left and printed."""
    texts = {f"command {n}": (c.stdout + c.stderr).encode() for n, c in enumerate(commands)}
    for place in ("mlartifacts", ".lakeproof", "data"):
        for folder, _, names in os.walk(project.path / place):
            for name in names:
                texts[os.path.join(folder, name)] = Path(folder, name).read_bytes()
    with closing(sqlite3.connect(project.path / "mlflow.db")) as database:
        texts["mlflow.db"] = "\n".join(database.iterdump()).encode()
    for name in ("mlflow.db", "mlflow.db-wal"):
        path = project.path / name
        texts[f"{name} itself"] = path.read_bytes() if path.exists() else b""
    return {
        name: there
        for name, secret in SECRETS.items()
        if (there := [where for where, text in texts.items() if _holds(text, secret)])
    }


def _holds(text: bytes, secret: str) -> bool:
    # Of an address its password alone is the secret.
    inner = "within-an-address-84" if "within-an-address-84" in secret else secret
    forms = {inner, quote(inner, safe=""), json.dumps(inner)[1:-1]}
    return any(form.encode() in text for form in forms)


@pytest.fixture(scope="module")
def kept(make_project):
    """A project with secrets everywhere, after a run of it and one that failed."""
    project = make_project("secrets")
    with pytest.MonkeyPatch.context() as monkeypatch:
        lay_out(project, monkeypatch)
        done = project.kedro("run", "--pipelines", "probe", "--params", given())
        failed = project.kedro(
            "run", "--pipelines", "probe", "--params", given("connection.fails=true"), code=1
        )
        yield project, done, failed


def test_secrets_are_nowhere_after_a_run(kept):
    """Given, in files, in credentials, in the environment, in a diff, an untracked file, a remote.

    That the node had them is what it checks itself.
    """
    project, done, _ = kept
    assert json.loads((project.path / "data/08_reporting/seen.json").read_text()) == {
        "seen": len(PLACES)
    }
    assert found_in(project, done) == {}


def test_secrets_are_nowhere_after_a_run_that_failed_over_one(kept):
    """Though its error repeats two of them; neither terminal nor record do."""
    project, _, failed = kept
    assert "ConnectionError: cannot reach" in failed.stderr
    assert found_in(project, failed) == {}


def test_commands_that_look_at_the_run_repeat_none_and_say_what_is_withheld(kept):
    """The record names what it leaves out and why; nobody gets it from there."""
    project, done, _ = kept
    show = project.kedro("show", done.run_id)
    as_json = project.kedro("show", done.run_id, "--json")
    record = json.loads(as_json.stdout)
    withheld = {file["path"] for file in record["code"]["untracked"] if file["withheld"]}
    assert withheld == {"notes.txt", "draft.py"}
    assert "README.md" in record["code"]["diff"]["withheld"]
    files = {file["path"] for file in record["configuration"]["files"] if file["withheld"]}
    assert files == {"base/parameters_probe.yml", "local/parameters_probe.yml"}
    assert not [f for f in record["configuration"]["files"] if "credentials" in f["path"]]
    assert set(record["parameters"]["redacted"]) == {f"connection.{place}" for place in PLACES}
    assert record["code"]["remote"] == "https://git.example/wine.git"
    runs = project.kedro("runs")
    project.kedro("show", done.run_id, "--report", "data/08_reporting/record.html")
    page = (project.path / "data/08_reporting/record.html").read_text()
    assert "connection.client_secret" in page
    assert found_in(project, show, as_json, runs) == {}


def test_name_description_and_tags_in_mlflow_repeat_none(kept):
    """They tell what was given, which is where secrets were; the failed run's tell its error."""
    project, done, _ = kept
    runs = runs_of(project)
    tags = runs[done.run_id]["data"]["tags"]
    assert runs[done.run_id]["info"]["run_name"].startswith("probe, connection.api_token=***")
    assert "api_token=***" in tags["kedro_command"]
    assert "api_token=***" in tags["mlflow.note.content"]
    (failed,) = [run for run in runs.values() if run["info"]["status"] == "FAILED"]
    assert "cannot reach" in failed["data"]["tags"]["mlflow.note.content"]
    assert found_in(project) == {}


def test_a_run_with_a_secret_for_a_parameter_is_never_a_pass(kept):
    """Nobody can say what it was; the parameter is named, and where secrets belong."""
    project, done, _ = kept
    verdict = reproduce(project, done.run_id, expected="INCONCLUSIVE")
    assert "connection.api_token" in verdict.missing
    assert "conf/local/credentials.yml" in verdict.missing
    assert verdict.document["artifacts"] == []
    assert found_in(project, Finished(2, json.dumps(verdict.document), verdict.stderr)) == {}
