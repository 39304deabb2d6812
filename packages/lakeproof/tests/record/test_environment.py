"""What is installed, as a record lists it."""

import hashlib
import json
import platform
import sys
from importlib import metadata
from pathlib import Path

import pytest

from lakeproof.record.facts import Distribution, EnvironmentFacts
from lakeproof.record.setup.environment import gather_environment, lock_hashes, normalised

ROOT = Path(__file__).parents[4]


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A folder of distributions, in place of the hundreds of this environment."""
    folder = tmp_path / "site"
    folder.mkdir()
    others = [place for place in sys.path if Path(place).name != "site-packages"]
    monkeypatch.setattr(sys, "path", [str(folder), *others])
    return folder


@pytest.fixture(scope="module")
def here():
    """This environment, with all that is in it."""
    return gather_environment(ROOT)


def install(site: Path, name: str, version: str, direct: dict | str | None = None) -> None:
    info = site / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir()
    text = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n\nName: other\nVersion: 9\n"
    (info / "METADATA").write_text(text, encoding="utf-8")
    if direct is not None:
        content = direct if isinstance(direct, str) else json.dumps(direct)
        (info / "direct_url.json").write_text(content, encoding="utf-8")


def found(project: Path, name: str) -> Distribution:
    return named(gather_environment(project), name)


def named(facts: EnvironmentFacts, name: str) -> Distribution:
    (only,) = [each for each in facts.distributions if each.name == normalised(name)]
    return only


def test_every_distribution_is_listed_with_the_version_it_calls_itself(here):
    """Against the whole metadata, which takes ten times as long to read."""
    expected = {normalised(each.name): each.version for each in metadata.distributions()}
    assert {each.name: each.version for each in here.distributions} == expected
    names = [each.name for each in here.distributions]
    assert names == sorted(names)
    assert (here.implementation, here.python) == ("CPython", platform.python_version())
    assert platform.python_compiler() in here.build


def test_this_project_is_told_from_what_comes_from_an_index(here):
    """It is compared by its code, not by a version."""
    assert named(here, "winery").origin == "project"
    assert named(here, "kedro").origin is None


@pytest.mark.parametrize("table", ["project", "tool.poetry"])
def test_the_project_is_known_by_its_name_where_a_rerun_has_it_elsewhere(site, tmp_path, table):
    """A worktree is not the folder it was installed from; what else is editable is not it."""
    project = tmp_path / "worktree"
    project.mkdir()
    (project / "pyproject.toml").write_text(f'[{table}]\nname = "My.Project"\n')
    editable = {"dir_info": {"editable": True}}
    install(site, "my-project", "1", {"url": "file:///home/someone/my", **editable})
    install(site, "beside", "2", {"url": "file:///home/someone/beside", **editable})
    install(site, "same-folder", "3", {"url": project.as_uri(), **editable})
    assert found(project, "my-project").origin == "project"
    assert found(project, "beside").origin == "editable"
    assert found(project, "same-folder").origin == "project"


def test_of_two_with_one_name_the_one_that_is_imported_counts(site, tmp_path, monkeypatch):
    """The first on the path, however the name is spelled."""
    later = tmp_path / "later"
    later.mkdir()
    monkeypatch.setattr(sys, "path", [*sys.path, str(later)])
    install(later, "ruamel.yaml", "0.19")
    install(site, "Ruamel_YAML", "0.0.1")
    assert found(ROOT, "ruamel.yaml") == Distribution("ruamel-yaml", "0.0.1")


@pytest.mark.parametrize(
    ("direct", "origin"),
    [
        (
            {
                "url": "https://user:secret@host.example/team/pkg.git",
                "vcs_info": {"vcs": "git", "commit_id": "c0ffee", "requested_revision": "main"},
            },
            "https://host.example/team/pkg.git@c0ffee",
        ),
        (
            {
                "url": "https://host.example:8443/pkg-1.whl?token=secret",
                "archive_info": {"hashes": {"sha256": "ab12"}},
            },
            "https://host.example:8443/pkg-1.whl#sha256=ab12",
        ),
        ({"url": "file:///home/secret/pkg-1.whl", "archive_info": {}}, "file:pkg-1.whl"),
        ({"url": "file:///home/secret/pkg/", "dir_info": {}}, "file:pkg"),
        ({"url": "/home/secret/my pkg", "dir_info": {}}, "file:my%20pkg"),
        ({"url": "C:\\Users\\secret\\pkg-1.whl", "archive_info": {}}, "file:pkg-1.whl"),
        (
            {
                "url": "git@host.example:secret/pkg.git",
                "vcs_info": {"vcs": "git", "commit_id": "c0ffee"},
            },
            "file:pkg.git@c0ffee",
        ),
        ({"url": "file:///home/secret/my%20pkg/", "dir_info": {}}, "file:my%20pkg"),
        ("{ damaged", None),
        ("[]", None),
    ],
)
def test_an_origin_names_address_and_commit_and_nothing_private(site, direct, origin):
    """No user, password, token or folder of this machine."""
    install(site, "from-elsewhere", "1", direct)
    assert found(ROOT, "from-elsewhere").origin == origin


def test_a_leftover_without_metadata_is_no_distribution(site):
    """Such as pip leaves when it is interrupted."""
    (site / "leftover-1.dist-info").mkdir()
    names = {each.name for each in gather_environment(ROOT).distributions}
    assert "leftover" not in names


@pytest.mark.usefixtures("site")
def test_locks_are_known_by_digest_and_by_their_place_in_the_project(tmp_path):
    """Those of pip, uv, Poetry and PDM, or those that are named."""
    (tmp_path / "requirements").mkdir()
    locks = ("requirements/run.txt", "requirements.txt", "requirements-dev.txt", "uv.lock")
    locks += ("poetry.lock", "pdm.lock", "pylock.toml")
    for name in (*locks, "requirements/note.in", "other.txt"):
        (tmp_path / name).write_bytes(name.encode())
    digests = gather_environment(tmp_path).locks
    assert digests == {name: digest(name) for name in locks}
    named = gather_environment(tmp_path, ["other.txt", "gone.txt"]).locks
    assert named == {"other.txt": digest("other.txt")}


def digest(content: str) -> str:
    return f"sha256:{hashlib.sha256(content.encode()).hexdigest()}"


def test_hashes_are_read_from_the_locks_that_the_run_had_and_from_no_other(here):
    """Each pin of ours has one; a lock that has changed since is not believed."""
    hashes = lock_hashes(here, ROOT / "requirements")
    locked = f"packaging=={named(here, 'packaging').version}"
    assert all(each.startswith("sha256:") for each in hashes[locked])
    assert all(hashes.values())
    unlocked = gather_environment(ROOT, [])
    assert lock_hashes(unlocked, ROOT / "requirements") == {}


@pytest.mark.usefixtures("site")
def test_a_lock_is_read_with_its_markers_extras_and_spellings(tmp_path):
    """As uv and pip-compile write them."""
    text = (
        "# a comment==1\nRuamel_Yaml[jinja2]==0.19 ; python_version < '4' \\\n"
        "    --hash=sha256:aa \\\n    --hash=sha256:bb\n    # via\nbare==2\n-e .\n"
    )
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "run.txt").write_text(text, encoding="utf-8")
    hashes = lock_hashes(gather_environment(tmp_path), tmp_path / "requirements")
    assert hashes == {"ruamel-yaml==0.19": {"sha256:aa", "sha256:bb"}, "bare==2": set()}
