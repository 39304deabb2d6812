"""Where runs are kept: an `mlflow.yml` for a project that has none."""

from pathlib import Path, PurePosixPath

from lakeproof.commands.init.draft import Draft

# kedro-mlflow reads `mlflow*`, in folders of that name too.
_PATTERN = "mlflow*"
TEXT = """\
# kedro-mlflow: https://kedro-mlflow.readthedocs.io
server:
  # In the project whatever the current directory is; `mlflow ui` in the project finds it by itself.
  mlflow_tracking_uri: sqlite:///${project_path:mlflow.db}
tracking:
  experiment:
    create_experiment_kwargs:
      artifact_location: ${project_path:mlartifacts}
  run:
    # Nested runs leak into the next session of one process.
    nested: false
  params:
    dict_params:
      flatten: true
    # A list of columns may be longer than MLflow lets a parameter be.
    long_params_strategy: tag
"""


def configure_mlflow(draft: Draft) -> None:
    """Write one for all environments, unless any has one: then it is known where runs are kept."""
    from kedro.framework.project import settings

    conf = PurePosixPath(str(settings.CONF_SOURCE))
    if any(Path(draft.project_path, conf).rglob(_PATTERN)):
        return
    base = settings.CONFIG_LOADER_ARGS.get("base_env") or ""
    draft.put(str(conf / base / "mlflow.yml"), TEXT)
