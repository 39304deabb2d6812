"""Where a Kedro project says how Spark is to be started: `spark.yml`, and the lock of the jars."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from lakeproof.spark.settings import SparkSettings, use_settings

if TYPE_CHECKING:
    from kedro.framework.context import KedroContext


def use_settings_of(context: "KedroContext") -> None:
    """Have Spark started as this project says, should it be needed; nothing is read before."""
    use_settings(lambda: settings_of(context.config_loader, Path(context.project_path)))


def settings_of(loader: Any, project_path: Path) -> SparkSettings:
    """Read `spark.yml`; a project without one gets Spark's own settings.

    Args:
        loader: Kedro's, of the environment that runs.
        project_path: The project's folder.

    Raises:
        SparkError: If they cannot be used.
    """
    from kedro.config import MissingConfigException

    try:
        config = loader["spark"]
    except (KeyError, MissingConfigException):
        config = {}
    return SparkSettings.from_config(config, project_path / "requirements" / "jars.txt")
