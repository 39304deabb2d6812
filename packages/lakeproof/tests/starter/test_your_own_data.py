"""The page `docs/your-own-data.md`, followed: what it says to write is written, and it runs."""

import json
import random
import re
import textwrap

import polars as pl
import pytest

from docs.pages import commands_of, page
from docs.test_commands import typed

PAGE = page("your-own-data.md").read_text(encoding="utf-8")
# Those that follow are typed in a project of its own: test_new_project.py.
COMMIT, FIRST, SECOND, COMPARE, REPRODUCE, PINNED, PIN, UNPIN, ELSEWHERE, *WITHOUT_WINES = (
    commands_of(page("your-own-data.md"))
)
FILES = ("globals.yml", "parameters.yml")


def houses(first: int, last: int, *, has_garden: bool) -> str:
    draw = random.Random(first)
    lines = ["house,area,rooms,garden,price" if has_garden else "house,area,rooms,price"]
    for number in range(first, last):
        area, rooms = round(draw.uniform(40, 220), 1), draw.randrange(1, 8)
        garden = [str(round(draw.uniform(0, 300), 1))] if has_garden else []
        price = str(round(3 * area + 10 * rooms + draw.gauss(0, 9), 2))
        cells = [str(area), str(rooms) if number % 11 else "", *garden, price]
        lines.append(f'"Straße {number}, Zürich",{",".join(cells)}')
    return "\n".join(lines) + "\n"


@pytest.mark.beyond_ci
@pytest.mark.slow
def test_the_files_of_the_page_and_two_deliveries_make_two_versions(project):
    """A regression on text keys, missing values and a column that joins; nothing else is needed."""
    blocks = [
        textwrap.dedent(block)
        for block in re.findall(r"^ *```yaml\n(.*?)^ *```$", PAGE, re.MULTILINE | re.DOTALL)
    ]
    conf, raw = project.path / "conf/houses", project.path / "data/01_raw/houses"
    conf.mkdir()
    raw.mkdir()
    for name, block in zip(FILES, blocks, strict=False):
        assert f"conf/houses/{name}`" in PAGE
        (conf / name).write_text(block)
    assert typed(project, COMMIT.line).exit_code == 0
    (raw / "2026-01.csv").write_text(houses(0, 100, has_garden=False))
    first = typed(project, FIRST.line)
    assert "has no column garden: the features do without" in first.stderr
    assert re.search(r"^ +rmse +\d", first.stdout, re.MULTILINE)
    (raw / "2026-02.csv").write_text(houses(100, 150, has_garden=True))
    second = typed(project, SECOND.line)
    compared = typed(project, COMPARE.about(first.run_id, second.run_id))
    assert (compared.exit_code, compared.stdout.split()[0]) == (1, COMPARE.verdict)
    assert typed(project, REPRODUCE.about(second.run_id)).stdout.startswith(f"{REPRODUCE.verdict} ")
    told = json.loads(project.kedro("history", "--env", "houses", "samples", "--json").stdout)
    assert [version["rows"] for version in told["versions"]] == [150, 100]
    assert project.git("status", "--porcelain") == ""
    pinned = typed(project, PINNED.line)
    assert PIN.output[0] in typed(project, PIN.line).stdout
    assert typed(project, UNPIN.line).exit_code == 0
    assert project.git("status", "--porcelain") == ""
    metrics = [
        re.findall(r"^ +(\w+ +\S+)$", done.stdout, re.MULTILINE) for done in (first, second, pinned)
    ]
    assert metrics[0] == metrics[2] != metrics[1]


@pytest.mark.slow
def test_a_table_made_elsewhere_needs_no_schema_and_is_only_read(project, tmp_path):
    """By `table` in `globals.yml`; a run begins with its features, and is had again from there."""
    table = tmp_path / "warehouse/houses"
    table.parent.mkdir()
    pl.read_csv(houses(0, 100, has_garden=True).encode()).write_delta(str(table))
    before = sorted(table.rglob("*"))
    blocks = [
        textwrap.dedent(block)
        for block in re.findall(r"^ *```yaml\n(.*?)^ *```$", PAGE, re.MULTILINE | re.DOTALL)
    ]
    (told,) = (block for block in blocks if "table: /path/to/warehouse/houses" in block)
    conf = project.path / "conf/houses"
    conf.mkdir()
    (conf / "globals.yml").write_text(told.replace("/path/to/warehouse/houses", str(table)))
    (conf / "parameters.yml").write_text(blocks[1])
    finished = typed(project, ELSEWHERE.line)
    assert "ingest_deliveries" not in finished.stderr
    assert re.search(r"^ +rmse +\d", finished.stdout, re.MULTILINE)
    # Beside the rows and the log stands who has leased them.
    assert [one for one in sorted(table.rglob("*")) if "_lakeproof" not in one.parts] == before
    verdict = project.kedro("reproduce", finished.run_id, "--json").stdout
    assert json.loads(verdict)["verdict"] == "REPEATED"
