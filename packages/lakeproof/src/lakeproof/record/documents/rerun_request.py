"""What a re-run is told, as a document that two versions of this project share.

The process that asks for it writes a file and names it in the environment; the run, which may be
of an older version, reads it here. So the file has a schema of its own, and the two sides share
nothing else. Not for what a run does with it (`run.rerun`).
"""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from lakeproof.errors import RunError
from lakeproof.record.documents.spelled_values import spelled_back, spelled_out

VARIABLE = "LAKEPROOF_RERUN"
SCHEMA = 1


@dataclass(frozen=True)
class RerunTable:
    """Where a table of the run is.

    Args:
        dataset: The catalog name.
        uri: Where it is read and written now.
        recorded_uri: What its record is to call it: the place of the real one.
        version: The version whose content has been verified, if it has.
        digest: Of that version, computed from its rows.
    """

    dataset: str
    uri: str
    recorded_uri: str
    version: int | None = None
    digest: str | None = None


@dataclass(frozen=True)
class RerunModel:
    """Where a model is that the run loaded from MLflow.

    Args:
        dataset: The catalog name.
        asked: As its record is to say that the catalog names it.
        uri: Which one that meant.
        folder: Where its files are now, verified.
    """

    dataset: str
    asked: str
    uri: str
    folder: str


@dataclass(frozen=True)
class Rerun:
    """What a re-run is told.

    Args:
        reproduces: The run that it repeats.
        store: A folder for the MLflow store that it logs to.
        record_path: Where it leaves its record.
        tables: The tables of the run.
        credentials_from: The user's configuration folder, from which credentials are read.
        kedro_env: The environment whose credentials they are.
        engine: Replaces the catalog's, where the re-run is to be on another one.
        spark: Today's `spark.yml`, where that engine is asked for.
        arrivals: The names of the files of a folder, by dataset, as the run took them, where that
            is not their own order.
        parameters: Their values as the run had them.
        redacted: The dotted names of those that are replaced.
        catalog: What resolvers made of values in the catalog, nested as they are there.
        project: The user's project, to whose surroundings places in the catalog may lead.
        resets_random: Whether the random states that nodes share are set anew before each.
        models: The models that the run loaded from MLflow.
        deliveries: Local folders with what the run read of deliveries in a store, by dataset.
        shares: A folder with what nodes gave in other runs of this code and set-up.
    """

    reproduces: str
    store: str
    record_path: str
    tables: tuple[RerunTable, ...]
    credentials_from: str | None = None
    kedro_env: str | None = None
    engine: str | None = None
    spark: Mapping[str, str] | None = None
    arrivals: Mapping[str, list[str]] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    redacted: tuple[str, ...] = ()
    catalog: Mapping[str, Any] = field(default_factory=dict)
    project: str | None = None
    resets_random: bool | None = None
    models: tuple[RerunModel, ...] = ()
    deliveries: Mapping[str, str] = field(default_factory=dict)
    shares: str | None = None
    schema: int = SCHEMA

    def write(self, path: Path) -> None:
        """Leave it for the process that reads it."""
        # What is not said needs no word for it in the recorded code.
        told = {key: value for key, value in asdict(self).items() if value not in (None, {}, ())}
        told["tables"] = told.get("tables", ())
        for name in ("parameters", "catalog"):
            if name in told:
                told[name] = spelled_out(getattr(self, name))
        # Settings of Spark may hold what is nobody else's.
        path.touch(mode=0o600)
        path.write_text(json.dumps(told, indent=1), encoding="utf-8")

    def verified_digest(self, uri: str, version: int) -> str | None:
        """Give the digest of a version that was verified just before the re-run."""
        for table in self.tables:
            if (table.uri, table.version) == (uri, version):
                return table.digest
        return None


def current() -> Rerun | None:
    """Tell what this process is told, if it is a re-run.

    Raises:
        RunError: If it is told by a newer version than it understands.
    """
    path = os.environ.get(VARIABLE)
    if not path:
        return None
    content = json.loads(Path(path).read_text(encoding="utf-8"))
    if content["schema"] > SCHEMA:
        raise RunError(
            f"The re-run is asked for in schema {content['schema']}; the code of the recorded run "
            f"understands up to {SCHEMA}. Nothing was run. Reproduce it with the version of "
            "Lakeproof that recorded it."
        )
    known = {one.name for one in fields(Rerun)}
    # What came later and can be done without is left out by whoever asks where it says nothing.
    told = {key: value for key, value in content.items() if key in known}
    told["tables"] = tuple(RerunTable(**table) for table in told["tables"])
    told["models"] = tuple(RerunModel(**model) for model in told.get("models", ()))
    for name in ("parameters", "catalog"):
        told[name] = spelled_back(told.get(name, {}))
    told["redacted"] = tuple(told.get("redacted", ()))
    return Rerun(**told)
