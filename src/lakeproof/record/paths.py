"""Let configuration name places of the project, whatever the current directory is."""

from pathlib import Path

from omegaconf import OmegaConf

RESOLVER = "project_path"


def register_project_path(project_path: Path) -> None:
    """Make `${project_path:mlflow.db}` the absolute path of a file of the project.

    MLflow takes `sqlite:///mlflow.db` relative to the current directory, so that a run started
    elsewhere would begin a second, empty store.
    """

    def absolute(relative: str = "") -> str:
        return str(Path(project_path, relative))

    OmegaConf.register_resolver(RESOLVER, absolute, replace=True)
