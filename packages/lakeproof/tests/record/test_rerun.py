"""What a re-run is told, in force in its process."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from kedro.config import OmegaConfigLoader

from lakeproof.record.documents.rerun_request import Rerun
from lakeproof.record.run import rerun as rerunning

# Kedro 1.7 registers its resolvers in a way that OmegaConf is about to drop.
pytestmark = pytest.mark.filterwarnings("ignore:register_new_resolver:UserWarning")


def a_rerun(tmp_path: Path, **told) -> Rerun:
    return Rerun("r", str(tmp_path / "store"), str(tmp_path / "record.json"), (), **told)


def loader_of(conf: Path, resolvers: dict) -> OmegaConfigLoader:
    (conf / "base").mkdir(parents=True)
    (conf / "base/parameters.yml").write_text(
        "since: ${today:}\nrate: 0.5\nnumber: ${draw:}\ndb: {password: '${secret:}'}\n"
    )
    return OmegaConfigLoader(str(conf), base_env="base", env="base", custom_resolvers=resolvers)


def test_nodes_get_the_parameters_of_the_run_and_todays_secrets(tmp_path, monkeypatch):
    """Whatever a clock, a dice or the environment makes of them today."""
    monkeypatch.setattr(rerunning, "_end_with_parent", lambda: None)
    loader = loader_of(
        tmp_path / "conf",
        {"today": lambda: "2026-11-28", "draw": lambda: 0.75, "secret": lambda: "swordfish"},
    )
    recorded = {"since": "2026-01-31", "rate": 0.5, "number": 5e-324, "db": {"password": "***"}}
    told = a_rerun(tmp_path, parameters=recorded, redacted=("db.password",))
    rerunning.prepare(told, SimpleNamespace(config_loader=loader))
    assert loader["parameters"] == {**recorded, "db": {"password": "swordfish"}}
