"""The wheel: the same bytes whoever packs it, and whatever an installer made of it."""

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
from packaging.metadata import Metadata
from packaging.requirements import Requirement

import projects
from installed import build
from lakeproof.distribution.wheel import NoWheelError, packed, packed_again, wheel_name
from lakeproof.record.redaction.secrets import Secrets
from lakeproof.version import VERSION

NAME = wheel_name("lakeproof", VERSION)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of the sources as they lie here."""
    return build("wheel", tmp_path_factory.mktemp("wheel"))


def uv(*arguments: str, **variables: str) -> None:
    done = subprocess.run(
        [Path(sys.executable).parent / "uv", "--offline", *arguments],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module", params=["uv", "pip"])
def laid_out(request, wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel as an installer lays it out, with everything that it adds."""
    folder = tmp_path_factory.mktemp(request.param)
    target = folder / "site"
    if request.param == "uv":
        options = ("--no-deps", "--compile-bytecode", "--target", str(target))
        uv("pip", "install", *options, str(wheel), UV_CACHE_DIR=str(folder / "cache"))
    else:
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
        subprocess.run([*command, "--target", target, wheel], check=True)
    return target


@pytest.fixture
def installed(laid_out: Path, tmp_path: Path) -> metadata.Distribution:
    """The same, for a test to do to it what it likes."""
    target = tmp_path / "site"
    shutil.copytree(laid_out, target)
    (found,) = metadata.distributions(name="lakeproof", path=[str(target)])
    return found


@pytest.mark.slow
def test_an_installed_one_is_packed_into_the_wheel_that_it_came_from(installed, wheel):
    """Though an installer has compiled it, and written of itself and of where it came from."""
    assert (installed.locate_file("lakeproof/__pycache__")).exists()
    name, content = packed_again(installed)
    assert name == NAME
    assert hashlib.sha256(content).digest() == hashlib.sha256(wheel.read_bytes()).digest()


@pytest.mark.slow
def test_one_that_was_patched_in_place_is_refused_by_file(installed):
    """Its hash would be in a lock, and nobody else would have it."""
    place = installed.locate_file("lakeproof/errors.py")
    place.write_text(place.read_text() + "\n")
    with pytest.raises(NoWheelError, match=r"lakeproof/errors\.py.*is not what was installed"):
        packed_again(installed)


@pytest.mark.slow
def test_one_that_lost_a_file_is_refused_by_file(installed):
    """With what the system says."""
    installed.locate_file("lakeproof/errors.py").unlink()
    with pytest.raises(NoWheelError, match=r"lakeproof/errors\.py.*cannot be read: No such file"):
        packed_again(installed)


def test_an_editable_one_is_none():
    """As in this repository."""
    with pytest.raises(NoWheelError, match="editable"):
        packed_again(metadata.distribution("lakeproof"))


@pytest.mark.slow
def test_another_clone_another_umask_and_another_order_give_the_same_bytes(wheel, tmp_path):
    """So that whoever has the sources can check a release."""
    clone = tmp_path / "clone"
    before = os.umask(0o077)
    try:
        projects.copy_project(clone, without=())
        (clone / "packages/lakeproof/src/lakeproof/__pycache__").mkdir()
        (clone / "packages/lakeproof/src/lakeproof/__pycache__/x.pyc").write_bytes(b"x")
        again = build("wheel", tmp_path, clone / "packages/lakeproof")
    finally:
        os.umask(before)
    assert again.read_bytes() == wheel.read_bytes()


@pytest.mark.slow
def test_the_source_distribution_gives_the_same_wheel(wheel, tmp_path):
    """It carries the template and the pages, which lie elsewhere in the repository."""
    archive = build("sdist", tmp_path)
    shutil.unpack_archive(archive, tmp_path / "unpacked", filter="data")
    (sources,) = (tmp_path / "unpacked").iterdir()
    assert build("wheel", tmp_path, sources).read_bytes() == wheel.read_bytes()
    assert build("sdist", tmp_path / "again").read_bytes() == archive.read_bytes()


@pytest.mark.slow
def test_nothing_in_it_is_taken_for_a_secret(wheel):
    """It lies in `vendor/` of every project, and goes along with the code of a run."""
    assert Secrets.of([], {}).reason(wheel.read_bytes(), f"vendor/{wheel.name}") is None


def test_its_metadata_is_what_the_project_declares(wheel):
    """Read by the library that indexes and installers read it with, strictly."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        facts = f"lakeproof-{VERSION}.dist-info"
        told = Metadata.from_email(archive.read(f"{facts}/METADATA"), validate=True)
        points = archive.read(f"{facts}/entry_points.txt").decode()
        assert not {info.compress_type for info in archive.infolist()} - {zipfile.ZIP_STORED}
    assert (told.name, str(told.version)) == ("lakeproof", VERSION)
    assert told.provides_extra == ["excel", "spark"]
    assert told.requires_dist is not None
    needed = {need.name: need for need in told.requires_dist}
    assert needed["kedro"].marker is None
    assert str(needed["pyspark"].marker) == 'extra == "spark"'
    assert needed["pyspark"].extras == Requirement("pyspark[connect]").extras
    assert "[kedro.starters]\nlakeproof = " in points
    assert names[-1] == f"{facts}/RECORD"
    assert f"{facts}/licenses/LICENSE" in names
    assert {"lakeproof/py.typed", "lakeproof/docs/record.md"} <= set(names)
    assert {"lakeproof.pth", "lakeproof/template/cookiecutter.json"} <= set(names)
    assert not [name for name in names if "__pycache__" in name or "template/packages/" in name]


def test_the_order_in_which_files_are_given_does_not_matter():
    """They are sorted; the facts come last."""
    files = {"b.py": b"2", "a-1.dist-info/METADATA": b"3", "b/c.py": b"1"}
    turned = dict(reversed(files.items()))
    assert packed(files, "a", "1") == packed(turned, "a", "1")
