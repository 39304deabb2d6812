"""Installed files that are not what was installed: found, and nothing else is."""

import base64
import hashlib
import os
import sys
import types
from pathlib import Path

import pytest

from lakeproof.record.facts import ChangedFile
from lakeproof.record.setup.installed import changed_files, gather_changed, with_loaded


@pytest.fixture
def site(tmp_path) -> Path:
    folder = tmp_path / "site-packages"
    folder.mkdir()
    return folder


def sha256(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def install(site: Path, name: str, files: dict[str, bytes]) -> None:
    """Install as uv and pip do: the `RECORD` last, with what they write themselves in it."""
    info = f"{name}-1.0.dist-info"
    lines = []
    for path, content in {**files, f"{info}/METADATA": b"Name: x\nVersion: 1.0\n"}.items():
        target = site / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
        spelled = f'"{path}"' if "," in path else path
        lines.append(f"{spelled},sha256={digest},{len(content)}")
    lines += [
        "../../../bin/tool,sha256=AAAA,3",
        f"{info}/INSTALLER,sha256=AAAA,2",
        f"{info}/RECORD,,",
    ]
    (site / info / "INSTALLER").write_text("another installer")
    (site / info / "REQUESTED").touch()
    (site / info / "direct_url.json").write_text("{}")
    record = site / info / "RECORD"
    record.write_text("\n".join(lines), encoding="utf-8")
    later = max(file.stat().st_mtime_ns for file in site.rglob("*")) + 1
    os.utime(record, ns=(later, later))


def edit(path: Path, content: bytes) -> None:
    """Edit a file as an editor does: a second after what was installed."""
    path.write_bytes(content)
    later = path.stat().st_mtime_ns + 10**9
    os.utime(path, ns=(later, later))


def test_an_environment_as_it_was_installed_has_none(site):
    """Bytecode, scripts, an installer's own files, tests and a comma in a name are no changes."""
    install(site, "tool", {"tool/__init__.py": b"x = 1\n", "tool/a,b.py": b"", "one.py": b"1"})
    (site / "tool" / "__pycache__").mkdir()
    (site / "tool" / "__pycache__" / "__init__.cpython-311.pyc").write_bytes(b"...")
    for name in ("_virtualenv.py", "_virtualenv.pth", "easy-install.pth"):
        (site / name).write_text("import os\n")
    (site / "paths.pth").write_text("/home/someone/else\n")
    (site / "README.txt").touch()
    for options in ({}, {"is_quick": True}, {"is_thorough": True}):
        assert changed_files(site, **options) == ()


def test_a_library_that_was_patched_in_place_is_named_with_file_and_hash(site):
    """Longer, or as long as it was and newer."""
    install(site, "tool", {"tool/core.py": b"x = 1\n", "tool/data.csv": b"1,2\n"})
    edit(site / "tool/core.py", b"x = 1  # patched\n")
    edit(site / "tool/data.csv", b"1,3\n")
    assert changed_files(site, is_quick=True) == (
        ChangedFile("tool", "tool/core.py", sha256(b"x = 1  # patched\n")),
        ChangedFile("tool", "tool/data.csv", sha256(b"1,3\n")),
    )


def test_a_file_that_is_only_newer_is_none(site):
    """It was touched, or the environment copied."""
    install(site, "tool", {"tool/core.py": b"x = 1\n"})
    edit(site / "tool/core.py", b"x = 1\n")
    assert changed_files(site) == ()


def test_a_file_that_was_taken_away_is_one(site):
    """An import of it then finds another, or fails."""
    install(site, "tool", {"tool/core.py": b"x = 1\n", "tool/tests/test_core.py": b"..."})
    (site / "tool/core.py").unlink()
    (site / "tool/tests/test_core.py").unlink()
    assert changed_files(site) == (ChangedFile("tool", "tool/core.py", None),)


def test_an_edit_that_has_its_old_time_again_is_found_where_all_is_hashed(site):
    """As in what uv links from a cache in which somebody edited."""
    install(site, "tool", {"tool/core.py": b"x = 1\n"})
    before = (site / "tool/core.py").stat()
    (site / "tool/core.py").write_bytes(b"x = 2\n")
    os.utime(site / "tool/core.py", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert changed_files(site) == ()
    assert [each.path for each in changed_files(site, is_thorough=True)] == ["tool/core.py"]


def test_a_file_that_two_distributions_bring_is_that_of_either(site):
    """The last to be installed has won."""
    install(site, "whole", {"tool/core.py": b"x = 1\n"})
    install(site, "skinny", {"tool/core.py": b"x = 1 \n"})
    assert changed_files(site) == changed_files(site, is_thorough=True) == ()
    edit(site / "tool/core.py", b"x = 3\n")
    assert [each.path for each in changed_files(site)] == ["tool/core.py"]


def test_modules_of_nobody_and_code_that_runs_at_every_start_are_found(site):
    """In the folder itself at once, in a package where everything is looked at."""
    install(site, "tool", {"tool/__init__.py": b""})
    (site / "stray.py").write_bytes(b"1")
    (site / "tool" / "extra.py").write_bytes(b"2")
    (site / "hook.pth").write_bytes(b"import stray\n")
    quick = {each.path: each for each in changed_files(site, is_quick=True)}
    assert quick == {
        "hook.pth": ChangedFile(None, "hook.pth", sha256(b"import stray\n"), is_loaded=True),
        "stray.py": ChangedFile(None, "stray.py", sha256(b"1"), is_loaded=False),
    }
    assert "tool/extra.py" in {each.path for each in changed_files(site)}
    known = changed_files(site, is_quick=True, known={"tool/extra.py", "tool/gone.py"})
    assert {each.path for each in known} - {*quick} == {"tool/extra.py"}


def test_where_a_distribution_says_nothing_of_its_files_no_module_is_called_nobodys(site):
    """Debian's packages have no such list."""
    install(site, "tool", {"tool/__init__.py": b""})
    (site / "old-1.0.egg-info").mkdir()
    (site / "old.py").touch()
    assert changed_files(site) == ()


def test_a_module_of_nobody_counts_once_it_is_imported(site, monkeypatch):
    """Also one that lies in a package, which the quick look passes over."""
    install(site, "tool", {"tool/__init__.py": b""})
    for path in ("stray.py", "other.py", "tool/extra.py"):
        (site / path).write_bytes(b"1")
    monkeypatch.setattr(sys, "path", [str(site)])
    before = gather_changed(is_quick=True)
    assert not any(each.is_loaded for each in before if each.path in ("stray.py", "other.py"))
    for name, path in (("stray", "stray.py"), ("tool.extra", "tool/extra.py")):
        module = types.ModuleType(name)
        module.__file__ = str(site / path)
        monkeypatch.setitem(sys.modules, name, module)
    loaded = {each.path: each.is_loaded for each in with_loaded(before)}
    assert (loaded["stray.py"], loaded["tool/extra.py"], loaded["other.py"]) == (True, True, False)


def test_what_is_installed_while_a_run_goes_on_is_its_distributions(site, monkeypatch):
    """What a `RECORD` said before is asked again where the file is another one now."""
    install(site, "tool", {"tool.py": b"pass"})
    monkeypatch.setattr(sys, "path", [str(site)])
    before = gather_changed(is_quick=True)
    install(site, "tool", {"tool.py": b"pass", "more.py": b"pass"})
    for name in ("tool", "more"):
        module = types.ModuleType(name)
        module.__file__ = str(site / f"{name}.py")
        monkeypatch.setitem(sys.modules, name, module)
    assert with_loaded(before) == before == ()
    install(site, "tool", {"tool.py": b"pass"})
    assert [each.path for each in with_loaded(before)] == ["more.py"]


def test_what_is_said_of_files_in_the_same_length_at_the_same_time_is_asked_again(
    site, monkeypatch
):
    """A `RECORD` may be edited while a run goes on, and its time set back."""
    install(site, "tool", {"tool.py": b"pass"})
    monkeypatch.setattr(sys, "path", [str(site)])
    before = gather_changed(is_quick=True)
    record = site / "tool-1.0.dist-info/RECORD"
    told = record.stat()
    record.write_text(record.read_text().replace("tool.py", "more.py"))
    os.utime(record, ns=(told.st_atime_ns, told.st_mtime_ns))
    assert record.stat().st_size == told.st_size
    module = types.ModuleType("tool")
    module.__file__ = str(site / "tool.py")
    monkeypatch.setitem(sys.modules, "tool", module)
    assert [each.path for each in with_loaded(before)] == ["tool.py"]


def test_sitecustomize_is_named_wherever_it_lies(site, tmp_path, monkeypatch):
    """It ran before anything else did; its place on this machine is not told."""
    file = tmp_path / "sitecustomize.py"
    file.write_bytes(b"import random")
    module = types.ModuleType("sitecustomize")
    module.__file__ = str(file)
    monkeypatch.setattr(sys, "path", [str(site)])
    monkeypatch.delitem(sys.modules, "usercustomize", raising=False)
    monkeypatch.setitem(sys.modules, "sitecustomize", module)
    expected = ChangedFile(None, "sitecustomize.py", sha256(b"import random"), is_loaded=True)
    assert gather_changed() == (expected,)


def test_this_environment_has_none():
    """It was installed by uv and pip, from wheels."""
    assert [each for each in gather_changed() if each.distribution is not None] == []
