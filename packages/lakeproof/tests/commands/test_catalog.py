"""Opening a project's catalog: what it does not need, and what it refuses."""

import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from lakeproof.cli import commands
from lakeproof.cli.options import common_options
from lakeproof.commands.catalog import open_catalog
from lakeproof.commands.command_errors import CatalogError


def test_the_project_is_found_from_a_folder_within(lakehouse, monkeypatch):
    """As without Kedro's command line."""
    (lakehouse.path / "notebooks").mkdir()
    monkeypatch.chdir(lakehouse.path / "notebooks")
    with pytest.warns(UserWarning, match="register_new_resolver"):
        assert open_catalog(None, None).table_names() == ["samples", "features"]


def test_no_project_is_refused(tmp_path, monkeypatch):
    """Naming the folder."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CatalogError, match=r"There is no Kedro project in .* or above it"):
        open_catalog(None, None)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "No files of YAML or JSON format found"),
        ("samples: [", "conf/base/catalog.yml, line 2 is no YAML"),
        ("samples: {filepath: x}\n", "cannot be read: "),
        ("samples: {type: lakeproof.delta.DeltaTable, filepath: '${globals:no}'}\n", "'no'"),
        ("samples: {type: lakeproof.delta.DeltaTable, path: x}\n", "'samples' cannot be used"),
        ("samples: {type: no.such.Dataset}\n", "'samples' cannot be used"),
    ],
    ids=["no file", "no YAML", "no type", "no such global", "no such argument", "no such class"],
)
def test_a_catalog_that_cannot_be_read_is_refused(empty, text, said):
    """In Kedro's words, without its traceback."""
    catalog = empty.path / "conf/base/catalog.yml"
    catalog.unlink()
    if text is not None:
        catalog.write_text(text)
    done = empty.run("history", "samples", code=2)
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_an_entry_that_cannot_be_imported_does_not_hide_the_tables(lakehouse):
    """Nor is any dataset made that nobody asked for."""
    catalog = lakehouse.path / "conf/base/catalog.yml"
    catalog.write_text(catalog.read_text() + "broken: {type: no.such.Dataset}\n")
    assert [pin["table"] for pin in lakehouse.json("pin")["pins"]] == ["samples", "features"]


def test_verbose_shows_where_an_error_comes_from(empty, monkeypatch):
    """As the variable does."""
    monkeypatch.setenv("LAKEPROOF_DEBUG", "")
    assert "Traceback" in empty.run("history", "samples", "--verbose", code=2).stderr


def test_a_command_without_an_environment_has_the_other_options():
    """`common_options` serves those that take a run's environment."""

    @click.command()
    @common_options(has_env=False)
    def reproduce(**options: object) -> None:
        click.echo(sorted(options))

    assert CliRunner().invoke(reproduce).output == "['as_json', 'output']\n"
    assert CliRunner().invoke(reproduce, ["--env", "x"]).exit_code == 2


def _all_about_a_project() -> list[str]:
    """Name the commands that take what all take; those of a group by both words."""
    found = []
    for name, command in sorted(commands.commands.items()):
        if name == "lakeproof":
            continue
        inner = getattr(command, "commands", None)
        found += [f"{name} {one}" for one in sorted(inner)] if inner else [name]
    return found


@pytest.mark.parametrize("name", _all_about_a_project())
def test_help_shows_an_example(name):
    """On lines of its own."""
    text = CliRunner().invoke(commands, [*name.split(), "--help"]).output
    assert f"\n  Example:\n      kedro {name}" in text
    # What `export` writes has formats of its own.
    for option in ("--json",) * (name != "export") + ("--output FILE", "--verbose"):
        assert option in text
    # A re-run takes the recorded one, and a stamp is of a tree.
    assert ("--env" in text) == (name not in ("reproduce", "verify", "stamp"))


def test_the_commands_import_click_and_the_standard_library_alone():
    """Every `kedro` command pays for what they import."""
    code = (
        "import click, sys; known = set(sys.modules); import lakeproof.cli;"
        "print(*set(sys.modules) - known)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    foreign = {name.split(".")[0] for name in done.stdout.split()} - set(sys.stdlib_module_names)
    assert foreign == {"lakeproof"}


@pytest.mark.slow
def test_the_commands_are_kedros_and_their_json_is_all_of_standard_output(lakehouse):
    """As a script would read it; nothing of the project but its catalog is needed."""
    done = subprocess.run(
        [sys.executable, "-m", "kedro", "pin", "samples=0", "--json"],
        cwd=lakehouse.path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith('{\n  "schema": 1,\n')
    assert done.stdout.endswith("}\n")
    assert not list(lakehouse.path.glob("mlflow.db")) + list(lakehouse.path.glob("mlruns"))
