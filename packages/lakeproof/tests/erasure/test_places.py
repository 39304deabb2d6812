"""Each module that writes files of rows is in the list of places that an erasure looks at."""

import re
from pathlib import Path

import lakeproof
from lakeproof.erasure.places import PLACES, WITHOUT_ROWS

_ROOT = Path(lakeproof.__file__).parent
# How rows come into a file here: by an engine, or as a copy or link of a file that has some.
_WRITES = re.compile(
    r"write_table\(|write_parquet\(|\bsink_\w+\(|new_(?:file|stream)\(|write_deltalake\("
    r"|\.write\.(?:parquet|format)|copyfile\(|copy2\(|copyfileobj\(|os\.link\(|shutil\.move"
    r"|log_artifacts?\(|write_csv\(|write_ipc\(|to_parquet\(|to_csv\("
)


def _writers() -> set[str]:
    found = (path for path in _ROOT.rglob("*.py") if _WRITES.search(path.read_text()))
    return {path.relative_to(_ROOT).with_suffix("").as_posix().replace("/", ".") for path in found}


def test_no_module_writes_rows_where_no_erasure_looks():
    """Whoever adds one says there how it is searched, and what erases; each name there is one."""
    named = {module for place in PLACES for module in place.by} | WITHOUT_ROWS.keys()
    assert _writers() - named == set()
    there = {module for module in named if (_ROOT / f"{module.replace('.', '/')}.py").is_file()}
    assert there == named
    assert len(there) > 20, "nothing was counted"


def test_each_place_says_what_becomes_of_it():
    """Also one that nobody looks into."""
    names = [(place.root, place.name) for place in PLACES]
    assert len(set(names)) == len(names)
    assert all(place.holds and place.erased for place in PLACES)
