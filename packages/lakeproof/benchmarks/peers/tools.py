"""What one types in each tool: to run the example, and to have yesterday's run again."""

from dataclasses import dataclass
from typing import Any

GIT = "git -c user.name=b -c user.email=b@localhost"
COMMIT = f"{GIT} add -A && {GIT} commit -qm run"
# Whoever wants yesterday's code puts away what is not committed.
BACK = f"{GIT} stash -qu; git checkout -q yesterday"


@dataclass(frozen=True)
class Tool:
    """A tool, as the example is run and asked for again with it.

    Args:
        name: Its own.
        packages: What is installed from PyPI.
        version: Prints its version.
        begin: Typed once for a project.
        run: Typed for a run.
        again: Typed for the question; the last one's exit code is the answer, 0 for the same.
        stores: Where a run leaves what it keeps.
        kept_metrics: A pattern of the file in which yesterday's metrics are kept.
        raw, table, params, code, beside: The files that the planted changes are made to; of the
            table between, the folder or file.
        trees, seed, line, beside_line: What is changed in them.
        is_of_repository: Whether the project is made of this repository's, not of `example`.
    """

    name: str
    packages: tuple[str, ...]
    version: str
    begin: tuple[str, ...]
    run: tuple[str, ...]
    again: tuple[str, ...]
    stores: tuple[str, ...]
    kept_metrics: str
    raw: str = "raw/2026-01-delivery.csv"
    table: str = "out/samples.parquet"
    params: str = "params.yaml"
    code: str = "steps.py"
    beside: str = "shares.py"
    trees: tuple[str, str] = ("trees: 300", "trees: 200")
    seed: tuple[str, str] = ("seed: 2026", "seed: 2027")
    line: tuple[str, str] = ("rows.index % 4", "rows.index % 5")
    beside_line: tuple[str, str] = ("part / whole", "part / whole + 1")
    is_of_repository: bool = False


SCIENCE = ("pandas", "pyarrow", "scikit-learn", "pyyaml")

DVC = Tool(
    "DVC",
    ("dvc", *SCIENCE),
    "dvc --version",
    ("dvc init -q", "dvc config core.analytics false", "dvc add -q raw"),
    (COMMIT, "dvc repro -q", COMMIT, "git tag yesterday"),
    (BACK, "dvc checkout -q --force", "dvc repro -q --force", "git diff --exit-code dvc.lock"),
    (".dvc/cache",),
    ".dvc/cache/files/md5/*/*",
)
SNAKEMAKE = Tool(
    "Snakemake",
    ("snakemake", *SCIENCE),
    "snakemake --version",
    (),
    (COMMIT, "snakemake -q -c1", "sha256sum out/* > yesterday.sum", COMMIT, "git tag yesterday"),
    (BACK, "snakemake -q -c1 --forceall", "sha256sum --quiet -c yesterday.sum"),
    (".snakemake", "out"),
    "out/metrics.json",
)
METAFLOW = Tool(
    "Metaflow",
    ("metaflow", *SCIENCE),
    "python -c 'import metaflow; print(metaflow.__version__)'",
    (),
    (COMMIT, "python flow.py --quiet run --run-id-file yesterday.id", COMMIT, "git tag yesterday"),
    (
        BACK,
        "python flow.py --quiet run",
        "python compare_flows.py $(cat yesterday.id)",
    ),
    (".metaflow",),
    ".metaflow/WineFlow/data/*/*",
)
_OF_REPOSITORY: dict[str, Any] = {
    "packages": (),
    "code": "src/winery/pipelines/feature/nodes.py",
    "beside": "src/winery/rows.py",
    "line": ("nw.col(denominator))", "nw.col(denominator) + 1)"),
    "beside_line": ('prefix=f"{salt}:"', 'prefix=f"{salt};"'),
    "is_of_repository": True,
}
KEDRO = Tool(
    "Kedro + kedro-mlflow",
    version="kedro --version",
    begin=(),
    run=(COMMIT, "PYTHONPATH=src kedro run", COMMIT, "git tag yesterday"),
    again=(BACK, "PYTHONPATH=src kedro run", "python compare_metrics.py"),
    stores=("mlruns", "mlartifacts", "mlflow.db", "data"),
    kept_metrics="mlruns/*/*/artifacts/metrics.json",
    table="data/samples",
    params="conf/base/parameters.yml",
    trees=("n_estimators: 300", "n_estimators: 200"),
    **_OF_REPOSITORY,
)
LAKEPROOF = Tool(
    "Lakeproof",
    version="python -c 'from lakeproof.version import VERSION; print(VERSION)'",
    begin=(),
    run=("kedro run",),
    again=("kedro reproduce last",),
    stores=("mlartifacts", "mlflow.db", ".lakeproof", "data/02_intermediate", "data/04_feature"),
    kept_metrics="mlartifacts/*/artifacts/metrics.json",
    table="data/02_intermediate/wine",
    raw="data/01_raw/wine/2026-01-delivery.csv",
    params="conf/base/parameters_train.yml",
    trees=("n_estimators: 300", "n_estimators: 200"),
    **_OF_REPOSITORY,
)
TOOLS = (LAKEPROOF, KEDRO, DVC, SNAKEMAKE, METAFLOW)
