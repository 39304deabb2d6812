"""Commands that list and look, over a store of thousands of recorded runs.

`python many_runs.py [RUNS [CHECKED]]`. One run is recorded; all others are that one under other
names: rows of MLflow's database, records with seals of their own, leases and refs.
"""

import hashlib
import json
import os
import sqlite3
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from measure import copy_of_project, minima, report, run

RUNS, CHECKED = 10_000, 1_000
REPEATS = 5
_OF_A_RUN = ("latest_metrics", "metrics", "params", "tags")
_SEAL, _RECORD = "lakeproof.record", "record.json"


def record_one(project: Path) -> None:
    """Record the run that all others are copies of."""
    run([*kedro(), "run"], project, **paths(project))


def kedro() -> list[str]:
    """Give Kedro as this environment has it."""
    return [sys.executable, "-m", "kedro"]


def paths(project: Path) -> dict[str, str]:
    """Give what finds the copy's own nodes."""
    return {"PYTHONPATH": str(project / "src")}


def multiply(project: Path, count: int) -> None:
    """Let the store hold so many runs more, each a second older than the one before it."""
    with closing(sqlite3.connect(project / "mlflow.db")) as store, store:
        store.execute("PRAGMA synchronous = OFF")
        (old, uri, began) = store.execute(
            "SELECT run_uuid, artifact_uri, start_time FROM runs ORDER BY start_time LIMIT 1"
        ).fetchone()
        ids = [uuid.uuid4().hex for _ in range(count)]
        seals = {new: _copy_record(uri, old, new) for new in ids}
        for table in ("runs", *_OF_A_RUN):
            _copy_rows(store, table, old, ids, uri)
        store.executemany(
            "UPDATE tags SET value = ? WHERE run_uuid = ? AND key = ?",
            [(seal, new, _SEAL) for new, seal in seals.items()],
        )
        store.executemany(
            "UPDATE runs SET start_time = ?, end_time = end_time - start_time + ? "
            "WHERE run_uuid = ?",
            [
                (began - 1000 * place, began - 1000 * place, new)
                for place, new in enumerate(ids, start=1)
            ],
        )
    for lease, new in _leases(project, old, ids):
        text = lease.read_text().replace(old, new)
        lease.with_name(lease.name.replace(old, new)).write_text(text)
    _copy_refs(project, old, ids)


def _copy_record(uri: str, old: str, new: str) -> str:
    """Copy what a run left on the disk; the seal of the record."""
    source = Path(uri.removeprefix("file://"))
    target = Path(str(source).replace(old, new))
    (target / "lakeproof").mkdir(parents=True)
    for path in (source / "lakeproof").iterdir():
        if path.name != _RECORD:
            # Megabytes of code, the same for all.
            os.link(path, target / "lakeproof" / path.name)
    content = (source / "lakeproof" / _RECORD).read_bytes().replace(old.encode(), new.encode())
    (target / "lakeproof" / _RECORD).write_bytes(content)
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _copy_rows(store: sqlite3.Connection, table: str, old: str, ids: list[str], uri: str) -> None:
    found = store.execute(f"SELECT * FROM {table} WHERE run_uuid = ?", [old])
    names = [column[0] for column in found.description]
    rows = found.fetchall()
    at = names.index("run_uuid")
    made = (
        [
            new if place == at else str(value).replace(old, new) if value == uri else value
            for place, value in enumerate(row)
        ]
        for new in ids
        for row in rows
    )
    store.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(names))})", made)


def _leases(project: Path, old: str, ids: list[str]) -> Iterator[tuple[Path, str]]:
    for lease in (project / ".lakeproof/leases").glob(f"*/*{old}*"):
        for new in ids:
            yield lease, new


def _copy_refs(project: Path, old: str, ids: list[str]) -> None:
    import subprocess

    commit = run(["git", "rev-parse", f"refs/lakeproof/{old}"], project).strip()
    lines = "".join(f"create refs/lakeproof/{new} {commit}\n" for new in ids)
    subprocess.run(
        ["git", "update-ref", "--stdin"], cwd=project, input=lines, text=True, check=True
    )
    run(["git", "pack-refs", "--all"], project)


def main() -> None:
    """Measure each command against `kedro --help`, in turn; the least of each."""
    given = [int(one) for one in sys.argv[1:]]
    count, checked = (*given, *(RUNS, CHECKED)[len(given) :])
    commands = {
        "help": ["--help"],
        "runs": ["runs"],
        "runs_json": ["runs", "--json"],
        "runs_limit": ["runs", "--limit", "20"],
        "show": ["show", "last"],
        "history": ["history", "samples"],
    }
    with tempfile.TemporaryDirectory() as folder:
        project = copy_of_project(Path(folder) / "project")
        record_one(project)
        multiply(project, checked - 1)
        check = minima({"check_all": lambda: _call(project, ["check", "--all"])}, 2)
        multiply(project, count - checked)
        first = minima({"runs_first": lambda: _call(project, ["runs"])}, 1)
        spent = minima(
            {name: lambda typed=typed: _call(project, typed) for name, typed in commands.items()},
            REPEATS,
        )
    beyond = {
        f"{name}_beyond_help_processor_s": round(spent[name].processor - spent["help"].processor, 2)
        for name in commands
        if name != "help"
    }
    elapsed = {
        f"{name}_beyond_help_s": round(spent[name] - spent["help"], 2)
        for name in ("runs", "show", "history")
    }
    report(
        f"commands with {count:,} runs, beyond kedro --help",
        "<= 1.0 s; check --all of 1,000 <= 5 s",
        max(elapsed.values()) <= 1.0 and check["check_all"] <= 5,
        help_processor_s=round(spent["help"].processor, 2),
        **beyond,
        **elapsed,
        runs_first_processor_s=round(first["runs_first"].processor, 2),
        check_all_s=round(check["check_all"], 2),
        check_all_processor_s=round(check["check_all"].processor, 2),
    )


def _call(project: Path, typed: list[str]) -> None:
    said = run([*kedro(), *typed], project, codes=(0, 1), **paths(project))
    if "--json" in typed:
        json.loads(said)


if __name__ == "__main__":
    main()
