"""A pass is signed, shown to be so, and verified by somebody who has no Lakeproof."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import REPOSITORY, copy_project
from docs.pages import commands_of, page
from docs.test_commands import typed

pytestmark = pytest.mark.slow

VERIFY = REPOSITORY / "packages/lakeproof/docs/verify.py"
BOM, KEY, ATTEST, SHOW, *FOR_OTHERS = commands_of(page("attest.md"))


def verified(*files: Path) -> subprocess.CompletedProcess[str]:
    """Type what the page says."""
    command = [sys.executable, str(VERIFY), *map(str, files)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.beyond_ci
def test_a_pass_is_signed_shown_and_verified(tmp_path, monkeypatch):
    """The way of the page: a key, a re-run, and two files for somebody else."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    project = copy_project(tmp_path / "project")
    run_id = project.kedro("run").run_id
    refused = project.kedro("reproduce", "last", "--attest", code=2)
    assert "Make one: kedro lakeproof key" in refused.stderr

    printed = typed(project, KEY.line).stdout
    done = typed(project, f"{ATTEST.line} --json")
    assert "Attested with the key" in done.stderr
    rerun_id = json.loads(done.stdout)["rerun_id"]

    # Nobody believes it before the project lists it.
    assert "does not hold: No key that" in typed(project, SHOW.line).stdout
    with (project.path / "pyproject.toml").open("a") as file:
        file.write(f"\n{printed}")
    assert f"says that re-run {rerun_id[:8]} REPEATED" in project.kedro("show", run_id).stdout
    assert json.loads(project.kedro("check", "--all", "--json").stdout)["chain"]["breaks"] == []

    for shown in (BOM, *FOR_OTHERS):
        assert typed(project, shown.line).exit_code == 0, shown.line
    assert json.loads((project.path / "bom.json").read_text())["bomFormat"] == "CycloneDX"
    files = [project.path / name for name in ("key.pub", "attestation.json", "chain.json")]
    told = verified(*files)
    assert told.returncode == 0, told.stderr
    claim = json.loads(told.stdout)
    assert (claim["run_id"], claim["verdict"]) == (run_id, "REPEATED")

    chain = json.loads(files[2].read_text())
    chain["records"][0]["record"] = chain["records"][0]["record"].replace("wine", "vine")
    files[2].write_text(json.dumps(chain))
    told = verified(*files)
    assert told.returncode == 1
    assert "NOT VERIFIED" in told.stderr
