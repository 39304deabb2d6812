"""What uv is asked for: names, versions and hashes, and nothing that a record makes of them."""

import hashlib
import io
import tarfile
from contextlib import nullcontext
from dataclasses import replace

import pytest

from lakeproof.record.facts import Distribution, EnvironmentFacts
from lakeproof.reproduce.environment import rebuild as rebuilding
from lakeproof.reproduce.environment.environment_errors import EnvironmentMissingError
from lakeproof.reproduce.environment.rebuild import missing_interpreter, rebuild
from lakeproof.reproduce.environment.requirements import interpreter_request, requirements_of
from lakeproof.reproduce.environment.same_environment import differences, is_same

HASH = f"sha256:{'a' * 64}"
PYPROJECT = """
[build-system]
requires = []
build-backend = "b"
backend-path = ["."]
[project]
name = "crafted"
version = "1.0"
"""
BUILDER = """
import pathlib
def build_wheel(folder, settings=None, metadata=None):
    import zipfile
    pathlib.Path({ran!r}).touch()
    name = "crafted-1.0-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(folder, name), "w") as wheel:
        info = "crafted-1.0.dist-info/"
        wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\\nName: crafted\\nVersion: 1.0\\n")
        tag = "Root-Is-Purelib: true\\nTag: py3-none-any\\n"
        wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\\n" + tag)
        wheel.writestr(info + "RECORD", "")
    return name
"""


def an_environment(*found: Distribution, **changes) -> EnvironmentFacts:
    facts = EnvironmentFacts("CPython", "3.11.9", "GCC", tuple(found), {}, imported_installers=())
    return replace(facts, **changes)


@pytest.fixture
def calls(monkeypatch) -> list:
    """Whatever would have been started."""
    started: list = []
    monkeypatch.setattr(rebuilding.subprocess, "run", lambda *given, **_: started.append(given))
    return started


@pytest.mark.parametrize(
    "implementation",
    ["/tmp/evil", "../evil", "--help", "cpython", "CPython\n", "", "CPython /tmp/evil", "\x1b[2J"],
)
def test_an_interpreter_that_is_no_kind_of_one_reaches_no_process(calls, implementation):
    """Uv would start a path to ask it what it is."""
    (sentence,) = missing_interpreter(an_environment(implementation=implementation))
    assert "not one of CPython, PyPy, GraalVM" in sentence
    assert sentence.isprintable()
    assert calls == []


@pytest.mark.parametrize(
    "python", ["/tmp/evil", "3", "3.11.9 --x", "3.11.9\n", "3.11.9@x", "", "\u0663.\u0661\u0661"]
)
def test_a_version_of_an_interpreter_is_a_number(calls, python):
    """Nothing else stands behind the `@`."""
    (sentence,) = missing_interpreter(an_environment(python=python))
    assert "the interpreter's version" in sentence
    assert calls == []


def test_what_platform_says_of_an_interpreter_is_asked_for():
    """Also before a release."""
    assert interpreter_request(an_environment()) == "cpython@3.11.9"
    assert interpreter_request(an_environment(python="3.14.0rc2")) == "cpython@3.14.0rc2"
    assert interpreter_request(an_environment(python="3.15.0a1+")) == "cpython@3.15.0a1+"
    assert interpreter_request(an_environment(implementation="PyPy")) == "pypy@3.11.9"


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("--index-url=http://evil.example", "1.0"),
        ("-r/etc/passwd", "1.0"),
        ("a @ file:///tmp/evil", "1.0"),
        ("/tmp/evil", "1.0"),
        ("a\n--index-url=http://evil.example\nb", "1.0"),
        ("a[b]", "1.0"),
        ("a;", "1.0"),
        ("ä", "1.0"),
        ("", "1.0"),
        ("numpy", "1.0\n--index-url=http://evil.example"),
        ("numpy", "1.0 --no-deps"),
        ("numpy", "1.0, <2"),
        ("numpy", "http://evil.example"),
        ("numpy", " 1.0"),
        ("numpy", "1.0\n"),
        ("numpy", "*"),
        ("numpy", "\u0661.\u0660"),
        ("numpy", ""),
    ],
)
def test_what_is_no_name_or_no_version_reaches_no_process(calls, tmp_path, name, version):
    """A line of its list could be an option, an address or a folder."""
    crafted = an_environment(Distribution("polars", "2.1.0"), Distribution(name, version))
    with pytest.raises(EnvironmentMissingError) as refused:
        rebuild(crafted, None, tmp_path / "cache", lambda line: None)
    assert "cannot be rebuilt: The record" in refused.value.message
    assert refused.value.message.isprintable()
    assert calls == []
    assert not (tmp_path / "cache").exists()


def test_a_hash_is_one(here):
    """A lock is the recorded project's, and yet it is asked for one thing alone."""
    (numpy,) = (each for each in here.distributions if each.name == "numpy")
    pin = f"numpy=={numpy.version}"
    lock = {pin: {HASH, "md5:1", "sha256:x --index-url=http://evil.example"}}
    assert requirements_of(here, [numpy], lock).pins == (f"{pin} --hash={HASH}",)


def test_only_what_is_locked_or_installed_here_is_built(here):
    """To build is to run what a package brings."""
    (numpy,) = (each for each in here.distributions if each.name == "numpy")
    unknown, locked = Distribution("unknown", "1.0"), Distribution("locked", "1.0+cpu")
    newer = replace(numpy, version="99.0")
    found = requirements_of(here, [numpy, unknown, locked], {"locked==1.0+cpu": {HASH}})
    assert found.only_wheels == ("unknown",)
    assert found.text.splitlines() == [*found.pins, "--only-binary unknown"]
    assert requirements_of(here, [newer], {}).only_wheels == ("numpy",)


@pytest.mark.parametrize("is_locked", [False, True])
def test_a_packages_own_program_runs_only_where_the_runs_lock_names_its_hash(
    here, tmp_path, monkeypatch, is_locked
):
    """Uv itself is asked: an index that has a source and no wheel."""
    ran = tmp_path / "ran"
    files = {
        "pyproject.toml": PYPROJECT,
        "b.py": BUILDER.format(ran=str(ran)),
        "PKG-INFO": "Metadata-Version: 2.1\nName: crafted\nVersion: 1.0\n",
    }
    index = tmp_path / "index"
    index.mkdir()
    with tarfile.open(index / "crafted-1.0.tar.gz", "w:gz") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(f"crafted-1.0/{name}")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    monkeypatch.setenv("UV_FIND_LINKS", str(index))
    monkeypatch.setenv("UV_OFFLINE", "1")
    lock = tmp_path / "run.txt"
    sha256 = hashlib.sha256((index / "crafted-1.0.tar.gz").read_bytes()).hexdigest()
    lock.write_text(f"crafted==1.0 --hash=sha256:{sha256}\n", encoding="utf-8")
    locks = {"requirements/run.txt": f"sha256:{hashlib.sha256(lock.read_bytes()).hexdigest()}"}
    recorded = replace(
        here, distributions=(Distribution("crafted", "1.0"),), locks=locks if is_locked else {}
    )
    refusal = pytest.raises(EnvironmentMissingError, match="What has no wheel is built only where")
    with nullcontext() if is_locked else refusal:
        rebuild(recorded, tmp_path, tmp_path / "cache", lambda line: None)
    assert ran.exists() == is_locked


def installers(imported: tuple[str, ...] | None) -> EnvironmentFacts:
    names = ("numpy", "pip", "setuptools", "wheel")
    found = (Distribution(name, "1.0") for name in names)
    return an_environment(*found, imported_installers=imported)


def test_what_made_the_environment_is_not_asked_for_unless_the_run_imported_it():
    """No lock names it, so that without a network it is nowhere."""
    recorded = installers(())
    found = requirements_of(recorded, recorded.distributions, {})
    assert found.pins == ("numpy==1.0",)
    assert found.left_out == ("pip==1.0", "setuptools==1.0", "wheel==1.0")
    imported = installers(("setuptools",))
    assert requirements_of(imported, imported.distributions, {}).pins == (
        "numpy==1.0",
        "setuptools==1.0",
    )
    locked = requirements_of(recorded, recorded.distributions, {"pip==1.0": {HASH}})
    assert f"pip==1.0 --hash={HASH}" in locked.pins
    assert locked.optional == ("pip==1.0",)


def test_of_an_older_record_nobody_knows_whether_setuptools_was_imported():
    """It is asked for, and done without."""
    recorded = installers(None)
    found = requirements_of(recorded, recorded.distributions, {})
    assert (found.optional, found.left_out) == (("setuptools==1.0",), ("pip==1.0", "wheel==1.0"))


def test_another_installer_is_a_factor_and_the_same_environment():
    """Unless the run imported it."""
    here = replace(installers(()), distributions=(Distribution("numpy", "1.0"),))
    assert is_same(installers(()), here)
    found = {each.factor: each.is_setup for each in differences(installers(()), here)}
    assert found == dict.fromkeys(["package:pip", "package:setuptools", "package:wheel"], False)
    assert not is_same(installers(("setuptools",)), here)


@pytest.mark.slow
def test_an_environment_is_had_without_its_installers(here, tmp_path, monkeypatch):
    """Offline, where nothing holds them."""
    monkeypatch.setenv("UV_OFFLINE", "1")
    (small,) = (each for each in here.distributions if each.name == "iniconfig")
    nowhere = tuple(Distribution(name, "0.0.999") for name in ("pip", "setuptools", "uv"))
    lock = tmp_path / "run.txt"
    lock.write_text(f"uv==0.0.999 --hash={HASH}\n", encoding="utf-8")
    locks = {"requirements/run.txt": f"sha256:{hashlib.sha256(lock.read_bytes()).hexdigest()}"}
    said: list[str] = []
    for imported in ((), None):
        recorded = replace(
            here, distributions=(small, *nowhere), locks=locks, imported_installers=imported
        )
        python = rebuild(recorded, tmp_path, tmp_path / str(imported), said.append)
        assert rebuild(recorded, tmp_path, tmp_path / str(imported), said.append) == python
    assert [line for line in said if line.startswith("Leaving out")] == [
        "Leaving out installers that the run did not import: uv==0.0.999.",
        "Leaving out installers that the run did not import: setuptools==0.0.999, uv==0.0.999.",
    ]
    needed = replace(recorded, imported_installers=("setuptools",))
    with pytest.raises(EnvironmentMissingError, match=r"setuptools==0\.0\.999"):
        rebuild(needed, None, tmp_path / "needed", said.append)
