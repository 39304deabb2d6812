"""What of a run's raw files is kept: small, as it was read, and not what git has."""

import hashlib
import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from lakeproof.deliveries.raw_store import RawStore
from lakeproof.record.facts import FileFacts, InputFacts
from lakeproof.record.run.ending.kept_raw_files import is_kept, keep_raw_files

from .builders import a_record


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def project(tmp_path) -> Path:
    """A repository with one file in its commit."""
    place = tmp_path / "project"
    (place / "data").mkdir(parents=True)
    (place / "data/known.csv").write_bytes(b"known")
    for command in (
        ("init", "--quiet"),
        ("add", "--all"),
        (*("-c", "user.name=A", "-c", "user.email=a@localhost"), "commit", "--quiet", "-m", "A"),
    ):
        subprocess.run(["git", *command], cwd=place, check=True)
    return place


def record(project: Path, *paths: str, **more):
    """A run that read files as they are."""
    head = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=project, capture_output=True, text=True, check=True
    ).stdout.strip()
    made = a_record()
    files = tuple(
        FileFacts(
            "deliveries", path, sha256(data := (project / path).read_bytes()), len(data), **more
        )
        for path in paths
    )
    code = replace(made.code, commit=head, snapshot=None, prefix="")
    return replace(made, code=code, inputs=InputFacts(files=files))


def test_a_file_is_kept_once_as_a_copy_with_its_time_and_mode(project):
    """Whoever edits the delivery in place edits nothing that is kept."""
    file = project / "data/new.csv"
    file.write_bytes(b"new")
    os.utime(file, (1_600_000_000, 1_600_000_000))
    found = record(project, "data/new.csv", "data/known.csv")
    store = RawStore(project)
    for _ in range(2):
        keep_raw_files(found, project, 1)
        assert store.sizes() == {sha256(b"new"): 3}
    with file.open("r+b") as there:
        there.write(b"NEW")
    kept = store.find(sha256(b"new"))
    assert kept.read_bytes() == b"new"
    assert kept.stat().st_mtime == 1_600_000_000
    assert all(is_kept(one, found, project) for one in found.inputs.files)


def test_what_is_large_changed_meanwhile_or_in_mlflow_is_not_kept(project):
    """Nor anything where it is turned off; what git has in another size is."""
    file = project / "data/new.csv"
    file.write_bytes(b"n" * 1_000_001)
    found = record(project, "data/new.csv")
    keep_raw_files(found, project, 1)
    keep_raw_files(found, project, 0)
    keep_raw_files(record(project, "data/new.csv", artifact="runs:/a/b"), project, 2)
    assert RawStore(project).sizes() == {}
    assert not is_kept(found.inputs.files[0], found, project)
    file.write_bytes(b"m" * 1_000_001)
    keep_raw_files(found, project, 2)
    assert RawStore(project).sizes() == {}
    (project / "data/known.csv").write_bytes(b"another")
    keep_raw_files(record(project, "data/known.csv"), project, 1)
    assert RawStore(project).sizes() == {sha256(b"another"): 7}


def test_a_record_chooses_no_path(project):
    """A digest that is none names no file."""
    (project / ".lakeproof/raw").mkdir(parents=True)
    (project / "secret").write_text("x")
    assert RawStore(project).find("../../secret") is None
    (project / ".lakeproof/raw" / sha256(b"x")).symlink_to(project / "secret")
    assert RawStore(project).find(sha256(b"x")) is None
