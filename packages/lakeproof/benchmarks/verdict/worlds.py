"""What may have happened to a project since a run, done to one: what matters, and what does not."""

import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator, MutableMapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import deltalake
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from verdict.project import git, samples

Environment = MutableMapping[str, str]
Act = Callable[[Path, Environment], None]


@dataclass(frozen=True)
class World:
    """Something that was done.

    Args:
        kind: Of fact.
        what: Which.
        act: Does it, to the project and to the environment of the next command.
        cause: One of these words has to be said.
    """

    kind: str
    what: str
    act: Act
    cause: tuple[str, ...] = ()


def do(pieces: Iterable[World], project: Path, environment: Environment) -> None:
    """Do several, one after the other, and say which of them cannot be done."""
    for piece in pieces:
        try:
            piece.act(project, environment)
        except Exception as error:
            raise RuntimeError(f"'{piece.kind}: {piece.what}' cannot be done") from error


TABLE = Path("data/lake/samples")
LABELS = Path("data/raw/labels.csv")


def changed() -> Iterator[World]:
    """Give everything by which the next re-run can not be what the run was, or must say so."""
    yield from _cells()
    yield from _labels()
    yield from _logs()
    yield from _made_again()
    yield from _beside()
    yield from _records()
    yield from _stores()
    yield from _gone()


def _cells() -> Iterator[World]:
    for row in range(0, 40, 4):
        for column, value in (("x", 77.5), ("y", -1.0), ("target", 3.25), ("key", f"t{row:03}")):
            yield World(
                "a cell of a table",
                f"row {row}, {column}",
                lambda p, _, row=row, column=column, value=value: _cell(p, row, column, value),
                ("samples",),
            )


def _cell(project: Path, row: int, column: str, value: Any) -> None:
    table = deltalake.DeltaTable(str(project / TABLE))
    (name,) = pa.table(table.get_add_actions())["path"].to_pylist()
    file = project / TABLE / name
    before = file.stat()
    rows = pq.read_table(file)
    cells = rows[column].to_pylist()
    cells[row] = value
    place = rows.column_names.index(column)
    rows = rows.set_column(place, rows.schema[place], pa.array(cells, rows.schema[place].type))
    pq.write_table(rows, file)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def _labels() -> Iterator[World]:
    def line(project: Path, number: int, text: str | None) -> None:
        lines = (project / LABELS).read_text().splitlines(keepends=True)
        lines[number : number + 1] = [] if text is None else [text]
        (project / LABELS).write_text("".join(lines))

    for number in range(1, 40, 4):
        for text in (f"s{number:03},c\n", f"s{number:03},a \n", None):
            yield World(
                "a raw file",
                f"line {number}: {text!r}",
                lambda p, _, number=number, text=text: line(p, number, text),
                ("labels",),
            )
    for what, change in {
        "another line end": lambda text: text.replace("\n", "\r\n"),
        "no last line end": lambda text: text[:-1],
        "one more line": lambda text: text + "s999,a\n",
        "another order": lambda text: "".join(
            [text.splitlines(keepends=True)[0], *text.splitlines(keepends=True)[:0:-1]]
        ),
        "a byte order mark": lambda text: "\ufeff" + text,
        "empty": lambda text: "",
    }.items():
        yield World(
            "a raw file",
            what,
            lambda p, _, change=change: _rewrite(p / LABELS, change),
            ("labels",),
        )


def _rewrite(path: Path, change: Callable[[str], str]) -> None:
    with path.open(newline="") as file:
        text = file.read()
    changed = change(text)
    assert changed != text, "A mutation that changes nothing counts as a false pass."
    path.write_bytes(changed.encode())


def _logs() -> Iterator[World]:
    def edit(project: Path, change: Callable[[dict[str, Any]], None]) -> None:
        path = project / TABLE / f"_delta_log/{1:020d}.json"
        actions = [json.loads(line) for line in path.read_text().splitlines()]
        for action in actions:
            change(action)
        path.write_text("".join(json.dumps(action) + "\n" for action in actions))

    def add(key: str, value: Any) -> Callable[[dict[str, Any]], None]:
        def change(action: dict[str, Any]) -> None:
            if "add" in action:
                action["add"][key] = value

        return change

    def no_remove(action: dict[str, Any]) -> None:
        if "remove" in action:
            action.pop("remove")
            action["commitInfo"] = {}

    edits = {
        "another size of the file": add("size", 17),
        "another file": add("path", "part-other.parquet"),
        "a file that stays": no_remove,
    }
    for what, change in edits.items():
        yield World(
            "a log that was edited",
            what,
            lambda p, _, change=change: edit(p, change),
            ("samples",),
        )
    log = TABLE / "_delta_log"
    yield World(
        "a log that was edited",
        "a commit cut short",
        lambda p, _: _rewrite(p / log / f"{1:020d}.json", lambda text: text[:90]),
        ("samples",),
    )
    yield World(
        "a log that was edited",
        "commits in turn",
        lambda p, _: _swap(p / log / f"{0:020d}.json", p / log / f"{1:020d}.json"),
        ("samples",),
    )

    def checkpoint(project: Path) -> None:
        deltalake.DeltaTable(str(project / TABLE)).create_checkpoint()
        path = project / log / f"{1:020d}.checkpoint.parquet"
        rows = pq.read_table(path).to_pylist()
        for row in rows:
            if row.get("add"):
                row["add"]["path"] = "part-other.parquet"
        pq.write_table(pa.Table.from_pylist(rows, pq.read_schema(path)), path)
        for number in (0, 1):
            (project / log / f"{number:020d}.json").unlink()

    yield World(
        "a checkpoint that was edited", "another file", lambda p, _: checkpoint(p), ("samples",)
    )


def _swap(one: Path, other: Path) -> None:
    kept = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(kept)


def _made_again() -> Iterator[World]:
    def make(project: Path, change: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
        shutil.rmtree(project / TABLE)
        samples(30).write_delta(str(project / TABLE))
        change(samples(40)).write_delta(str(project / TABLE), mode="overwrite")

    changes: dict[str, Callable[[pl.DataFrame], pl.DataFrame]] = {
        "with other rows": lambda rows: rows.with_columns(x=pl.col("x") + 1),
        "with a row less": lambda rows: rows.head(39),
        "with another type": lambda rows: rows.with_columns(y=pl.col("y").cast(pl.Float32)),
        "with columns in another order": lambda rows: rows.select("key", "y", "x", "target"),
        "with the same rows": lambda rows: rows,
    }
    for what, change in changes.items():
        yield World(
            "a table made again",
            what,
            lambda p, _, change=change: make(p, change),
            ("samples",),
        )


def _beside() -> Iterator[World]:
    for number in range(8):
        yield World(
            "a file beside the catalog",
            f"content {number}",
            lambda p, _, number=number: _say(p.parent / "beside.txt", f"{number + 1}.5"),
            ("beside.txt",),
        )
        yield World(
            "an environment variable",
            f"value {number}",
            lambda _, env, number=number: env.update(PROBE_VALUE=f"{number + 2}"),
            ("PROBE_VALUE",),
        )


def _say(path: Path, text: str) -> None:
    path.write_text(text)


def record_file(project: Path) -> Path:
    """Find the one record of the project."""
    (found,) = (project / "mlartifacts").glob("**/lakeproof/record.json")
    return found


def forge(project: Path, change: Callable[[Any], None]) -> None:
    """Edit the record and seal it anew."""
    path = record_file(project)
    document = json.loads(path.read_text())
    change(document)
    content = (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode()
    path.write_bytes(content)
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    _sql(project, "UPDATE tags SET value = ? WHERE key = 'lakeproof.record'", digest)


def _sql(project: Path, statement: str, *values: Any) -> None:
    with closing(sqlite3.connect(project / "mlflow.db")) as database, database:
        assert database.execute(statement, values).rowcount, statement


def _records() -> Iterator[World]:
    def other(text: str) -> str:
        return text[:-1] + ("0" if text[-1] != "0" else "1")

    def at(*path: Any) -> Callable[[Any], None]:
        def change(document: Any) -> None:
            *way, last = path
            for part in way:
                document = document[part]
            value = document[last]
            document[last] = other(value) if isinstance(value, str) else value + 1

        return change

    edits: dict[str, tuple[Callable[[Any], None], tuple[str, ...]]] = {
        "the digest of a table that was read": (at("inputs", "tables", 0, "digest"), ("samples",)),
        "the digest of a raw file": (at("inputs", "files", 0, "sha256"), ("labels", "damaged")),
        "the digest of a table that was written": (
            at("outputs", "tables", 0, "digest"),
            ("features", "damaged"),
        ),
        "a parameter": (at("parameters", "values", "prepare", "offset"), ("prepare.offset",)),
        "the code's digest": (at("code", "tree"), ("code.tree",)),
        "the commit": (at("code", "commit"), ("snapshot",)),
        "a metric's bits": (at("metrics", "rmse", "bits"), ("rmse",)),
        "a model's digest": (at("models", 0, "digest"), ("model",)),
        "its predictions": (at("models", 0, "predictions"), ("model", "predictions")),
        "the id of the run": (at("run", "run_id"), ("that of another run",)),
        "the interpreter": (at("environment", "python"), ("ython",)),
    }
    crossings = {
        "inputs": ("samples", "features", "rows", "model"),
        "outputs": ("features", "rows", "model", "predicted"),
    }
    for side, datasets in crossings.items():
        for node, dataset in enumerate(datasets):
            # In quotes: the names stand in the log of each re-run, too.
            cause = (f"'{dataset}'", f'"name": "{dataset}"', f"→ {dataset}")
            edits[f"node {node}, {side}"] = (at("nodes", node, side, 0, "digest"), cause)
    for what, (change, cause) in edits.items():
        yield World(
            "a record edited with its seal",
            what,
            lambda p, _, change=change: forge(p, change),
            cause,
        )
    yield World(
        "a record edited without its seal",
        "a blank",
        lambda p, _: _rewrite(record_file(p), lambda text: text + " "),
        ("record",),
    )
    yield World(
        "a record cut short",
        "half of it",
        lambda p, _: _rewrite(record_file(p), lambda text: text[: len(text) // 2]),
        ("record",),
    )


def _stores() -> Iterator[World]:
    yield World(
        "a store that was edited",
        "a metric",
        lambda p, _: (
            _sql(p, "UPDATE latest_metrics SET value = value + 1 WHERE key = 'rmse'"),
            _sql(p, "UPDATE metrics SET value = value + 1 WHERE key = 'rmse'"),
        )[0],
        ("rmse",),
    )
    yield World(
        "a store that was edited",
        "a run that failed",
        lambda p, _: _sql(p, "UPDATE runs SET status = 'FAILED'"),
        ("FAILED", "failed", "status"),
    )


def _gone() -> Iterator[World]:
    def data_file(project: Path) -> None:
        for file in (project / TABLE).glob("*.parquet"):
            file.unlink()

    def history(project: Path) -> None:
        for ref in git(project, "for-each-ref", "--format=%(refname)").splitlines():
            git(project, "update-ref", "-d", ref)
        git(project, "reflog", "expire", "--expire=now", "--all")
        git(project, "gc", "--quiet", "--prune=now")

    gone: dict[str, tuple[Callable[[Path], None], str]] = {
        "the data files": (data_file, "samples"),
        "the log": (lambda p: shutil.rmtree(p / TABLE / "_delta_log"), "samples"),
        "the table": (lambda p: shutil.rmtree(p / TABLE), "samples"),
        "the raw file": (lambda p: (p / LABELS).unlink(), "labels"),
        "the repository": (lambda p: shutil.rmtree(p / ".git"), "bundle"),
        "all commits": (history, "bundle"),
    }
    for what, (act, cause) in gone.items():
        yield World("something that is gone", what, lambda p, _, act=act: act(p), (cause,))


def unchanged() -> Iterator[World]:
    """Give what may be otherwise around an honest repeat, piece by piece."""
    for name, values in {
        "TZ": ("UTC", "Asia/Kathmandu", "America/St_Johns"),
        "LANG": ("C", "de_DE.UTF-8", "tr_TR.UTF-8"),
        "LC_ALL": ("C.UTF-8", "POSIX"),
        "COLUMNS": ("20", "400"),
        "TERM": ("dumb", "xterm-256color"),
        "NO_COLOR": ("1",),
        "HOME": ("/nonexistent",),
        "PROBE_UMASK": ("077", "002"),
        "PYTHONIOENCODING": ("latin-1", "utf-8"),
        "PYTHONWARNINGS": ("ignore",),
        "OMP_NUM_THREADS": ("2",),
        "POLARS_MAX_THREADS": ("2",),
        "MLFLOW_TRACKING_URI": ("sqlite:////nonexistent/mlflow.db",),
        "KEDRO_ENV": ("local",),
        "GIT_AUTHOR_NAME": ("Somebody",),
        "CI": ("true",),
    }.items():
        for value in values:
            yield World(
                "the shell", f"{name}={value}", lambda _, env, n=name, v=value: env.update({n: v})
            )
    for settings in (
        {"core.autocrlf": "true"},
        {"core.eol": "crlf"},
        {"commit.gpgsign": "true", "gpg.program": "/nonexistent"},
        {"core.hooksPath": "/nonexistent"},
        {"diff.noprefix": "true", "color.ui": "always"},
        {"core.fsmonitor": "true"},
        {"status.showUntrackedFiles": "no"},
        {"core.fileMode": "false"},
    ):
        yield World(
            "git's settings",
            str(settings),
            lambda p, _, settings=settings: _configure(p, settings),
        )
    tree: dict[str, Act] = {
        "code that was edited since": lambda p, _: _append(p / "src/probe/nodes.py", "\nraise 1\n"),
        "code that was committed since": lambda p, _: _commit_more(p),
        "parameters that were edited since": lambda p, _: _append(
            p / "conf/base/parameters.yml", "more: 1\n"
        ),
        "a file more": lambda p, _: _append(p / "notes.txt", "x"),
        "a staged file": lambda p, _: (_append(p / "new.py", "x"), git(p, "add", "new.py"))[0],
        "another branch": lambda p, _: git(p, "checkout", "--quiet", "-b", "other") and None,
        "a table that went on": lambda p, _: samples(7).write_delta(
            str(p / TABLE), mode="overwrite"
        ),
        "a table with a checkpoint": lambda p, _: deltalake.DeltaTable(
            str(p / TABLE)
        ).create_checkpoint(),
        "a table that was optimized": lambda p, _: (
            deltalake.DeltaTable(str(p / TABLE)).optimize.compact() and None
        ),
        "outputs that are gone": lambda p, _: shutil.rmtree(p / "data/out"),
        "files with other times": lambda p, _: _touch(p / "data"),
        "a logging configuration": lambda p, _: _append(p / "conf/logging.yml", LOGGING),
        "a stash": lambda p, _: (
            _append(p / "conf/base/parameters.yml", "x: 1\n"),
            git(p, "stash", "--quiet"),
        )[0],
        "refs that were packed": lambda p, _: git(p, "pack-refs", "--all") and None,
        "git's clean-up": lambda p, _: git(p, "gc", "--quiet", "--prune=now") and None,
    }
    for what, act in tree.items():
        yield World("the project since", what, act)


def _configure(project: Path, settings: dict[str, str]) -> None:
    for key, value in settings.items():
        git(project, "config", key, value)


LOGGING = "version: 1\ndisable_existing_loggers: false\n"


def _append(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


def _commit_more(project: Path) -> None:
    _append(project / "src/probe/nodes.py", "\nMORE = 1\n")
    git(project, "commit", "--quiet", "--all", "--message", "More")


def _touch(folder: Path) -> None:
    for path in folder.rglob("*"):
        os.utime(path, (1_700_000_000, 1_700_000_000))
