"""Which columns are personal, where two runs are of two environments: those of either."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from lakeproof.commands import explain, reproduce
from lakeproof.commands.project import RunProject
from lakeproof.explain.whole import Wish

from ..reproduce.builders import a_record

# Kedro 1.7 registers its resolvers under the name that OmegaConf is about to drop.
pytestmark = pytest.mark.filterwarnings("ignore:register_new_resolver:UserWarning")

PERSONAL = "samples: {type: lakeproof.delta.DeltaTable, filepath: data/s, personal: [born]}\n"


@pytest.fixture
def project(empty) -> RunProject:
    """A project whose environment `other` alone declares a personal column."""
    empty.write("conf/other/catalog.yml", PERSONAL)
    return RunProject(empty.metadata, None)


def test_what_is_personal_in_either_environment_is(project):
    assert project.personal_in("local") == frozenset()
    assert project.personal_in("other") == {"born"}
    assert project.personal_in("local", "other") == {"born"}


def test_where_a_catalog_is_gone_those_of_all_others_count(project):
    """Else deleting an environment would show its rows."""
    assert project.personal_in("gone") == {"born"}


@pytest.mark.parametrize(("a", "b"), [("other", "local"), ("local", "other")])
def test_an_explanation_shows_no_rows_of_either_run(project, monkeypatch, a, b):
    """A's environment may say what B's does not."""
    records = {}
    for name, env in (("a", a), ("b", b)):
        record = a_record()
        run = replace(record.run, run_id=name, kedro_env=env)
        records[name] = replace(record, run=run)
    monkeypatch.setattr(reproduce, "finished", lambda _, run_id: records[run_id])
    monkeypatch.setattr(explain, "explain", lambda mixes, runs, wish, *_: wish)
    told: list[str] = []
    asked = SimpleNamespace(
        path=project.path,
        personal_in=project.personal_in,
        records=SimpleNamespace(resolve=lambda run: run),
        raw=None,
    )
    monkeypatch.setattr("lakeproof.explain.mixes.mixes.Mixes", lambda *_: None)
    wish = explain.gather(asked, ("a", "b"), Wish(shows_rows=True), False, told.append)
    assert not wish.shows_rows
    assert told == ["Rows are not shown: born is personal in the catalog."]
