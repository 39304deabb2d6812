"""The nouns of the proof: a re-run as it is asked for, and what of the user's it must not touch."""

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import deltalake
import numpy as np
import polars as pl
import pytest

from conftest import Finished, Project, copy_project

# A forest that is fitted in no time; what is proved does not hang on its size.
FOREST = ("--params", "train.estimators.random_forest.n_estimators=5")

SAMPLES = "data/02_intermediate/wine/samples"
FEATURES = "data/04_feature/wine/features"
PREDICTIONS = "data/07_model_output/wine/predictions"
MODEL = "data/06_models/wine/model.skops"
METRICS = "data/08_reporting/wine/metrics.json"


@dataclass(frozen=True)
class Verdict:
    """What `kedro reproduce --json` has said."""

    document: Mapping[str, Any]
    stderr: str

    @property
    def word(self) -> str:
        """The verdict itself."""
        return self.document["verdict"]

    @property
    def factors(self) -> set[str]:
        """The names of what is known to be another."""
        return {factor["factor"] for factor in self.document["factors"]}

    @property
    def missing(self) -> str:
        """All that is missing, as one text."""
        return "\n".join(self.document["missing"])

    def artifact(self, name: str, kind: str) -> Mapping[str, Any]:
        """One artifact."""
        found = [a for a in self.document["artifacts"] if (a["name"], a["kind"]) == (name, kind)]
        assert len(found) == 1, f"{kind} '{name}' in {self.document['artifacts']}"
        return found[0]

    def counting(self) -> dict[str, str]:
        """The verdicts of all artifacts that count, by kind and name."""
        return {
            f"{one['kind']} {one['name']}": one["verdict"]
            for one in self.document["artifacts"]
            if one["counts"]
        }


CODES = {"REPEATED": 0, "REPRODUCED": 0, "DIVERGED": 1, "INCONCLUSIVE": 2, "EXCEPT ERASED": 3}


def reproduce(
    project: Project, run: str = "last", *args: str, expected: str, cwd: Path | None = None
) -> Verdict:
    """Have a run again; the verdict must be the expected one, with its exit code."""
    done = project.kedro("reproduce", run, "--json", *args, cwd=cwd, code=None)
    assert "Traceback" not in done.stderr, done.stderr
    # From another folder, Kedro does not find where logs are to go.
    stdout = done.stdout if cwd is None else done.stdout[done.stdout.find("{\n") :]
    assert stdout.startswith("{"), f"exit {done.exit_code}\n{done.stdout}\n{done.stderr}"
    document = json.loads(stdout)
    told = json.dumps({key: document[key] for key in ("factors", "missing", "first_divergence")})
    assert document["verdict"] == expected, f"{told}\n{done.stderr}"
    assert done.exit_code == CODES[expected]
    return Verdict(document, done.stderr)


def repeat(project: Project, run: str = "last", *args: str, cwd: Path | None = None) -> Verdict:
    """Have a run again; everything that counts is there and the same, and so is the set-up."""
    verdict = reproduce(project, run, *args, expected="REPEATED", cwd=cwd)
    assert set(verdict.counting().values()) == {"same"}
    assert verdict.document["missing"] == []
    return verdict


def artifacts_of(project: Project, run_id: str) -> Path:
    """The folder of a run's artifacts."""
    return project.path / "mlartifacts" / run_id / "artifacts"


def record_of(project: Project, run_id: str) -> dict[str, Any]:
    """The record of a run, as it was kept."""
    return json.loads((artifacts_of(project, run_id) / "lakeproof/record.json").read_text())


def nodes_of(record: Mapping[str, Any]) -> set[str]:
    """The nodes that ran."""
    return {node["name"] for node in record["nodes"]}


def edit(path: Path, old: str, new: str) -> None:
    """Replace a text that occurs once in a file."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} occurs {text.count(old)} times in {path}"
    path.write_text(text.replace(old, new), encoding="utf-8")


def append(path: Path, text: str) -> None:
    """Add to the end of a file, which may not be there yet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(text)


def commit_all(project: Project, message: str = "Go on") -> str:
    """Commit the whole working tree and give the commit."""
    project.git("add", "--all")
    project.git("commit", "--quiet", "--message", message)
    return project.git("rev-parse", "HEAD")


def version_of(project: Project, table: str) -> int:
    """The latest version of a table."""
    return deltalake.DeltaTable(str(project.path / table)).version()


def move_on(project: Project, table: str = SAMPLES) -> None:
    """Let a table live on: ten commits, corrected and removed rows among them, then OPTIMIZE."""
    place = str(project.path / table)
    rows = pl.read_delta(place).sort("sample_id")
    for number in range(7):
        correction = rows.slice(number * 5, 5).with_columns(alcohol=pl.lit(float(number)))
        correction.write_delta(
            place,
            mode="merge",
            delta_merge_options={
                "predicate": "old.sample_id = new.sample_id",
                "source_alias": "new",
                "target_alias": "old",
            },
        ).when_matched_update_all().when_not_matched_insert_all().execute()
    late = f"late {version_of(project, table)} "
    rows.head(3).with_columns(sample_id=late + pl.col("sample_id")).write_delta(
        place, mode="append"
    )
    moved = deltalake.DeltaTable(place)
    moved.delete("alcohol = 3.0")
    moved.optimize.compact()


def deliver(project: Project, name: str = "2026-03-delivery.csv") -> Path:
    """Let a delivery of new wines arrive."""
    folder = project.path / "data/01_raw/wine"
    lines = (folder / "2026-02-delivery.csv").read_text().splitlines(keepends=True)
    target = folder / name
    target.write_text(lines[0] + "".join(f"new-{line}" for line in lines[1:6]))
    return target


def write_qualities(project: Project) -> None:
    """Put small wine quality files where the published ones would be, and declare their digests."""
    random = np.random.default_rng(11)
    folder = project.path / "data/01_raw/wine_quality"
    folder.mkdir(parents=True)
    names = {
        "fixed acidity": 1,
        "volatile acidity": 2,
        "citric acid": 2,
        "residual sugar": 1,
        "chlorides": 3,
        "free sulfur dioxide": 0,
        "total sulfur dioxide": 0,
        "density": 4,
        "pH": 2,
        "sulphates": 2,
        "alcohol": 1,
    }
    globals_file = project.path / "conf/wine_quality/globals.yml"
    for name, rows in (("winequality-red.csv", 60), ("winequality-white.csv", 90)):
        columns = {
            header: random.uniform(1, 30, rows).round(digits) for header, digits in names.items()
        }
        frame = pl.DataFrame(columns).with_columns(quality=pl.Series(random.integers(3, 9, rows)))
        frame.write_csv(folder / name, separator=";")
        digest = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        text = globals_file.read_text()
        before, _, after = text.partition(f"{name}\n    sha256: ")
        assert after, f"{name} is not declared"
        globals_file.write_text(f"{before}{name}\n    sha256: {digest}{after[64:]}")


@dataclass(frozen=True)
class Belongings:
    """What is the user's, to the byte; two of them are equal where nothing was touched.

    Args:
        files: Digest by path of every file of the project, git's and the tables' among them.
        repository: What git says of it.
        runs: All that MLflow has of each run, model and registered model, by id.
    """

    files: Mapping[str, str]
    repository: Mapping[str, str]
    runs: Mapping[str, Any]

    def since(self, before: "Belongings") -> dict[str, set[str]]:
        """Name what is new, gone or another than before."""
        return {
            name: {key for key in ours.keys() | theirs.keys() if ours.get(key) != theirs.get(key)}
            for name, ours, theirs in (
                ("files", self.files, before.files),
                ("repository", self.repository, before.repository),
                ("runs", self.runs, before.runs),
            )
        }


# The one folder and the one database of ours; what is in the latter is looked at through MLflow.
REFS = ("heads", "tags", "remotes", "stash", "lakeproof")
# The head of the chain moves on with each record.
_OURS = (".lakeproof/", "mlflow.db", ".git/refs/lakeproof-chain/")


def belongings(project: Project, *others: Path) -> Belongings:
    """Take stock of a project, and of files of the user's elsewhere."""
    files = {
        path: digest
        for place in (project.path, *others)
        for path, digest in digests(place).items()
        if not path.startswith(_OURS)
    }
    git = {
        "head": ("rev-parse", "HEAD"),
        "branch": ("symbolic-ref", "--short", "HEAD"),
        "branches": ("branch", "--all", "--verbose"),
        "refs": ("for-each-ref", *(f"refs/{kind}" for kind in REFS)),
        "reflog": ("reflog", "--all"),
        "stash": ("stash", "list"),
        "worktrees": ("worktree", "list"),
        # Which would write the index.
        "status": ("--no-optional-locks", "status", "--porcelain"),
        "settings": ("config", "--list", "--local"),
    }
    return Belongings(
        files, {name: project.git(*command) for name, command in git.items()}, runs_of(project)
    )


def digests(place: Path) -> dict[str, str]:
    """Digest every file below a folder, links as links; git's objects, which only grow, aside."""
    found = {}
    for folder, folders, names in os.walk(place):
        folders[:] = [name for name in folders if name not in ("__pycache__", "objects")]
        for name in names:
            path = Path(folder, name)
            content = os.fsencode(path.readlink()) if path.is_symlink() else path.read_bytes()
            found[path.relative_to(place).as_posix()] = hashlib.sha256(content).hexdigest()
    return found


def runs_of(project: Project) -> dict[str, Any]:
    """Everything that MLflow has of each run and of each registered model."""
    from mlflow.tracking import MlflowClient

    database = project.path / "mlflow.db"
    if not database.exists():
        return {}
    client = MlflowClient(f"sqlite:///{database}")
    experiments = [one.experiment_id for one in client.search_experiments()]
    found: dict[str, Any] = {}
    for run in client.search_runs(experiments):
        told = run.to_dictionary()
        # MLflow orders the inputs of a run anew each time.
        told["inputs"] = sorted(json.dumps(one, sort_keys=True) for one in _inputs(told))
        found[run.info.run_id] = told
    for model in client.search_registered_models():
        versions = client.search_model_versions(f"name = '{model.name}'")
        found[f"model {model.name}"] = sorted(
            f"{v.version} {v.run_id} {v.source}" for v in versions
        )
    return found


def _inputs(run: Mapping[str, Any]) -> Iterable[Any]:
    return (run.get("inputs") or {}).get("dataset_inputs") or []


def only_a_run_is_new(project: Project, before: Belongings, rerun_id: str, *others: Path) -> bool:
    """Tell whether a re-run and its artifacts are all that came to the user's things."""
    changed = belongings(project, *others).since(before)
    artifacts = {
        path for path in changed["files"] if not path.startswith(f"mlartifacts/{rerun_id}/")
    }
    assert artifacts == set()
    assert changed["repository"] == set()
    assert changed["runs"] == {rerun_id}
    return True


@pytest.fixture(scope="module")
def make_project(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Project]:
    """Make a project that the tests of a module run in one after another."""

    def make(name: str) -> Project:
        return copy_project(tmp_path_factory.mktemp(name) / "project")

    return make


@pytest.fixture(scope="module")
def small(make_project: Callable[[str], Project]) -> tuple[Project, Finished]:
    """A project after one run of everything, with a small forest."""
    project = make_project("small")
    return project, project.kedro("run", *FOREST)
