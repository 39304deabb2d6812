"""The code of a run as a file on it: for whoever has the store and not the repository."""

import subprocess
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

import pytest

from lakeproof.errors import LakeproofError
from lakeproof.record.code import bundle as bundle_module
from lakeproof.record.code.bundle import Bundle, bundle_of, place_of
from lakeproof.record.facts import CodeFacts
from lakeproof.record.redaction.secrets import Secrets
from lakeproof.reproduce.code.worktree import check_out

from .repositories import NO_CONFIGURATION, Repository

NODES = "src/tiny/nodes.py"
SECRET = "PASSWORD = 'hunter2-and-more'\n"
PLACE = place_of("0f" * 16)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "project")


def made(repository: Repository, secrets: Secrets | None = None) -> Bundle | str | None:
    """Make the bundle of a repository as it is now."""
    code: Future[CodeFacts] = Future()
    code.set_result(repository.gather())
    return bundle_of(repository.project, code, secrets or Secrets())


def recorded(repository: Repository, folder: Path) -> CodeFacts:
    """Record the code, with its bundle in a file."""
    code, bundle = repository.gather(), made(repository)
    assert isinstance(bundle, Bundle)
    (folder / "code.bundle").write_bytes(bundle.data)
    facts = replace(bundle.facts, artifact=PLACE)
    return replace(code, snapshot=replace(code.snapshot, bundle=facts))


def elsewhere(code: CodeFacts, folder: Path) -> Path:
    """Check the code out in a folder that is no repository."""
    project = folder / "elsewhere"
    project.mkdir(exist_ok=True)
    target = project / ".lakeproof/scratch/one/project"

    def find(place: str) -> Path | None:
        return folder / "code.bundle" if place == PLACE else None

    return check_out(project, code, NO_CONFIGURATION, target, find_artifact=find).project


def test_who_has_the_store_alone_has_the_code(repository, tmp_path):
    """Every byte of the working tree, in a folder that is no repository."""
    repository.write(NODES, b"changed = True\r\n")
    repository.write("src/tiny/tool.py", "#!/bin/sh\n").chmod(0o755)
    repository.write(".gitignore", "/.lakeproof/\n_version.py\n")
    repository.write("src/tiny/_version.py", "VERSION = 1\n")
    (repository.project / "src/tiny/link.py").symlink_to("tool.py")
    code = recorded(repository, tmp_path)
    project = elsewhere(code, tmp_path)
    there, here = (
        {
            path.relative_to(folder): (path.read_bytes(), path.stat().st_mode, path.is_symlink())
            for path in folder.rglob("*")
            if path.is_file() and not {".git", ".lakeproof"} & set(path.relative_to(folder).parts)
        }
        for folder in (repository.project, project)
    )
    assert here == there
    assert Path("src/tiny/_version.py") in here


def test_it_is_a_bundle_as_git_makes_them(repository, tmp_path):
    """One commit without a parent, which git itself clones."""
    repository.write(NODES, "changed = True\n")
    code = recorded(repository, tmp_path)
    clone = ["git", "clone", "--quiet", str(tmp_path / "code.bundle"), str(tmp_path / "clone")]
    subprocess.run(clone, check=True, capture_output=True)
    told = subprocess.run(
        ["git", "log", "--format=%H %T"], cwd=tmp_path / "clone", capture_output=True, check=True
    ).stdout.decode()
    assert told == f"{code.snapshot.bundle.commit} {code.snapshot.tree}\n"
    assert code.snapshot.bundle.size == (tmp_path / "code.bundle").stat().st_size


def test_it_is_made_only_where_no_remote_has_the_code(repository, tmp_path):
    """A clean tree that was pushed is had from there; one that is dirty is not."""
    assert isinstance(made(repository), Bundle)
    subprocess.run(["git", "init", "--quiet", "--bare", tmp_path / "remote"], check=True)
    repository.git("remote", "add", "origin", str(tmp_path / "remote"))
    repository.git("push", "--quiet", "origin", "HEAD")
    assert made(repository) is None
    repository.write(NODES, "changed = True\n")
    assert isinstance(made(repository), Bundle)


def test_to_make_it_changes_nothing_of_the_repository(repository):
    """Not even an object is added; what it remembers, git ignores."""
    repository.write(".gitignore", "")
    repository.write(NODES, "changed = True\n")
    repository.write("src/tiny/secret.py", SECRET)
    repository.commit("With a secret")
    repository.gather()
    before, objects = repository.state(), repository.git("count-objects", "-v")
    assert isinstance(made(repository), Bundle)
    assert repository.state() == before
    assert repository.git("count-objects", "-v") == objects


def test_a_committed_secret_stays_out_of_the_store(repository, tmp_path):
    """It is looked for in today's tree; as source it is missed, elsewhere only said."""
    repository.write("src/tiny/secret.py", SECRET)
    repository.write("notes.txt", "password: hunter2-and-more\n")
    repository.commit("Secrets")
    code = recorded(repository, tmp_path)
    assert b"hunter2-and-more" not in unpacked(tmp_path / "code.bundle", tmp_path)
    left_out = code.snapshot.bundle.left_out
    assert {content.path for content in left_out} == {"notes.txt", "src/tiny/secret.py"}
    with pytest.raises(LakeproofError, match=r"'src/tiny/secret\.py' was with sha256"):
        elsewhere(code, tmp_path)
    (tmp_path / "elsewhere/again.py").write_text(SECRET)
    second = tmp_path / "second"
    second.mkdir()
    (second / "code.bundle").write_bytes((tmp_path / "code.bundle").read_bytes())
    (second / "elsewhere").mkdir()
    (second / "elsewhere/again.py").write_text(SECRET)
    project = elsewhere(code, second)
    assert (project / "src/tiny/secret.py").read_text() == SECRET
    assert not (project / "notes.txt").exists()


def unpacked(bundle: Path, folder: Path) -> bytes:
    """Give all objects of a bundle, as git prints them."""
    clone = folder / "unpacked.git"
    subprocess.run(["git", "clone", "--quiet", "--bare", bundle, clone], check=True)
    command = ["git", "cat-file", "--batch-all-objects", "--batch"]
    return subprocess.run(command, cwd=clone, check=True, capture_output=True).stdout


def test_a_file_is_looked_at_once_and_a_known_value_always(repository, monkeypatch):
    """What was clean stays so by the same rules; a value becomes known later."""
    assert made(repository).facts.left_out == ()
    looked = []
    reason = Secrets.reason
    monkeypatch.setattr(
        Secrets, "reason", lambda self, *given: looked.append(given[1]) or reason(self, *given)
    )
    assert made(repository).facts.left_out == ()
    repository.write(NODES, "def split():\n    return 'swordfish'\n")
    assert made(repository).facts.left_out == ()
    assert set(looked) == {NODES}
    left_out = made(repository, Secrets.of(["swordfish"], {})).facts.left_out
    assert [content.path for content in left_out] == [NODES]
    monkeypatch.setattr(bundle_module, "_rules", lambda: "others")
    del looked[:]
    made(repository)
    assert "pyproject.toml" in looked


def test_the_last_bundle_is_kept_and_believed_only_whole(repository):
    """The same tree has the same bundle; one that was damaged is made again."""
    first = made(repository)
    last = repository.project / ".lakeproof/code.bundle"
    changed = last.stat().st_mtime_ns
    assert made(repository) == first
    assert last.stat().st_mtime_ns == changed
    last.write_bytes(last.read_bytes()[:-60] + bytes(60))
    assert made(repository) == first
    repository.write(NODES, "changed = True\n")
    assert made(repository).facts.commit != first.facts.commit


def test_what_is_too_large_has_none_and_says_so(repository, monkeypatch, tmp_path):
    """In the sentence by which the code is missed, too."""
    repository.write(NODES, "changed = True\n")
    monkeypatch.setattr(bundle_module, "MOST_BYTES", 100)
    assert made(repository) == "its bundle is larger than 100 bytes"
    monkeypatch.setattr(bundle_module, "MOST_BYTES_UNPACKED", 50)
    reason = made(repository)
    assert reason == "the code is larger than 50 bytes"
    code = repository.gather()
    code = replace(code, snapshot=replace(code.snapshot, not_bundled=reason))
    with pytest.raises(LakeproofError, match="has no bundle of it: the code is larger"):
        elsewhere(code, tmp_path)


def test_data_that_is_committed_is_no_code(repository, monkeypatch):
    """A large file stays out by itself."""
    repository.write("data.bin", b"\x00" * 2_000)
    repository.commit("Data")
    monkeypatch.setattr(bundle_module, "MOST_BYTES_EACH", 1_000)
    left_out = made(repository).facts.left_out
    assert [(content.path, content.size) for content in left_out] == [("data.bin", 2_000)]


@pytest.mark.parametrize("damage", ["cut", "another", "gone", "elsewhere"])
def test_a_bundle_that_is_another_is_refused(repository, tmp_path, damage: str):
    """Cut off, of another run, taken away, or at a place that is none of MLflow's."""
    repository.write(NODES, "changed = True\n")
    code = recorded(repository, tmp_path)
    file = tmp_path / "code.bundle"
    if damage == "cut":
        file.write_bytes(file.read_bytes()[:-40])
    elif damage == "another":
        repository.write(NODES, "changed = False\n")
        recorded(repository, tmp_path)
    elif damage == "gone":
        file.unlink()
    else:
        facts = replace(code.snapshot.bundle, artifact="file:///etc/passwd")
        code = replace(code, snapshot=replace(code.snapshot, bundle=facts))
    said = "Nor is the bundle" if damage in ("gone", "elsewhere") else "damaged or another one"
    with pytest.raises(LakeproofError, match=said):
        elsewhere(code, tmp_path)


def test_a_bundle_by_sha256_works(tmp_path, monkeypatch):
    """Its header says by what it names objects."""
    monkeypatch.setenv("GIT_DEFAULT_HASH", "sha256")
    repository = Repository(tmp_path / "project")
    repository.write(NODES, "changed = True\n")
    project = elsewhere(recorded(repository, tmp_path), tmp_path)
    assert (project / NODES).read_text() == "changed = True\n"
