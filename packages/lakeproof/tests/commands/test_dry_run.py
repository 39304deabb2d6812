"""`kedro reproduce RUN --dry-run` says what would be done, and does none of it."""

import hashlib
import json
import shutil
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from kedro.pipeline import node, pipeline

from lakeproof.cli import commands
from lakeproof.commands.project import RunProject
from lakeproof.commands.reproduce import NotReproducibleError, Wish, plan_only
from lakeproof.reproduce.stages.dry_run import DryRun
from small import SmallProject, in_small_project

RAW = Path("data/01_raw/prices.csv")


def double(prices: str) -> str:
    return prices * 2


@pytest.fixture
def project(tmp_path: Path) -> Iterator[SmallProject]:
    """A project that reads a file which git does not hold."""
    with in_small_project(tmp_path / "small") as project:
        catalog = (
            f"prices: {{type: text.TextDataset, filepath: {RAW}}}\n"
            "doubled: {type: text.TextDataset, filepath: data/doubled.txt}\n"
        )
        project.write({"conf/base/catalog.yml": catalog})
        RAW.parent.mkdir(parents=True)
        RAW.write_text("1,2")
        project.run(pipeline([node(double, "prices", "doubled")]))
        yield project


def lose_the_file() -> None:
    """Neither where it lay nor where the run has kept it."""
    RAW.unlink()
    shutil.rmtree(".lakeproof/raw")


def dry_run(run: str) -> DryRun:
    with warnings.catch_warnings():
        # What kedro-mlflow makes others warn of is for its authors.
        warnings.simplefilter("ignore")
        return plan_only(RunProject(None, None), Wish(run))


def what_lies_in(folder: Path) -> dict[str, str]:
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file() and "__pycache__" not in file.parts
    }


def test_it_says_all_stages_and_leaves_everything_as_it_was(project: SmallProject):
    before = what_lies_in(project.path)
    dry = dry_run("last")
    assert (dry.can_start, dry.missing) == (True, ())
    assert [stage.name for stage in dry.stages][:2] == ["verify tables", "check out"]
    assert what_lies_in(project.path) == before
    assert len(project.mlflow_runs) == 1


@pytest.mark.slow
def test_a_file_that_is_gone_is_missing_and_it_could_not_start(project: SmallProject):
    lose_the_file()
    dry = dry_run("last")
    assert not dry.can_start
    assert str(RAW) in dry.missing[0]
    assert len(dry.stages) == 9


@pytest.mark.slow
def test_a_run_that_failed_has_nothing_to_be_had_again(project: SmallProject):
    def refuse(prices: str) -> str:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        project.run(pipeline([node(refuse, "prices", "doubled")]))
    failed = project.mlflow_runs[0].info.run_id
    with pytest.raises(NotReproducibleError, match="FAILED in node"):
        dry_run(failed)


def test_the_command_gives_a_document_and_the_exit_code_of_the_re_run(project: SmallProject):
    """Exit code 0: it could start; 2: it could not."""

    def typed(*more: str) -> Result:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return CliRunner().invoke(commands, ["reproduce", "last", "--dry-run", *more])

    told = typed("--json")
    document = json.loads(told.stdout)
    assert (told.exit_code, document["schema"], document["can_start"]) == (0, 1, True)
    assert [one["stage"] for one in document["stages"]][-2:] == ["compare", "keep"]
    place = next(one for one in document["stages"] if one["stage"] == "place files")
    assert (place["names"], place["bytes"]) == (["prices.csv"], 3)

    refused = typed("--report", "proof.html")
    assert refused.exit_code == 2
    assert "--report is about a verdict" in refused.output
    lose_the_file()
    assert typed().exit_code == 2
