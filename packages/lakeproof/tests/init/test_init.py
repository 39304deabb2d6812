"""`kedro lakeproof init` writes what a project lacks, says each line, and touches nothing else."""

import subprocess
import tomllib
import warnings

import pytest
from click.testing import CliRunner
from kedro.framework.startup import bootstrap_project
from kedro.pipeline import node, pipeline

from lakeproof.cli import commands
from lakeproof.commands.command_errors import InitError
from lakeproof.commands.init import init as room
from lakeproof.determinism import Recipe
from lakeproof.record.mlflow_store.store import TAG
from small import KEDRO, in_small_project

# As somebody writes it: comments, tables in an order of their own.
PYPROJECT = f"""\
# What this is.
[tool.ruff]
line-length = 88 # of Black

[tool.kedro]
package_name = "small_project"
project_name = "small"
kedro_init_version = "{KEDRO}"
"""
TABLE = """
[tool.lakeproof]
threads = 1
polars_threads = 1
hash_seed = 0
"""
IGNORED = ["/mlflow.db*", "/mlartifacts/", "/mlruns/", "/.lakeproof/", "/.viz/"]


@pytest.fixture
def project(tmp_path):
    """A project that has never heard of us, nor of kedro-mlflow."""
    with in_small_project(tmp_path / "project") as project:
        (project.path / "conf/base/mlflow.yml").unlink()
        project.write({"pyproject.toml": PYPROJECT, ".gitignore": "data/\n__pycache__/\n"})
        (project.path / "mlflow.db").unlink()
        yield project


def init(project, *words, code=0):
    """Type the command."""
    project.start()
    with warnings.catch_warnings():
        # Kedro 1.7 registers its resolvers under the name that OmegaConf is about to drop.
        warnings.filterwarnings("ignore", message="register_new_resolver", category=UserWarning)
        # kedro-mlflow 2.0.3 declares its models in the way of pydantic 1.
        warnings.filterwarnings(
            "ignore", message="Support for class-based", category=DeprecationWarning
        )
        done = CliRunner().invoke(
            commands, ["lakeproof", "init", *words], obj=bootstrap_project(project.path)
        )
    assert done.exit_code == code, f"{done.output}\n{done.exception!r}"
    return done.output


def files(project):
    """Give what git would commit."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=project.path,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    paths = [project.path / name for name in listed]
    return {str(path): path.read_bytes() for path in paths if path.is_file()}


def read(project, name):
    return (project.path / name).read_bytes().decode()


def test_what_a_project_lacks_is_written_and_each_line_said(project):
    """What was there stays as it was, to the byte."""
    said = init(project)
    assert read(project, "pyproject.toml") == PYPROJECT + TABLE
    assert read(project, ".gitignore") == (
        "data/\n__pycache__/\n\n# What runs leave\n" + "\n".join(IGNORED) + "\n"
    )
    assert read(project, "conf/base/mlflow.yml").startswith("# kedro-mlflow:")
    for name in ("pyproject.toml", ".gitignore", "conf/base/mlflow.yml (new)"):
        assert f"\n{name}\n" in f"\n{said}"
    lines = [*TABLE.split("\n"), *IGNORED, *read(project, "conf/base/mlflow.yml").split("\n")]
    assert [line for line in lines if line and f"\n  + {line}\n" not in said] == []
    assert "kedro run" in said.splitlines()[-1]


def test_the_second_time_there_is_nothing_to_do(project):
    """And a third party's edits between the two stay."""
    init(project)
    before = files(project)
    assert init(project).startswith("Nothing to do")
    assert files(project) == before


def test_a_dry_run_says_the_same_and_writes_nothing(project):
    """But for what to type next."""
    before = files(project)
    dry = init(project, "--dry-run").splitlines()
    assert files(project) == before
    assert dry[:-1] == init(project).splitlines()[:-1]
    assert dry[-1].startswith("Nothing was written")


def test_a_run_after_it_is_recorded_and_leaves_git_clean(project):
    """What it leaves is ignored."""
    init(project)
    project.write({})
    project.run(pipeline([node(lambda: 42, None, "answer", name="answer")]))
    assert TAG in project.mlflow_runs[0].data.tags
    told = subprocess.run(
        ["git", "status", "--porcelain"], cwd=project.path, capture_output=True, check=True
    )
    assert told.stdout == b""


def test_line_ends_and_a_missing_last_one_are_kept_to(project):
    """A file of Windows stays one."""
    text = PYPROJECT.replace("\n", "\r\n").removesuffix("\r\n")
    (project.path / "pyproject.toml").write_bytes(text.encode())
    init(project)
    assert read(project, "pyproject.toml") == (PYPROJECT + TABLE).replace("\n", "\r\n")


@pytest.mark.parametrize(
    "table",
    ["[tool.lakeproof]\n", "[tool]\nlakeproof.threads = 4\n", "[tool.lakeproof]\nwatch=1\n"],
)
def test_a_table_that_is_there_is_left_alone(project, table):
    """However it is written, and whatever it says."""
    text = table + PYPROJECT
    project.write({"pyproject.toml": text})
    assert "pyproject.toml" not in init(project)
    assert read(project, "pyproject.toml") == text


def test_the_table_is_one_that_a_run_reads():
    """Its keys are those of the recipe."""
    assert Recipe.read(tomllib.loads(TABLE)["tool"]["lakeproof"]) == Recipe()


@pytest.mark.parametrize(
    "name", ["conf/local/mlflow.yml", "conf/base/mlflow/server.yml", "conf/base/a/mlflow.yaml"]
)
def test_a_configuration_of_mlflow_that_is_there_is_the_only_one(project, name):
    """In whichever environment and form kedro-mlflow would find it."""
    project.write({name: "server: {mlflow_tracking_uri: tracking/runs}\n"})
    assert "mlflow.yml" not in init(project)


@pytest.mark.parametrize(
    ("name", "move"),
    [
        ("conf/base/mlflow.yml", "git mv conf/base/mlflow.yml conf/base/own_mlflow.yml"),
        ("conf/local/mlflow.yml", "mv conf/local/mlflow.yml conf/local/own_mlflow.yml"),
        ("conf/test/mlflow.yml", "git mv conf/test/mlflow.yml conf/test/own_mlflow.yml"),
        ("conf/base/mlflow/a.yml", "git mv conf/base/mlflow conf/base/own_mlflow"),
    ],
)
def test_a_configuration_that_kedro_mlflow_would_refuse_is_said_before_anything_is_run(
    project, name, move
):
    """Another tool's: no run could begin. Once it is out of the way there is one of ours."""
    # A word that stands in another file as well.
    (project.path / ".git/info/exclude").write_text("conf/local\n")
    text = "experiment: flights\nregistry: none\n"
    project.write({name: text, "conf/base/catalog.yml": "experiment: {type: MemoryDataset}\n"})
    before = files(project)
    said = init(project, code=2)
    assert said.startswith(
        f"Error: {move.split()[-2]} has 'experiment', which kedro-mlflow does not know."
    )
    assert f" and repeat: {move} && kedro lakeproof init\n" in said
    assert files(project) == before
    subprocess.run(move.split(), cwd=project.path, check=True)
    assert "conf/base/mlflow.yml (new)" in init(project)


def test_where_the_project_keeps_its_runs_is_ignored(project):
    """If that is in its folder; a server is not."""
    project.write({"conf/base/mlflow.yml": "server: {mlflow_tracking_uri: tracking/runs}\n"})
    assert "  + /tracking/runs/\n" in init(project)
    project.write({"conf/base/mlflow.yml": "server: {mlflow_tracking_uri: 'http://there'}\n"})
    assert init(project).startswith("Nothing to do")


def test_what_git_ignores_already_is_not_said_twice(project):
    """By a pattern, or by a file of the user's own."""
    project.write({".gitignore": "mlflow*\nml*/\n"})
    (project.path / ".git/info/exclude").write_text(".lake*\n.viz\n")
    assert ".gitignore" not in init(project)


def test_a_place_for_configuration_of_the_projects_own_is_used(project):
    """As its `settings.py` says."""
    project.write(
        {
            "src/small_project/settings.py": (
                'CONF_SOURCE = "settings"\n'
                'CONFIG_LOADER_ARGS = {"base_env": "all", "default_run_env": "mine"}\n'
            )
        }
    )
    assert "settings/all/mlflow.yml (new)" in init(project)
    assert (project.path / "settings/all/mlflow.yml").is_file()


def test_a_project_without_git_is_refused(project):
    """A run records its code by commit."""
    (project.path / ".git").rename(project.path / "no-git")
    before = read(project, "pyproject.toml")
    said = init(project, code=2)
    assert said.startswith("Error: The project ")
    assert "Nothing was written. Make it one: git init" in said
    assert read(project, "pyproject.toml") == before


def test_a_project_that_the_repository_around_it_ignores_is_refused(project):
    """Its commits would say nothing of the project."""
    project.write({".gitignore": "/inner/\n"})
    inner = project.path / "inner"
    inner.mkdir()
    with pytest.raises(InitError, match="ignores the project"):
        room.init(inner)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[tool.kedro\n", "pyproject.toml cannot be read: Expected ']'"),
        ("tool = {kedro = {}}\n", "pyproject.toml cannot be read: Cannot"),
    ],
)
def test_a_pyproject_that_cannot_take_the_table_is_refused(project, text, told):
    """And no other file is written either."""
    project.write({"pyproject.toml": text})
    before = files(project)
    with pytest.raises(InitError, match=told.replace("[", r"\[").replace("]", r"\]")):
        room.init(project.path)
    assert files(project) == before


def test_a_file_that_is_no_text_is_refused(project):
    """Its bytes stay."""
    (project.path / ".gitignore").write_bytes(b"\xff\xfe\n")
    before = files(project)
    with pytest.raises(InitError, match=r"\.gitignore is not UTF-8: byte 0"):
        room.init(project.path)
    assert files(project) == before
