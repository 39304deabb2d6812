"""A record from somebody else: it is read, shown and refused, and it can do no harm.

Each is sealed as it should be. What it names is not touched, not asked and not started, by any
command; and by `kedro reproduce` no child is started.
"""

import socket
from pathlib import Path
from typing import Any

import pytest

from conftest import Project

from .crafted import Asked, everything, in_this_process
from .parts import forge, record_file, seal

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def kept(make_project) -> tuple[Project, str]:
    """A project with one small run."""
    project = make_project("crafted")
    return project, project.kedro("run", "--pipelines", "ingest").run_id


@pytest.fixture
def run(kept):
    """The same; its record is as it was, afterwards."""
    project, run_id = kept
    content = record_file(project, run_id).read_bytes()
    yield project, run_id
    record_file(project, run_id).write_bytes(content)
    seal(project, run_id, content)


@pytest.fixture
def ask(monkeypatch) -> Asked:
    """Asks commands in this process, none of which starts a child."""
    return in_this_process(monkeypatch)


def test_no_file_outside_of_scratch_is_deleted(run, ask):
    """Files of a folder that the run did not see are taken out of scratch, and of nowhere else."""
    project, run_id = run
    victim = project.path.parent / "victim"
    victim.mkdir()
    for name in ("a.txt", "b.txt", "precious.txt"):
        (victim / name).write_text(name)

    def lead_out(record: dict[str, Any]) -> None:
        up = "../" * 5 + "victim"
        files = [dict(record["inputs"]["files"][0]) for _ in range(2)]
        for file, name in zip(files, ("a.txt", "b.txt"), strict=True):
            file.update(dataset="other", path=f"{up}/{name}", is_own=True)
        record["inputs"]["files"] += files

    forge(project, run_id, lead_out)
    everything(project, run_id, ask)
    assert {path.name for path in victim.iterdir()} == {"a.txt", "b.txt", "precious.txt"}


def test_no_file_outside_of_scratch_is_written(run, ask, tmp_path):
    """The folder of the project in its repository is one in the worktree, or none."""
    project, run_id = run
    victim = tmp_path / "victim"
    (victim / "conf/base").mkdir(parents=True)
    (victim / "conf/base/catalog.yml").write_text("mine")

    def lead_out(record: dict[str, Any]) -> None:
        record["code"]["prefix"] = str(victim)

    forge(project, run_id, lead_out)
    everything(project, run_id, ask)
    assert (victim / "conf/base/catalog.yml").read_text() == "mine"
    assert sorted(path.name for path in victim.rglob("*")) == ["base", "catalog.yml", "conf"]


def test_no_program_is_started(run, ask, tmp_path):
    """The name of an interpreter is a name: uv would start a file of that path to ask it."""
    project, run_id = run
    started = tmp_path / "started"
    (tmp_path / "evil@3.11.1").write_text(f"#!/bin/sh\ntouch {started}\n")
    (tmp_path / "evil@3.11.1").chmod(0o755)

    def lead_out(record: dict[str, Any]) -> None:
        record["environment"].update(implementation=str(tmp_path / "evil"), python="3.11.1")

    forge(project, run_id, lead_out)
    everything(project, run_id, ask)
    assert not started.exists()


def package_with_a_script(folder: Path) -> Path:
    """A package whose set-up script leaves a file behind."""
    package, started = folder / "package", folder / "started"
    package.mkdir()
    (package / "setup.py").write_text(
        f"open({str(started)!r}, 'w').close()\nfrom setuptools import setup\nsetup(name='evil')\n"
    )
    return package


def test_no_script_is_run_and_no_other_index_asked(run, ask, tmp_path):
    """A distribution is a name and a version: no path, no address, no option of an installer."""
    project, run_id = run
    package = package_with_a_script(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as index:
        index.settimeout(0)
        option = f"--index-url=http://127.0.0.1:{index.getsockname()[1]}/simple"
        for name, version in (
            (f"evil @ file://{package}\n#", "1"),
            ("numpy", f"1\n{option}"),
        ):

            def lead_out(record: dict[str, Any], name: str = name, version: str = version) -> None:
                one = {"name": name, "version": version, "origin": None}
                record["environment"]["distributions"] = [one]

            forge(project, run_id, lead_out)
            everything(project, run_id, ask)
            assert not (tmp_path / "started").exists()
            with pytest.raises(BlockingIOError):
                index.accept()


def test_no_address_is_fetched_for_an_artifact(run, ask):
    """MLflow would take any address for a file that a run kept."""
    project, run_id = run
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/model.skops"

        def lead_out(record: dict[str, Any]) -> None:
            file = {**record["inputs"]["files"][0], "path": "data/gone.csv", "artifact": address}
            record["inputs"]["files"].append(file)

        forge(project, run_id, lead_out)
        everything(project, run_id, ask)
        with pytest.raises(BlockingIOError):
            server.accept()


def test_nothing_of_a_record_steers_a_terminal_or_a_page(run, ask):
    """What is free to be any text is spelled out, on a terminal, in JSON and on a page."""
    project, run_id = run
    steering = "\x1b]0;owned\x07\x1b[2J\x9b31m\r\u202eevil\u2066"

    def steer(record: dict[str, Any]) -> None:
        record["run"].update(command=["kedro", steering], error=steering)
        record["problems"] = [steering]
        record["environment"].update(build=steering, java=steering)
        record["compute"].update(cpu=steering, os=steering, engine_configuration={steering: "x"})
        record["outputs"]["tables"][0]["columns"].append([steering, "string"])
        record["nodes"][0]["inputs"][0]["note"] = steering
        record["parameters"]["values"][steering] = steering
        record["parameters"]["sources"][steering] = steering

    forge(project, run_id, steer)
    said = everything(project, run_id, ask)
    assert "is damaged" not in said
    assert said.count("owned") > 20
    assert not set(said) & set("\x1b\x07\x9b\r\u202e\u2066")
