"""What resolvers made of values in the catalog is taken down, and restored in a re-run."""

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from kedro.config import OmegaConfigLoader

from lakeproof.record.documents.rerun_request import Rerun, current
from lakeproof.record.redaction.secrets import Secrets
from lakeproof.record.run import rerun as rerunning
from lakeproof.record.setup.catalog_values import gather_catalog_values

# Kedro 1.7 registers its resolvers in a way that OmegaConf is about to drop.
pytestmark = pytest.mark.filterwarnings("ignore:register_new_resolver:UserWarning")

BASE = """
_day: ${lab_text:DAY}
rows:
  type: pandas.CSVDataset
  filepath: data/${_day}/rows.csv
  load_args: {nrows: "${lab_number:ROWS}", names: [a, "${lab_text:DAY}"], sep: ","}
fixed: {type: json.JSONDataset, filepath: data/fixed.json}
placed: {type: json.JSONDataset, filepath: data/p.json, load_args: {beside: "${lab_place:}/x"}}
locked: {type: pandas.SQLTableDataset, load_args: {password: "${lab_text:PW}"}}
"""
OVER = """
rows:
  type: pandas.CSVDataset
  filepath: data/${lab_text:DAY}/over.csv
"""


def loader_of(project: Path, over: str = "") -> OmegaConfigLoader:
    for name, text in (("base", BASE), ("local", over)):
        (project / "conf" / name).mkdir(parents=True, exist_ok=True)
        (project / "conf" / name / "catalog.yml").write_text(text or "{}\n")
    return OmegaConfigLoader(
        str(project / "conf"),
        base_env="base",
        default_run_env="local",
        custom_resolvers={
            "lab_text": lambda name: os.environ[name],
            "lab_number": lambda name: int(os.environ[name]),
            "lab_place": lambda: os.environ["HERE"],
        },
    )


def set_to(monkeypatch: Any, project: Path, day: str | None, rows: str = "5") -> None:
    for name, value in {"DAY": day, "ROWS": rows, "PW": "swordfish", "HERE": str(project)}.items():
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)


def resolved(loader: Any, project: Path) -> Any:
    """Give the catalog as Kedro hands it to hooks: its places are absolute."""
    found = loader["catalog"]
    for entry in found.values():
        if "filepath" in entry:
            entry["filepath"] = f"{project.as_posix()}/{entry['filepath']}"
    return found


@pytest.mark.parametrize(
    ("over", "file"), [("", "data/2026-01-31/rows.csv"), (OVER, "data/2026-01-31/over.csv")]
)
def test_what_a_resolver_gave_is_taken_down_without_secrets_and_places(
    tmp_path, monkeypatch, over, file
):
    """A path is relative to the project; what the files say themselves stands in them."""
    set_to(monkeypatch, tmp_path, "2026-01-31")
    loader = loader_of(tmp_path, over)
    found = gather_catalog_values(loader, resolved(loader, tmp_path), tmp_path, Secrets())
    arguments = {} if over else {"load_args": {"nrows": 5, "names": ["a", "2026-01-31"]}}
    assert found == {"rows": {"filepath": file, **arguments}}


class OwnLoader(OmegaConfigLoader):
    """One that reads files in its own way, for all that is known of it."""

    def _read_raw_config(self, key):
        return super()._read_raw_config(key)


@pytest.mark.parametrize("over", ["", OVER, '2026-01-31: {load_args: {day: "${lab_text:DAY}"}}'])
def test_files_say_the_same_as_text_and_as_the_loader_reads_them(tmp_path, monkeypatch, over):
    """Also under what YAML takes for a date."""
    set_to(monkeypatch, tmp_path, "2026-01-31")
    loader = loader_of(tmp_path, over)
    entries = resolved(loader, tmp_path)
    as_text = gather_catalog_values(loader, entries, tmp_path, Secrets())
    loader.__class__ = OwnLoader
    assert as_text == gather_catalog_values(loader, entries, tmp_path, Secrets())


@pytest.mark.parametrize("over", ["", OVER])
@pytest.mark.parametrize("today", ["2026-11-29", None])
def test_a_rerun_has_what_the_run_had(tmp_path, monkeypatch, over, today):
    """Whatever a variable says today, and where it is not set at all; through the document."""
    monkeypatch.setattr(rerunning, "_end_with_parent", lambda: None)
    then, now = tmp_path / "then", tmp_path / "now"
    set_to(monkeypatch, then, "2026-01-31")
    loader = loader_of(then, over)
    catalog = resolved(loader, then)
    recorded = gather_catalog_values(loader, catalog, then, Secrets())
    told = Rerun("r", str(now / "store"), str(now / "record.json"), (), catalog=recorded)
    told.write(tmp_path / "rerun.json")
    monkeypatch.setenv("LAKEPROOF_RERUN", str(tmp_path / "rerun.json"))

    set_to(monkeypatch, now, today, rows="7")
    again = loader_of(now, over)
    rerunning.prepare(current(), SimpleNamespace(config_loader=again))
    found = again["catalog"]
    assert found["rows"]["filepath"] == catalog["rows"]["filepath"].removeprefix(f"{then}/")
    assert found["rows"].get("load_args") == catalog["rows"].get("load_args")
    assert found["placed"]["load_args"] == {"beside": f"{now}/x"}
    assert gather_catalog_values(again, resolved(again, now), now, Secrets()) == recorded


def test_a_project_below_a_hidden_folder_is_read_by_a_relative_folder_too(tmp_path, monkeypatch):
    """Of its own folders the hidden ones are none of Kedro's, and not of those above it."""
    project = tmp_path / ".worktrees" / "one"
    set_to(monkeypatch, project, "2026-01-31")
    loader = loader_of(project)
    entries = resolved(loader, project)
    found = gather_catalog_values(loader, entries, project, Secrets())
    assert "rows" in found
    monkeypatch.chdir(project)
    loader.conf_source = "conf"
    assert gather_catalog_values(loader, entries, project, Secrets()) == found
