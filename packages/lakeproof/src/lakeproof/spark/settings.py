"""What Spark is told: a project's `spark.yml`, and what exactness does not leave to it."""

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from lakeproof.configuration import unknown_key
from lakeproof.spark.spark_errors import SparkError

_DELTA = "io.delta.sql.DeltaSparkSessionExtension"

_CATALOG = "org.apache.spark.sql.delta.catalog.DeltaCatalog"
# Each of these closes a hole through which two runs would differ or, worse, rows vanish.
FIXED = MappingProxyType(
    {
        # A timestamp is the same moment whatever the machine's zone.
        "spark.sql.session.timeZone": "UTC",
        # Spark's default, INT96, is Spark's alone.
        "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
        # The calendar is the same for every day, also before 1582 and in files of other writers.
        "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
        "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
        "spark.sql.parquet.int96RebaseModeInRead": "CORRECTED",
        "spark.sql.parquet.int96RebaseModeInWrite": "CORRECTED",
        # A text is what the file holds: `char(5)` would come padded with blanks from Spark alone.
        "spark.sql.legacy.charVarcharAsString": "true",
        # Without it a filter for a day in October 1582 is pushed down as one ten days later, and
        # finds nothing (Spark 4.2).
        "spark.sql.datetime.java8API.enabled": "true",
        # An overflow or a bad cast is an error, as Polars' strict casts are; not a null.
        "spark.sql.ansi.enabled": "true",
        # A version whose files are gone would otherwise be read as a table without rows.
        "spark.sql.files.ignoreMissingFiles": "false",
        "spark.sql.files.ignoreCorruptFiles": "false",
        # A plain UDF over a Delta scan hangs for ever with Arrow (Spark 4.2).
        "spark.sql.execution.pythonUDF.arrow.enabled": "false",
        # A column joins a table because the catalog says so.
        "spark.databricks.delta.schema.autoMerge.enabled": "false",
        # Versions come from the runs alone.
        "spark.databricks.delta.autoCompact.enabled": "false",
    }
)
# Ours, and by a name that Spark leaves alone: whether nobody but this run writes to tables in S3.
SINGLE_WRITER = "spark.lakeproof.singleWriter"
# Whose jars are added to Delta's: `s3`, by the lock of the project's own, or the one beside this.
STORES = "spark.lakeproof.stores"
_QUIET = MappingProxyType({"spark.ui.showConsoleProgress": "false"})
_LOCAL = MappingProxyType(
    # A laptop's name may resolve to nothing, or to an address that a firewall closes.
    {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
)


@dataclass(frozen=True)
class SparkSettings:
    """The settings of a session.

    Args:
        conf: What `spark.yml` says, by Spark's names.
        jar_lock: The file that names the Delta jars.
    """

    conf: Mapping[str, str] = field(default_factory=dict)
    jar_lock: Path = Path("requirements/jars.txt")

    @classmethod
    def from_config(cls, config: Mapping[str, Any], jar_lock: Path) -> "SparkSettings":
        """Read the mapping of `spark.yml`.

        Raises:
            SparkError: If a key is not Spark's, or would undo what exactness needs.
        """
        conf = {key: _text(key, value) for key, value in config.items() if value is not None}
        for key, fixed in FIXED.items():
            if key in conf and conf[key].lower() != fixed.lower():
                raise SparkError(
                    f"spark.yml says {key}: {conf[key]}, but a reproducible run needs "
                    f"{fixed}: see docs/spark.md. Spark was not started. Take the line out."
                )
        for key in ("spark.jars", "spark.jars.packages"):
            if re.search(r"delta-(spark|storage|core)", conf.get(key, "")):
                raise SparkError(
                    f"spark.yml says {key}: {conf[key]}, but Delta's jars are those of "
                    "requirements/jars.txt, which the record names. Spark was not started. Take "
                    "them out, or change the lock."
                )
        return cls(conf, jar_lock)

    @property
    def jar_locks(self) -> list[Path]:
        """The files that name the jars: Delta's, and of each store that is asked for."""
        stores = re.split(r"[,\s]+", self.conf.get(STORES, "").strip())
        places = [
            (self.jar_lock.with_name(name), Path(__file__).with_name(name))
            for name in (f"jars-{one}.txt" for one in stores if one.isalnum())
        ]
        found = [ours if ours.exists() and not own.exists() else own for own, ours in places]
        return [self.jar_lock, *found]

    @property
    def master(self) -> str:
        """Where Spark runs."""
        return self.conf.get("spark.master", "local[*]")

    @property
    def remote(self) -> str | None:
        """The Spark Connect server that computes; none where Spark is started here."""
        return self.conf.get("spark.remote") or os.environ.get("SPARK_REMOTE")

    @property
    def is_local(self) -> bool:
        """Tell whether all of Spark runs on this machine, in one process or a few."""
        return self.master.startswith("local")

    def effective(self, jars: Sequence[Path]) -> dict[str, str]:
        """Give everything a session is started with.

        Args:
            jars: The Delta jars.
        """
        conf = {"spark.master": self.master, **_QUIET, **(_LOCAL if self.is_local else {})}
        conf |= {**self.conf, **FIXED, "spark.sql.catalog.spark_catalog": _CATALOG}
        conf["spark.sql.extensions"] = _joined([_DELTA], self.conf.get("spark.sql.extensions"))
        conf["spark.jars"] = _joined([str(jar) for jar in jars], self.conf.get("spark.jars"))
        return conf


def _joined(ours: list[str], given: str | None) -> str:
    theirs = [part.strip() for part in (given or "").split(",") if part.strip()]
    return ",".join(dict.fromkeys([*ours, *theirs]))


def _text(key: str, value: Any) -> str:
    if not key.startswith("spark."):
        known = ("those of Spark, which begin with 'spark.'",)
        raise SparkError(unknown_key(key, "spark.yml", known, "Spark was not started."))
    if isinstance(value, Mapping | list | tuple):
        raise SparkError(
            f"spark.yml has under '{key}' a {type(value).__name__}; Spark's settings are flat, as "
            "in `spark.driver.memory: 2g`. Spark was not started."
        )
    # YAML reads `true` as a boolean; Spark knows no `True`.
    return str(value).lower() if isinstance(value, bool) else str(value)


_source: Callable[[], SparkSettings] | None = None


def use_settings(source: Callable[[], SparkSettings] | None) -> None:
    """Say where the settings come from; they are read when Spark starts, not before."""
    global _source
    _source = source


def current_settings() -> SparkSettings:
    """Read the settings of the project in progress.

    Raises:
        SparkError: If they cannot be used.
    """
    return _source() if _source is not None else SparkSettings()
