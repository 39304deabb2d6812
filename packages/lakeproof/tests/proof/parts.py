"""What the proofs change one thing with: a pipeline, a record, a data file, an environment."""

import hashlib
import json
import shutil
import sqlite3
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import deltalake
import pyarrow as pa
import pyarrow.parquet as pq

import lakeproof
from conftest import Project
from lakeproof.stores.files import put
from object_store import ObjectStore

from .conftest import edit

RECORD_TAG = "lakeproof.record"


def add_pipeline(project: Project, name: str, source: str) -> Path:
    """Give the project a pipeline of its own: a module that has `create_pipeline`."""
    module = project.path / f"src/winery/pipelines/{name}.py"
    module.write_text(source)
    registry = project.path / "src/winery/pipeline_registry.py"
    edit(registry, "import Pipeline\n", f"import Pipeline\n\nfrom winery.pipelines import {name}\n")
    edit(registry, "return {", f'return {{"{name}": {name}.create_pipeline(), ')
    return module


def move_to_store(project: Project, store: ObjectStore, place: str) -> None:
    """Let the deliveries and the samples of the example lie in a bucket, and commit that.

    Args:
        project: The example, in which nothing has run.
        store: It.
        place: An address in it.
    """
    raw = project.path / "data/01_raw/wine"
    for file in sorted(raw.glob("*.csv")):
        put(file, f"{place}/raw/{file.name}", store.options)
    shutil.rmtree(raw)
    catalog = project.path / "conf/base/catalog.yml"
    path = "  path: data/01_raw/${globals:example}\n"
    edit(catalog, path, f"  path: {place}/raw\n  credentials: lake\n")
    table = "${either:${globals:table, null}, data/02_intermediate/${globals:example}/samples}"
    edit(catalog, table, f"{place}/samples\n  credentials: lake")
    credentials = project.path / "conf/base/credentials.yml"
    credentials.write_text(json.dumps({"lake": store.options}))
    project.git("commit", "-qam", "to the bucket")


def record_file(project: Project, run_id: str) -> Path:
    """The file in which MLflow keeps the record of a run."""
    return project.path / f"mlartifacts/{run_id}/artifacts/lakeproof/record.json"


def forge(project: Project, run_id: str, change: Callable[[dict[str, Any]], None]) -> None:
    """Let a run have been recorded otherwise, seal and all: as another machine would have."""
    path = record_file(project, run_id)
    document = json.loads(path.read_text())
    change(document)
    content = (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode()
    path.write_bytes(content)
    seal(project, run_id, content)


def seal(project: Project, run_id: str, content: bytes) -> None:
    """Let the run vouch for a content of its record."""
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    with closing(sqlite3.connect(project.path / "mlflow.db")) as database, database:
        done = database.execute(
            "UPDATE tags SET value = ? WHERE run_uuid = ? AND key = ?", (digest, run_id, RECORD_TAG)
        )
        assert done.rowcount == 1


@contextmanager
def put_back(project: Project, backup: Path) -> Iterator[Project]:
    """Let a test do with a project what it likes; afterwards it is as it was."""
    shutil.copytree(project.path, backup, symlinks=True)
    try:
        yield project
    finally:
        shutil.rmtree(project.path)
        shutil.move(backup, project.path)


def data_files(table: Path, version: int | None = None) -> list[Path]:
    """The data files of a version of a table, as its log names them."""
    actions = pa.table(deltalake.DeltaTable(str(table), version=version).get_add_actions())
    return [table / path for path in actions["path"].to_pylist()]


def change_a_cell(file: Path, column: str, value: Any) -> None:
    """Write one cell of a Parquet file anew; the file keeps its size and the log its word."""
    size = file.stat().st_size
    rows = pq.read_table(file)
    cells = rows[column].to_pylist()
    assert cells[0] != value
    place = rows.column_names.index(column)
    changed = pa.array([value, *cells[1:]], rows.schema.field(column).type)
    rows = rows.set_column(place, rows.schema.field(column), changed)
    padding = 0
    # What is missing then is what the padding lacks, give or take the length of its length.
    for _ in range(5):
        with pq.ParquetWriter(file, rows.schema, compression="zstd", store_schema=False) as writer:
            writer.write_table(rows)
            writer.add_key_value_metadata({"padding": "x" * padding})
        padding += size - file.stat().st_size
    assert file.stat().st_size == size, f"{file.stat().st_size} bytes instead of {size}"


def make_environment(folder: Path, package: Path) -> Path:
    """Make a virtual environment that has all of this one's packages and a folder of its own."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    (site,) = folder.glob("lib/python*/site-packages")
    # What is installed as editable is found by files that Python reads of its own folder alone.
    places = (package, sysconfig.get_path("purelib"), Path(lakeproof.__file__).parents[1])
    (site / "beside.pth").write_text("".join(f"{place}\n" for place in places))
    return folder / "bin/python"


def install(folder: Path, name: str, version: str, source: str) -> None:
    """Install a package of one module by hand, in place of another version of it."""
    for left in folder.glob(f"{name}-*.dist-info"):
        shutil.rmtree(left)
    facts = folder / f"{name}-{version}.dist-info"
    facts.mkdir(parents=True)
    (facts / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    (folder / f"{name}.py").write_text(source)
    shutil.rmtree(folder / "__pycache__", ignore_errors=True)
