"""Where a Kedro project says how Spark is to be started: `spark.yml`, and the lock of the jars."""

from pathlib import Path
from typing import TYPE_CHECKING

from lakeproof.spark.settings import SparkSettings, use_settings

if TYPE_CHECKING:
    from kedro.framework.context import KedroContext


def use_settings_of(context: "KedroContext") -> None:
    """Have Spark started as this project says, should it be needed; nothing is read before."""

    def read() -> SparkSettings:
        from kedro.config import MissingConfigException

        try:
            config = context.config_loader["spark"]
        except (KeyError, MissingConfigException):
            config = {}
        lock = Path(context.project_path) / "requirements" / "jars.txt"
        return SparkSettings.from_config(config, lock)

    use_settings(read)
