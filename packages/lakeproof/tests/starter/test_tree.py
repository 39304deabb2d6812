"""`kedro new --starter`: what is in a new project, and what is not."""

import hashlib
import json
import os
import re
import shutil
import tomllib
from pathlib import Path

import pytest

from conftest import Project
from lakeproof.distribution.wheel import wheel_name
from lakeproof.version import VERSION

from .conftest import NAME, PACKAGE, REPO, listed, tree

WHEEL = f"vendor/{wheel_name('lakeproof', VERSION)}"
OF_THE_USER = {
    ".gitignore",
    ".pre-commit-config.yaml",
    ".telemetry",
    "Dockerfile",
    "Makefile",
    "README.md",
    "pyproject.toml",
    "data/01_raw/wine/2026-01-delivery.csv",
    "data/01_raw/wine/2026-02-delivery.csv",
    "data/01_raw/wine/README.md",
    "tests/projects.py",
    "tests/test_run.py",
    f"tests/{PACKAGE}/conftest.py",
    f"tests/{PACKAGE}/pipelines/test_evaluate_nodes.py",
    f"tests/{PACKAGE}/pipelines/test_feature_nodes.py",
    f"tests/{PACKAGE}/pipelines/test_train_nodes.py",
    f"tests/{PACKAGE}/test_wines.py",
    f"tests/{PACKAGE}/test_{PACKAGE}_conf.py",
    *(
        f"src/{PACKAGE}/{name}"
        for name in (
            "__init__.py",
            "__main__.py",
            "context.py",
            "parameters.py",
            "pipeline_registry.py",
            "pipelines/__init__.py",
            "pipelines/evaluate/__init__.py",
            "pipelines/evaluate/nodes.py",
            "pipelines/evaluate/pipeline.py",
            "pipelines/evaluate/scores.py",
            "pipelines/feature/__init__.py",
            "pipelines/feature/nodes.py",
            "pipelines/feature/pipeline.py",
            "pipelines/ingest/__init__.py",
            "pipelines/ingest/nodes.py",
            "pipelines/ingest/pipeline.py",
            "pipelines/search/__init__.py",
            "pipelines/search/nodes.py",
            "pipelines/stream/__init__.py",
            "pipelines/train/__init__.py",
            "pipelines/train/nodes.py",
            "pipelines/train/pipeline.py",
            "rows.py",
            "settings.py",
        )
    ),
}


def expected() -> set[str]:
    return OF_THE_USER | listed("conf", "notebooks", "requirements") | {WHEEL}


def test_the_path_form_makes_what_is_expected_and_nothing_else(generated):
    """Though whoever works in the starter has data, models and credentials lying there."""
    assert tree(generated) == expected()


@pytest.mark.slow
def test_the_url_form_makes_the_same_at_a_commit_without_a_tag(kedro_new, starter, tmp_path):
    """To the byte what the path form makes."""
    assert Project(starter).git("tag") == ""
    kedro_new("--starter", f"git+file://{starter}", "--name", NAME)
    made = tmp_path / "here" / REPO
    assert tree(made) == expected()
    other = tmp_path / "other"
    kedro_new("--starter", str(starter), "--config", _config(tmp_path, other))
    same = {name: (other / REPO / name).read_bytes() for name in expected()}
    assert {name: (made / name).read_bytes() for name in expected()} == same


def _config(tmp_path: Path, output: Path, **more: str) -> str:
    output.mkdir(exist_ok=True)
    given = {"project_name": NAME, "output_dir": str(output), **more}
    (tmp_path / "config.yml").write_text(json.dumps(given))
    return str(tmp_path / "config.yml")


def test_it_is_small(generated):
    """Whoever looks through it for the first time sees what is theirs."""
    assert len(tree(generated)) <= 60


def test_no_old_name_is_left(generated):
    """Neither in a path nor in a text; what stays in the starter has left no mark."""
    for name in tree(generated) - {WHEEL}:
        text = (generated / name).read_text(encoding="utf-8")
        assert not re.search(r"winery|starter.only|\{\W*cookiecutter", name + text, re.I), name


def test_of_the_machinery_it_has_the_wheel_and_what_locks_it(generated):
    """One file in `vendor/`, by its hash in each lock of packages; no line of code."""
    digest = hashlib.sha256((generated / WHEEL).read_bytes()).hexdigest()
    for lock in ("run", "spark", "test"):
        text = (generated / f"requirements/{lock}.txt").read_text()
        assert f"\nlakeproof=={VERSION} \\\n    --hash=sha256:{digest}\n" in text
    assert VERSION not in (generated / "requirements/jars.txt").read_text()


def test_the_names_are_the_users(generated):
    """In pyproject.toml, and in the locks as uv would write them."""
    told = tomllib.loads((generated / "pyproject.toml").read_text())
    assert told["project"]["name"] == PACKAGE
    assert told["project"]["description"].startswith(NAME)
    assert not {"license", "license-files"} & set(told["project"])
    assert told["tool"]["kedro"]["package_name"] == PACKAGE
    assert told["tool"]["kedro"]["project_name"] == NAME
    assert told["tool"]["uv"]["build-backend"]["module-name"] == PACKAGE
    assert "lakeproof" in told["project"]["dependencies"]
    assert not {"workspace", "sources"} & set(told["tool"]["uv"])
    assert told["tool"]["mypy"]["files"] == [f"src/{PACKAGE}"]
    contracts = told["tool"]["importlinter"]["contracts"]
    assert [contract["name"] for contract in contracts] == ["Nodes are plain functions"]
    assert "wine-cellar-2 (pyproject.toml)" in (generated / "requirements/run.txt").read_text()
    assert (generated / "README.md").read_text().startswith(f"# {NAME}\n")


def test_every_link_of_its_pages_leads_somewhere(generated):
    """Pages that stay here are not spoken of there."""
    for page in generated.rglob("*.md"):
        for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
            if not link.startswith(("http", "#")):
                assert (page.parent / link.partition("#")[0]).exists(), f"{page}: {link}"


def test_the_first_commit_has_everything_and_is_by_whoever_git_knows_or_nobody(generated):
    """Here git knew no name; the working tree is clean."""
    project = Project(generated)
    assert project.git("log", "--format=%s, %an") == f"Start {NAME} with kedro new, kedro new"
    assert project.git("status", "--porcelain", "--ignored") == ""
    assert set(project.git("ls-files").splitlines()) == tree(generated)


@pytest.mark.slow
def test_a_commit_is_by_the_user_whatever_their_settings_are(kedro_new, starter, tmp_path):
    """They sign commits, refuse them in a hook, ignore files everywhere, and type it in a hook."""
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    (hooks / "pre-commit").write_text("#!/bin/sh\nexit 1\n")
    (hooks / "pre-commit").chmod(0o755)
    (tmp_path / "ignored").write_text("*.py\n")
    (tmp_path / "home" / ".gitconfig").write_text(
        "[user]\nname = An Owner\nemail = owner@localhost\n[commit]\ngpgSign = true\n"
        f"[core]\nhooksPath = {hooks}\nexcludesFile = {tmp_path / 'ignored'}\n"
    )
    said = kedro_new(
        *("--starter", str(starter), "--name", NAME, "--telemetry", "no"),
        GIT_DIR=str(tmp_path / "elsewhere"),
        GIT_INDEX_FILE=str(tmp_path / "index"),
    ).stdout
    project = Project(tmp_path / "here" / REPO)
    assert project.git("log", "--format=%an <%ae>") == "An Owner <owner@localhost>"
    assert set(project.git("ls-files").splitlines()) == expected()
    assert project.git("status", "--porcelain") == ""
    assert "git knows no name" not in said
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.slow
@pytest.mark.parametrize("is_ignored", [False, True])
def test_inside_another_repository_none_is_made_and_nothing_committed(
    kedro_new, starter, tmp_path, is_ignored
):
    """It is said, and what to do."""
    around = Project(tmp_path / "here")
    around.git("init", "--quiet")
    if is_ignored:
        (around.path / ".gitignore").write_text("*\n")
    said = kedro_new("--starter", os.path.relpath(starter, around.path), "--name", NAME).stdout
    assert tree(around.path / REPO) == expected()
    assert not (around.path / REPO / ".git").exists()
    assert around.git("for-each-ref") == ""
    assert around.git("diff", "--cached", "--name-only") == ""
    assert f"is inside the git repository {around.path}: none of its own was made" in said
    assert ("ignores this folder" in said) == is_ignored


@pytest.mark.slow
def test_a_downloaded_starter_without_git_will_do(kedro_new, starter, tmp_path):
    """What git would ignore is left out all the same."""
    shutil.copytree(starter, tmp_path / "download", ignore=shutil.ignore_patterns(".git"))
    kedro_new("--starter", str(tmp_path / "download"), "--name", NAME)
    assert tree(tmp_path / "here" / REPO) == expected()
