"""Where there is no git, no home, another owner or a file system that may only be read."""

import os
import subprocess
from pathlib import Path

import pytest
from tests.record.test_code import changed_during

from lakeproof.errors import RunError
from lakeproof.record.code import git, stamp
from lakeproof.record.code.gather_code import gather_code
from lakeproof.record.places import writable
from lakeproof.record.redaction.secrets import Secrets
from lakeproof.state_folder import state_of

NOBODY = 65534


def typed(folder: Path, *command: str) -> str:
    """What git says."""
    done = subprocess.run(
        ["git", *command],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "app"
    (folder / "src").mkdir(parents=True)
    (folder / "src/nodes.py").write_text("x = 1\n")
    (folder / "pyproject.toml").write_text("[tool.kedro]\n")
    (folder / ".gitignore").write_text(".lakeproof/\n")
    for command in (
        ("init", "--quiet"),
        ("config", "user.email", "tester@localhost"),
        ("config", "user.name", "A Tester"),
        ("add", "--all"),
        ("commit", "--quiet", "--message", "Begin"),
    ):
        typed(folder, *command)
    return folder


def without_git(checkout: Path) -> Path:
    """As an image has it."""
    (checkout / ".git").rename(checkout.parent / "git-of-the-build")
    return checkout


def test_a_stamp_that_fits_says_the_commit(checkout):
    """And a re-run finds it in whatever clone has it."""
    commit = typed(checkout, "rev-parse", "HEAD")
    stamp.write(checkout)
    code = gather_code(without_git(checkout), Secrets.of({}))
    assert (code.commit, code.is_dirty) == (commit, False)
    assert changed_during(checkout, code, ()) == ()
    (checkout / "src/nodes.py").write_text("x = 2\n")
    assert changed_during(checkout, code, ()) == ("src/nodes.py",)


def test_a_stamp_of_other_files_is_not_believed(checkout, caplog):
    """Somebody has edited the image."""
    stamp.write(checkout)
    (without_git(checkout) / "src/nodes.py").write_text("x = 2\n")
    assert gather_code(checkout, Secrets.of({})).commit is None
    assert "it is not believed" in caplog.text


def test_only_the_commit_itself_is_stamped(checkout):
    """Nothing untracked, nothing changed, and a commit at all."""
    (checkout / "src/new.py").write_text("y = 1\n")
    with pytest.raises(stamp.StampError, match=r"src/new\.py"):
        stamp.write(checkout)
    (checkout / "src/new.py").unlink()
    (checkout / "src/nodes.py").write_text("x = 2\n")
    with pytest.raises(stamp.StampError, match=r"src/nodes\.py"):
        stamp.write(checkout)
    with pytest.raises(stamp.StampError, match="no commit"):
        stamp.write(without_git(checkout))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("commit", "HEAD"),
        ("commit", 1),
        ("remote", "ext::sh -c evil"),
        ("remote", "--upload-pack=evil"),
        ("prefix", "../../etc"),
        ("more", 1),
    ],
)
def test_a_stamp_that_somebody_made_up_says_nothing(checkout, name, value):
    """What it says becomes a part of the record."""
    import json

    stamp.write(checkout)
    document = json.loads((checkout / stamp.FILE).read_text())
    (checkout / stamp.FILE).write_text(json.dumps({**document, name: value}))
    assert stamp.read(checkout) is None


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="gives files away")
def test_whose_repositories_are_trusted_may_stand_in_the_environment(checkout, monkeypatch):
    """A container has no home to write it to; nothing else of those settings counts."""
    for path in (checkout, *checkout.rglob("*")):
        os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
    monkeypatch.setenv("HOME", "/nonexistent")
    monkeypatch.delenv("GIT_CONFIG_COUNT", raising=False)
    assert git.find_repository(checkout) is None
    monkeypatch.setenv("GIT_CONFIG_COUNT", "2")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "core.worktree")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "/")
    monkeypatch.setenv("GIT_CONFIG_KEY_1", "safe.directory")
    monkeypatch.setenv("GIT_CONFIG_VALUE_1", str(checkout))
    found = git.find_repository(checkout)
    assert found is not None
    assert found.top == checkout


def test_what_lakeproof_keeps_goes_where_it_is_told(tmp_path, monkeypatch):
    """The variable wins; each project has a folder of its own there; a re-run keeps to its own."""
    (tmp_path / "pyproject.toml").write_text('[tool.kedro]\n[tool.lakeproof]\nscratch = "/a"\n')
    monkeypatch.delenv("LAKEPROOF_SCRATCH", raising=False)
    assert state_of(tmp_path).parent == Path("/a")
    monkeypatch.setenv("LAKEPROOF_SCRATCH", "/b")
    assert state_of(tmp_path).parent == Path("/b")
    assert state_of(tmp_path) != state_of(tmp_path / "other")
    monkeypatch.setenv("LAKEPROOF_RERUN", "x")
    assert state_of(tmp_path) == tmp_path / ".lakeproof"


def test_what_cannot_be_written_is_said_before_anything_runs(tmp_path, monkeypatch):
    """All of it at once, with what to do."""
    from kedro_datasets.pandas import CSVDataset

    from lakeproof.record.places.writable import require_writable

    monkeypatch.delenv("LAKEPROOF_SCRATCH", raising=False)
    outputs = {"table": CSVDataset(filepath=str(tmp_path / "data/table.csv"))}
    require_writable(tmp_path, outputs, [str(tmp_path / "mlflow.db")])

    monkeypatch.setattr(writable.os, "access", lambda place, mode: False)
    with pytest.raises(RunError) as refused:
        require_writable(tmp_path, outputs, [str(tmp_path / "mlflow.db")])
    for told in ("'table' (data/table.csv)", "MLflow's store (mlflow.db)", "LAKEPROOF_SCRATCH="):
        assert told in refused.value.message
    assert "Nothing was run" in refused.value.message


def test_who_has_no_home_gets_one(monkeypatch):
    """And who has one keeps it."""
    from lakeproof.startup.begin import have_home

    kept = os.environ.get("HOME")
    have_home()
    assert os.environ.get("HOME") == kept
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    have_home()
    assert Path(os.environ["HOME"]).is_dir()
