"""Where runs are kept: an `mlflow.yml` for a project that has none."""

import shlex
from pathlib import Path, PurePosixPath

from lakeproof.commands.command_errors import InitError
from lakeproof.commands.init.draft import Draft
from lakeproof.record.code import git

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
    """Write one for all environments, unless any has one: then it is known where runs are kept.

    Raises:
        InitError: If one is there that kedro-mlflow would refuse, so that nothing could be run.
    """
    from kedro.framework.project import settings

    conf = PurePosixPath(str(settings.CONF_SOURCE))
    base = settings.CONFIG_LOADER_ARGS.get("base_env") or ""
    found = sorted(Path(draft.project_path, conf).rglob(_PATTERN))
    if found:
        _require_kedro_mlflow(draft.project_path, Path(draft.project_path, conf), base, found)
    else:
        draft.put(str(conf / base / "mlflow.yml"), TEXT)


def _require_kedro_mlflow(project: Path, conf: Path, base: str, found: list[Path]) -> None:
    """Refuse a file that is another tool's, or of another kedro-mlflow.

    Whatever else is wrong with the configuration, a run says.
    """
    from kedro_mlflow.config.kedro_mlflow_config import KedroMlflowConfig

    from lakeproof.record.mlflow_store.tracking import mlflow_in, open_loader
    from lakeproof.record.setup.mlflow_yml import refused

    named = {path.relative_to(conf).parts[0] for path in found} - {base}
    for env in (None, *sorted(name for name in named if (conf / name).is_dir())):
        try:
            KedroMlflowConfig.model_validate(dict(mlflow_in(open_loader(project, env))))
        except Exception as error:
            own = [path for path in found if path.relative_to(conf).parts[0] in (env, base)]
            file = (own or found)[-1]
            fault = refused(error, file.relative_to(project).as_posix())
            if fault is not None:
                raise InitError(f"{fault} {_what_then(project, conf, file)}") from error


def _what_then(project: Path, conf: Path, file: Path) -> str:
    # A folder of that name is read whole.
    (outermost, *_) = (
        one
        for one in (*reversed(file.parents), file)
        if one.is_relative_to(conf) and one.match(_PATTERN)
    )
    old = outermost.relative_to(project)
    try:
        git.ask(project, "ls-files", "--error-unmatch", old.as_posix())
        move = "git mv"
    except git.GitError:
        move = "mv"
    names = shlex.join((old.as_posix(), old.with_name(f"own_{old.name}").as_posix()))
    return (
        "Nothing was written. kedro-mlflow comes with Lakeproof and reads that file in each run: "
        "correct it, or, if it is another tool's, give it another name, here and in what reads "
        f"it, and repeat: {move} {names} && kedro lakeproof init"
    )
