"""`kedro pin`: which file it changes, what it refuses, and that it changes nothing then."""

import stat

import polars as pl
import pytest

from lakeproof.commands.catalog_edits import catalog_files
from lakeproof.commands.command_errors import OutputError
from lakeproof.commands.output import write_atomically

from .conftest import CATALOG

BASE = "conf/base/catalog.yml"
PINNED = CATALOG.replace("  key: id\n", "  key: id\n  load_args: {version: 0}\n")


def confs(lakehouse):
    """Every file of the configuration, to see that nothing has changed."""
    files = (lakehouse.path / "conf").rglob("*")
    return {path: path.read_bytes() for path in files if path.is_file()}


def refused(lakehouse, *args):
    """Run a command that must fail and leave the configuration as it is; give what it says."""
    before = confs(lakehouse)
    done = lakehouse.run(*args, code=2)
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert confs(lakehouse) == before
    return done.stderr


@pytest.fixture
def other(lakehouse):
    """The same, with `samples` of the environment `other` at version 0."""
    lakehouse.table("samples", "other").save(pl.DataFrame({"id": ["o"]}))
    return lakehouse


def test_a_pin_is_written_into_the_entry_and_said(lakehouse):
    """And the rest of the file stays."""
    done = lakehouse.run("pin", "samples=0")
    assert lakehouse.read(BASE) == PINNED
    assert done.stdout.splitlines()[0] == f"{BASE}: samples: latest -> version 0"


def test_a_table_without_a_version_is_pinned_to_the_latest_of_now(lakehouse):
    """Which is a number in the catalog, not the word."""
    lakehouse.run("pin", "samples")
    assert lakehouse.read(BASE) == PINNED.replace("version: 0", "version: 2")


def test_latest_takes_the_pin_away(lakehouse):
    """And the file is what it was."""
    lakehouse.run("pin", "samples=0")
    done = lakehouse.run("pin", "samples=latest")
    assert f"{BASE}: samples: version 0 -> latest" in done.stdout
    assert lakehouse.read(BASE) == CATALOG


def test_latest_goes_even_where_the_table_is_gone(empty):
    """A pin must not be held by the table that made it useless."""
    empty.write(BASE, PINNED)
    empty.run("pin", "samples=latest")
    assert empty.read(BASE) == CATALOG


def test_several_tables_are_pinned_at_once(lakehouse):
    """In one file or several; what holds everywhere is said once."""
    done = lakehouse.run("pin", "samples=1", "features=0")
    assert done.stdout.count("holds in every environment") == 1
    pins = lakehouse.json("pin")["pins"]
    assert [(pin["table"], pin["version"]) for pin in pins] == [("samples", 1), ("features", 0)]


def test_where_one_of_several_cannot_be_had_no_file_is_changed(lakehouse):
    """All are checked before the first is written."""
    assert "'features' has no version 1" in refused(lakehouse, "pin", "samples=0", "features=1")


def test_a_time_gives_way_to_a_version(lakehouse):
    """From what to what is said."""
    moment = '"2126-01-31T00:00:00Z"'
    lakehouse.write(BASE, PINNED.replace("version: 0", f"timestamp: {moment}"))
    done = lakehouse.run("pin", "samples=0")
    assert "samples: as of 2126-01-31T00:00:00Z -> version 0" in done.stdout
    assert lakehouse.read(BASE) == PINNED


def test_a_pin_that_is_there_already_changes_nothing(lakehouse):
    """Not even the file's time."""
    path = lakehouse.write(BASE, PINNED)
    before = path.stat().st_mtime_ns
    assert "version 0 already" in lakehouse.run("pin", "samples=0").stdout
    assert path.stat().st_mtime_ns == before


def test_without_arguments_every_delta_table_is_shown(lakehouse):
    """With its pin, its newest version and the file; a table that is not there has a dash."""
    lakehouse.write(
        BASE, PINNED + "gone: {type: lakeproof.delta.DeltaTable, filepath: data/gone}\n"
    )
    lines = lakehouse.run("pin").stdout.splitlines()
    assert [line.split() for line in lines] == [
        ["table", "pin", "newest", "file"],
        ["samples", "version", "0", "2", BASE],
        ["features", "-", "0", BASE],
        ["gone", "-", "-", BASE],
    ]


def test_a_table_that_cannot_be_opened_does_not_hide_the_others(lakehouse):
    """It is remarked upon beside the answer."""
    for log in (lakehouse.path / "data/wine/features/_delta_log").glob("*.json"):
        log.write_text("{}")
    done = lakehouse.run("pin", "--json")
    assert '"newest": 2' in done.stdout
    assert "'features' cannot be opened" in done.stderr


def test_json_says_what_was_changed(lakehouse):
    """Numbers are numbers and the latest version is null; keys stand in the contract's order."""
    found = lakehouse.json("pin", "samples=0", "features=latest")
    assert list(found["pins"][0]) == ["table", "version", "timestamp", "newest", "file"]
    assert found == {
        "schema": 1,
        "pins": [
            {"table": "samples", "version": 0, "timestamp": None, "newest": 2, "file": BASE},
            {"table": "features", "version": None, "timestamp": None, "newest": 0, "file": BASE},
        ],
        "changes": [{"table": "samples", "file": BASE, "from": None, "to": 0}],
        "retention": [
            {"table": name, "is_kept": True, "lives_until": None, "set_in_version": None}
            for name in ("samples", "features")
        ],
    }


def test_an_entry_of_the_local_environment_is_the_one_that_is_edited(lakehouse):
    """It wins over that of the base environment."""
    entry = "samples: {type: lakeproof.delta.DeltaTable, filepath: data/wine/samples}\n"
    lakehouse.write("conf/local/mine/catalog_mine.yml", entry)
    done = lakehouse.run("pin", "samples=0")
    assert done.stdout == "conf/local/mine/catalog_mine.yml: samples: latest -> version 0\n"
    assert "samples, load_args: {version: 0}}" in lakehouse.read("conf/local/mine/catalog_mine.yml")
    assert lakehouse.read(BASE) == CATALOG


def test_a_pin_for_one_environment_is_a_copy_of_the_entry_that_unpinning_removes(other):
    """The base entry keeps its interpolations and comments there, and stays unpinned itself."""
    before = confs(other)
    done = other.run("pin", "samples=0", "--env", "other")
    assert done.stdout.startswith("conf/other/catalog.yml: samples: latest -> version 0\n")
    assert "was copied there" in done.stdout
    copy = other.read("conf/other/catalog.yml")
    assert copy.startswith("# Copied by `kedro pin` from conf/base/catalog.yml")
    assert "${globals:example}/samples   # one folder per example\n  key: id\n  load_args" in copy
    assert other.read(BASE) == CATALOG
    done = other.run("pin", "samples=latest", "-e", "other")
    assert "copy of the entry 'samples' was removed" in done.stdout
    assert confs(other) == before


def test_a_copy_joins_the_entries_that_are_there_and_leaves_them(other):
    """To the byte, carriage returns too."""
    text = "# Mine.\r\nreport: {type: MemoryDataset}\r\n"
    other.write("conf/other/catalog.yml", text)
    other.run("pin", "samples=0", "-e", "other")
    copy = other.read("conf/other/catalog.yml")
    assert copy.startswith(text)
    assert "\n" not in copy.replace("\r\n", "")
    other.run("pin", "samples=latest", "-e", "other")
    assert other.read("conf/other/catalog.yml") == text


def test_an_environments_own_entry_is_edited_and_stays(other):
    """Even where it says no more than that of base: somebody wrote it."""
    text = "samples:  # ours\n  type: lakeproof.delta.DeltaTable\n  filepath: data/other/samples\n"
    other.write("conf/other/catalog.yml", text)
    other.run("pin", "samples=0", "-e", "other")
    assert other.read("conf/other/catalog.yml") == text + "  load_args: {version: 0}\n"
    other.run("pin", "samples=latest", "-e", "other")
    assert other.read("conf/other/catalog.yml") == text


def test_unpinning_an_environment_that_base_pins_leaves_a_copy_without_the_pin(other):
    """And pinning it as base does removes the copy."""
    other.write(BASE, PINNED)
    other.run("pin", "samples=latest", "-e", "other")
    assert "load_args" not in other.read("conf/other/catalog.yml")
    assert other.read(BASE) == PINNED
    other.run("pin", "samples=0", "-e", "other")
    assert not (other.path / "conf/other/catalog.yml").exists()


def test_the_environment_of_the_shell_counts_as_named(other, monkeypatch):
    """`kedro run` would use it."""
    monkeypatch.setenv("KEDRO_ENV", "other")
    other.run("pin", "samples=0")
    assert other.read(BASE) == CATALOG
    assert "version: 0" in other.read("conf/other/catalog.yml")


def test_base_can_be_named(lakehouse):
    """It is edited in place."""
    assert lakehouse.run("pin", "samples=0", "-e", "base").stdout.count("\n") == 1
    assert lakehouse.read(BASE) == PINNED


def test_a_file_keeps_its_permissions_its_mark_and_its_link(lakehouse):
    """Only its content is replaced."""
    real = lakehouse.write("shared/catalog.yml", "\ufeff" + CATALOG)
    real.chmod(0o640)
    link = lakehouse.path / BASE
    link.unlink()
    link.symlink_to(real)
    lakehouse.run("pin", "samples=0")
    assert link.is_symlink()
    assert real.read_text(encoding="utf-8") == "\ufeff" + PINNED
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert [path.name for path in real.parent.iterdir()] == ["catalog.yml"]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["samples=7"], "'samples' has no version 7: there are versions 0 to 2."),
        (["samples=-1"], "'-1' is neither a version number nor latest"),
        (["samples="], "'' is neither a version number nor latest"),
        (["=1"], "'=1' does not say what to pin"),
        (["samples=1", "samples=2"], "'samples' is named twice"),
        (["sampels=0"], "Did you mean 'samples'?"),
        (["samples:0"], "Write: kedro pin samples=0"),
        (["report=0"], "'report' is a MemoryDataset"),
        (["samples=0", "--env", "other"], "'samples' does not exist"),
        (["samples", "--env", "othr"], "Did you mean 'other'?"),
    ],
)
def test_what_cannot_be_pinned_is_refused(lakehouse, args, said):
    """In a sentence, and no file changes."""
    assert said in refused(lakehouse, "pin", *args)


def test_a_version_whose_files_are_gone_is_refused(lakehouse):
    """It could not be read."""
    for path in (lakehouse.path / "data/wine/features").glob("*.parquet"):
        path.unlink()
    said = refused(lakehouse, "pin", "features=0")
    assert "missing or damaged" in said
    assert "No pin was changed." in said


def test_a_folder_that_is_no_table_is_refused(empty):
    """Named as what it is."""
    (empty.path / "data/wine/samples").mkdir(parents=True)
    assert "'samples' is not a Delta table" in refused(empty, "pin", "samples")


def test_a_table_that_a_dataset_factory_makes_is_refused(lakehouse):
    """A pin there would be one of many tables."""
    entry = '"{name}_delta": {type: lakeproof.delta.DeltaTable, filepath: "data/wine/{name}"}\n'
    lakehouse.write(BASE, CATALOG + entry)
    said = refused(lakehouse, "pin", "samples_delta=0")
    assert "the dataset factory '{name}_delta' makes it" in said
    assert "Write an entry 'samples_delta' in conf/base/catalog.yml" in said


def test_an_entry_that_others_share_is_refused(lakehouse):
    """An edit of the anchor would pin them too."""
    text = CATALOG.replace("samples:\n", "samples: &all\n") + "again: *all\n"
    lakehouse.write(BASE, text)
    said = refused(lakehouse, "pin", "samples=0")
    assert f"{BASE}: the entry 'samples' is written in a way" in said


def test_a_copy_that_names_what_only_the_base_catalog_has_is_taken_back(other):
    """Kedro resolves each environment's catalog by itself."""
    text = CATALOG.replace("data/${globals:example}/samples", "${_root}/samples")
    other.write(BASE, text + "_root: data/other\n")
    said = refused(other, "pin", "samples=0", "--env", "other")
    assert "With this pin the catalog could not be read any more" in said


def test_a_copy_that_would_read_otherwise_is_taken_back(other):
    """The same name can stand for something else there."""
    text = CATALOG.replace("data/${globals:example}/samples", "${_root}/samples")
    other.write(BASE, text + "_root: data/other\n")
    other.write("conf/other/catalog_more.yml", "_root: data/elsewhere\n")
    said = refused(other, "pin", "samples=0", "--env", "other")
    assert "entry 'samples' would not read as it should" in said


def test_a_file_that_somebody_changes_meanwhile_is_not_overwritten(lakehouse, monkeypatch):
    """Their change wins."""
    path = lakehouse.path / BASE

    def meanwhile(*args):
        path.write_text(CATALOG + "# new\n")
        return edit(*args)

    edit = catalog_files.with_pin
    monkeypatch.setattr(catalog_files, "with_pin", meanwhile)
    assert "changed by somebody else" in lakehouse.run("pin", "samples=0", code=2).stderr
    assert path.read_text() == CATALOG + "# new\n"


def test_where_the_second_file_cannot_be_written_the_first_is_put_back(lakehouse, monkeypatch):
    """All or none."""
    entry = "features: {type: lakeproof.delta.DeltaTable, filepath: data/wine/features}\n"
    lakehouse.write("conf/local/catalog.yml", entry)

    def full(path, content):
        if b"features" in content and path.parent.name == "local" and b"version" in content:
            raise OutputError("The disk is full.")
        write_atomically(path, content)

    monkeypatch.setattr(catalog_files, "write_atomically", full)
    assert "disk is full" in refused(lakehouse, "pin", "samples=0", "features=0")
