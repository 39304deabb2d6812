"""What a record says: plain facts, apart from the code that gathers them and from their storage.

The sections stand in the order in which a reader asks. Everything here is written as it is into one
JSON document (`document`), so a name below is a key of the record. Nothing names a host, a user or
a place on this machine outside the project, but for tables and files that lie outside of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

# Raised by whoever changes what a key means or adds one that a reader must not overlook; readers
# take every number up to their own.
SCHEMA = 1

Status = Literal["FINISHED", "FAILED"]
CrossingKind = Literal["table", "frame", "model", "value", "files", "lazy", "picture", "opaque"]


@dataclass(frozen=True)
class Content:
    """A file as it was when the run started.

    Args:
        path: With slashes; relative to the repository for `code`, to the configuration's folder for
            `configuration`.
        sha256: Of its bytes, in hexadecimal.
        size: In bytes.
        text: The bytes, where they are UTF-8.
        base64: The bytes, where they are not.
        withheld: Why neither is there: it holds a secret, or is too large.
        is_executable: Whether its owner may execute it.
    """

    path: str
    sha256: str
    size: int
    text: str | None = None
    base64: str | None = None
    withheld: str | None = None
    is_executable: bool = False


@dataclass(frozen=True)
class RunFacts:
    """Which run, when, and how it was asked for.

    Args:
        run_id: MLflow's.
        status: How it ended.
        started_at: ISO 8601 in UTC.
        finished_at: The same.
        duration_s: Seconds between the two.
        kedro_env: The environment that lay over the base one.
        pipelines: As registered; `__default__` where none was named.
        command: The command line, secrets replaced; `None` where the run was started from Python.
        options: What the run was asked for, by the names that `kedro run --config` takes, typed
            (`params` holds what was given, not what was resolved; `load_versions` what was pinned
            by the flag).
        config: The `run:` mapping of `run.yml`: the same, with every table version that was read
            pinned and every parameter resolved.
        reproduces: The run of which this is a re-run.
        failed_node: The node in which a failed run ended.
        error: Its error, bounded.
    """

    run_id: str
    status: Status
    started_at: str
    finished_at: str
    duration_s: float
    kedro_env: str
    pipelines: tuple[str, ...]
    command: tuple[str, ...] | None
    options: Mapping[str, Any]
    config: Mapping[str, Any]
    reproduces: str | None = None
    failed_node: str | None = None
    error: str | None = None


@dataclass(frozen=True)
class CodeFacts:
    """The code that ran: what git has of it, and what only the working tree had.

    Args:
        commit: The full commit that was checked out; `None` where there is no repository, or no
            commit in it.
        remote: Where it was cloned from, without credentials.
        prefix: The project's folder within the repository, "" where it is the repository.
        diff: `git diff --binary HEAD` of tracked files, staged or not; `None` where there is none.
        untracked: Files of the repository that git neither tracks nor ignores.
        files: Digest by path, relative to the project, of every source file and `pyproject.toml`.
        tree: `sha256:` of `files`: the code digest.
        changed_during_run: Paths that were others at the end of the run than at its start.
    """

    commit: str | None
    remote: str | None
    prefix: str
    diff: Content | None
    untracked: tuple[Content, ...]
    files: Mapping[str, str]
    tree: str
    changed_during_run: tuple[str, ...] = ()

    @property
    def is_dirty(self) -> bool:
        """Tell whether the working tree was another than the commit."""
        return self.diff is not None or bool(self.untracked)


@dataclass(frozen=True)
class ConfigurationFacts:
    """The configuration files that were read, those that git ignores too; never credentials.

    Args:
        source: The folder, relative to the project; absolute where it lies outside.
        environments: The base environment, then the one over it.
        files: All of them, by path.
        digest: `sha256:` of paths and contents.
    """

    source: str
    environments: tuple[str, ...]
    files: tuple[Content, ...]
    digest: str


@dataclass(frozen=True)
class ParameterFacts:
    """The parameters as the nodes got them.

    Args:
        values: Resolved and typed; secrets are replaced by `***`.
        sources: Where each leaf comes from, by dotted name: `--params` or a file.
        redacted: Dotted names of those that are replaced.
    """

    values: Mapping[str, Any]
    sources: Mapping[str, str]
    redacted: tuple[str, ...] = ()


@dataclass(frozen=True)
class TableRead:
    """One version of a Delta table that the run read.

    Args:
        dataset: The catalog name.
        uri: Relative to the project where it lies inside.
        table_id: Tells it from a table made later at the same place.
        version: The Delta version.
        columns: Name and Delta type, in the table's order.
        rows: How many.
        digest: `rs1:…` of the content.
        digest_from: `commit` where the writer's own was taken, `rows` where they were read.
        pin: Who asked for the version: `--load-versions`, `the catalog`, or nobody.
        is_own: Whether this run wrote it before it read it.
    """

    dataset: str
    uri: str
    table_id: str
    version: int
    columns: tuple[tuple[str, str], ...]
    rows: int
    digest: str
    digest_from: Literal["commit", "rows"]
    pin: str | None
    is_own: bool


@dataclass(frozen=True)
class TableWritten:
    """What became of what a node handed over to a Delta table.

    Args:
        dataset: The catalog name.
        uri: Relative to the project where it lies inside.
        table_id: Of the table that was written.
        version: The version that holds the rows afterwards.
        mode: How the rows were written: `overwrite`, `append`, `merge`, `delete` or `error`.
        started_at: The version it had before the run; `None` where there was no table.
        started_digest: `rs1:…` of the content of that version, where the write built upon it.
        written: Whether the run committed; not, where the content was there already.
        columns: Name and Delta type, in the table's order.
        rows: Rows in the table afterwards.
        digest: `rs1:…` of the whole table afterwards.
        digest_from: `commit` where the write knew it, `rows` where they were read.
        node: Who handed them over.
        handed_over: What was given: `rows:178` that are the whole table, `rows:5 rs1:…` that join
            others (`sha256:…` for several chunks), `sha256:…` of deliveries' names and contents.
            Rows that the table holds already leave no trace in it.
    """

    dataset: str
    uri: str
    table_id: str
    version: int
    mode: str
    started_at: int | None
    started_digest: str | None
    written: bool
    columns: tuple[tuple[str, str], ...]
    rows: int
    digest: str
    digest_from: Literal["commit", "rows"]
    node: str | None
    handed_over: str | None = None


@dataclass(frozen=True)
class FileFacts:
    """A file that was read or written.

    Args:
        dataset: The catalog name.
        path: Relative to the project where it lies inside.
        sha256: Of its bytes, in hexadecimal.
        size: In bytes.
        artifact: The MLflow artifact that holds the same bytes: `runs:/…` or `models:/…`.
        is_own: Whether this run wrote it before it read it.
    """

    dataset: str
    path: str
    sha256: str
    size: int
    artifact: str | None = None
    is_own: bool = False


@dataclass(frozen=True)
class ValueFacts:
    """Something else that was loaded or saved (SQL, an API): known by digest, not restorable.

    Args:
        dataset: The catalog name.
        type: The dataset's class.
        digest: Of what passed; `None` where it has none.
        note: Why not.
    """

    dataset: str
    type: str
    digest: str | None
    note: str | None = None


@dataclass(frozen=True)
class InputFacts:
    """What the run read from outside of itself, and what it wrote and read again."""

    tables: tuple[TableRead, ...] = ()
    files: tuple[FileFacts, ...] = ()
    values: tuple[ValueFacts, ...] = ()


@dataclass(frozen=True)
class OutputFacts:
    """What the run handed over to be kept; `files` beside the crossings that say what is in them.

    A dataset that is in `values` has no file that can be looked at.
    """

    tables: tuple[TableWritten, ...] = ()
    files: tuple[FileFacts, ...] = ()
    values: tuple[ValueFacts, ...] = ()


@dataclass(frozen=True)
class Crossing:
    """What passed between a node and a dataset.

    Args:
        dataset: The catalog name, or `params:…`.
        kind: `table` has the digest of its version; `frame`, `model` and `value` that of what
            passed; `files` that of names and contents; `lazy` was not computed; a `picture` is
            listed and does not count; `opaque` has no digest.
        digest: `rs1:…`, `frame1:…`, `model1:…` or `sha256:…`.
        note: Why there is none.
    """

    dataset: str
    kind: CrossingKind
    digest: str | None
    note: str | None = None


@dataclass(frozen=True)
class NodeFacts:
    """One node, in the order in which they ended.

    Args:
        name: Its name.
        duration_s: From its first load to its last save, in seconds.
        inputs: What it got, in the order of its signature.
        outputs: What it gave.
    """

    name: str
    duration_s: float
    inputs: tuple[Crossing, ...]
    outputs: tuple[Crossing, ...]


@dataclass(frozen=True)
class ModelFacts:
    """A fitted model.

    Args:
        dataset: The catalog name.
        digest: `model1:…` of what it learned; `None` where it cannot be digested.
        predictions: `frame1:…` of what it predicts for the first `prediction_rows` rows that it was
            fitted on; `None` where that cannot be had.
        prediction_rows: How many rows.
        note: Why a digest is missing.
    """

    dataset: str
    digest: str | None
    predictions: str | None
    prediction_rows: int
    note: str | None = None


@dataclass(frozen=True)
class Metric:
    """A metric, to the last bit.

    Args:
        value: As a number; `None` where JSON has none for it (NaN, infinity).
        bits: The IEEE 754 double, big-endian, in 16 hexadecimal digits.
    """

    value: float | None
    bits: str


@dataclass(frozen=True)
class Distribution:
    """An installed distribution.

    Args:
        name: Normalised (PEP 503).
        version: As it calls itself.
        origin: `None` from an index; `project` for this project itself; `editable` for another one;
            else the address it was installed from, without credentials.
    """

    name: str
    version: str
    origin: str | None = None


@dataclass(frozen=True)
class EnvironmentFacts:
    """The interpreter and what was installed.

    Args:
        implementation: `CPython`.
        python: `3.11.9`.
        build: Compiler and build date of the interpreter.
        distributions: Sorted by name.
        locks: `sha256:…` by path, relative to the project, of the requirements files.
        java: The version of the JVM, where one was used.
        jars: Digest by file name of the Delta jars, where they were used.
    """

    implementation: str
    python: str
    build: str
    distributions: tuple[Distribution, ...]
    locks: Mapping[str, str]
    java: str | None = None
    jars: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Library:
    """A native thread pool that was loaded, as threadpoolctl tells it.

    Args:
        user_api: `blas` or `openmp`.
        internal_api: `openblas`, `mkl`, `openmp`.
        version: Of the library.
        architecture: The kernel that it chose for this CPU, such as `Haswell`.
        threads: How many it used.
    """

    user_api: str
    internal_api: str
    version: str | None
    architecture: str | None
    threads: int


@dataclass(frozen=True)
class ComputeFacts:
    """The machine and how it was used; factors of a result, never a reason to refuse a re-run.

    Args:
        engine: `embedded` or `spark`.
        engine_configuration: What was in force.
        recipe: How the settings below came to be: `set at start`, `opted out` or `as found` (a run
            that was not started by `kedro run` on a command line).
        threads: The environment variables that decide threads, kernels and the hash seed, by name.
        libraries: The native thread pools.
        cpu: The model.
        machine: `x86_64`.
        cores: Those this process may use.
        memory_gib: Of the machine, rounded.
        os: Name and release of the system.
    """

    engine: str
    engine_configuration: Mapping[str, str]
    recipe: str
    threads: Mapping[str, str | None]
    libraries: tuple[Library, ...]
    cpu: str
    machine: str
    cores: int
    memory_gib: int
    os: str


@dataclass(frozen=True)
class Record:
    """One run, whole. `problems` say, in sentences, why it cannot be had again, if it cannot."""

    run: RunFacts
    code: CodeFacts
    configuration: ConfigurationFacts
    parameters: ParameterFacts
    inputs: InputFacts
    outputs: OutputFacts
    nodes: tuple[NodeFacts, ...]
    models: tuple[ModelFacts, ...]
    metrics: Mapping[str, Metric]
    environment: EnvironmentFacts
    compute: ComputeFacts
    # Outputs that have no say: entries with `metadata: {lakeproof: {compare: false}}`.
    not_compared: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    schema: int = SCHEMA
