"""`kedro lakeproof upgrade`: another wheel in `vendor/`, and what it needs."""

import zipfile
from pathlib import Path

import pytest

from lakeproof.commands.command_errors import PageError, UpgradeError
from lakeproof.commands.itself.pages import page
from lakeproof.commands.itself.upgrade import render, upgrade

HASH = "--hash=sha256:" + "1" * 64


def wheel_of(folder: Path, version: str, *needs: str, name: str = "lakeproof") -> Path:
    """Make a wheel that holds nothing but what it says of itself."""
    path = folder / f"lakeproof-{version}-py3-none-any.whl"
    needed = "".join(f"Requires-Dist: {need}\n" for need in needs)
    with zipfile.ZipFile(path, "w") as archive:
        facts = f"lakeproof-{version}.dist-info"
        archive.writestr(f"{facts}/METADATA", f"Name: {name}\nVersion: {version}\n{needed}\n")
    return path


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with one version of Lakeproof, locked."""
    folder = tmp_path / "project"
    (folder / "vendor").mkdir(parents=True)
    wheel_of(folder / "vendor", "0.2.0")
    (folder / "requirements").mkdir()
    lines = (f"lakeproof==0.2.0 \\\n    {HASH}\n", f"mlflow==3.17.2 \\\n    {HASH}\n")
    (folder / "requirements/run.txt").write_text("".join(lines))
    return folder


def test_a_wheel_takes_the_place_of_another_and_what_is_next_is_said(project, tmp_path):
    """With each file that was changed."""
    done = upgrade(project, wheel_of(tmp_path, "0.3.0", "mlflow<4,>=3", "spark; extra == 's'"))
    assert (done.before, done.version, done.unmet) == ("0.2.0", "0.3.0", ())
    said = render(done)
    assert said.startswith("Lakeproof 0.2.0 → 0.3.0\n")
    for name in ("vendor/lakeproof-0.3.0-py3-none-any.whl", "requirements/run.txt"):
        assert f"changed {name}" in said
    assert "Next: make run, then git add" in said
    assert "lakeproof==0.3.0 " in (project / "requirements/run.txt").read_text()
    again = upgrade(project, tmp_path / "lakeproof-0.3.0-py3-none-any.whl")
    assert "has Lakeproof 0.3.0 already" in render(again)


def test_what_a_lock_lacks_is_named_with_the_command_that_resolves_it(project, tmp_path):
    """In another version, or not at all."""
    said = render(upgrade(project, wheel_of(tmp_path, "0.3.0", "mlflow>=4", "pooch")))
    assert "requirements/run.txt has mlflow 3.17.2; it needs mlflow>=4." in said
    assert "requirements/run.txt does not have pooch, which it needs." in said
    assert "Next: make lock && make run" in said


def broken(tmp_path: Path, kind: str) -> Path:
    if kind == "gone":
        return tmp_path / "lakeproof-0.3.0-py3-none-any.whl"
    if kind == "another's":
        return wheel_of(tmp_path, "0.3.0", name="kedro")
    path = tmp_path / ("kedro-1.7.0.whl" if kind == "called" else "lakeproof-1-py3-none-any.whl")
    path.write_bytes(b"")
    return path


@pytest.mark.parametrize("kind", ["gone", "another's", "called", "empty"])
def test_what_is_no_wheel_of_lakeproof_changes_nothing(project, tmp_path, kind):
    """A sentence that names it."""
    before = {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}
    with pytest.raises(UpgradeError, match=r"(?s)(lakeproof|kedro)-.*Nothing was changed"):
        upgrade(project, broken(tmp_path, kind))
    assert {path: path.read_bytes() for path in project.rglob("*") if path.is_file()} == before


def test_the_pages_come_with_what_they_describe():
    """By name, with and without its ending; all of them are listed."""
    assert page("reproduce").text == page("reproduce.md").text
    assert page(None).text.startswith("# ")
    with pytest.raises(PageError, match=r"no page 'nothing'.*reproduce"):
        page("nothing")
