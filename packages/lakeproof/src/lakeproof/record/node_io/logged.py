"""What nodes gave to MLflow by themselves: listed when they are done, without what we know.

Left out is what stood on the run before the first node, what kedro-mlflow makes of parameters,
what MLflow notes of itself, and files that have the bytes and the name of one that a dataset wrote.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lakeproof.record.facts import FileFacts, Logged
from lakeproof.record.mlflow_store.one_run import children_of
from lakeproof.record.node_io.metrics import MetricWatch
from lakeproof.record.node_io.node_io import cross
from lakeproof.record.node_io.param_batch import ParamBatch
from lakeproof.record.node_io.run_digests import (
    PICTURES,
    digest_points,
    digest_run,
    digest_text,
    files_of,
    history_of,
)
from lakeproof.record.redaction.secrets import Secrets

if TYPE_CHECKING:
    from kedro.io import CatalogProtocol
    from mlflow.entities import Run

_MOST_CHARACTERS = 200
_LONG = 500
# `log_image` with a key: the name holds the time and a random id.
_IMAGE = re.compile(
    r"(images/.+[%+]step[%+]\d+)[%+]timestamp[%+]\d+[%+][0-9a-f-]+([%+]compressed)?(\.\w+)"
)
_NOTE = "mlflow.note.content"
_RUNS = "runs that nodes started"


class LoggedWatch:
    """What is known of a run's params, tags and files without the nodes.

    Args:
        run_id: The MLflow run that has just been opened.
        catalog: Whose datasets log models of their own.
    """

    def __init__(self, run_id: str, catalog: "CatalogProtocol[Any, Any]") -> None:
        from mlflow.tracking import MlflowClient

        self._run_id = run_id
        self._catalog = catalog
        # kedro-mlflow's own tags may be on their way (`MLFLOW_ENABLE_ASYNC_LOGGING`).
        flush()
        run = MlflowClient().get_run(run_id)
        self._before = run.data
        self._files_before = dict(files_of(run))
        self._by_kedro_mlflow: dict[str, str] = {}
        self.params = ParamBatch(run_id)
        self._figures: set[str] = set()

    @property
    def metrics_before(self) -> dict[str, float]:
        """The metrics of a run that was gone on with."""
        return dict(self._before.metrics)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Note which params kedro-mlflow logs, and which files are figures."""
        from kedro_mlflow.framework.hooks import mlflow_hook
        from mlflow import MlflowClient

        hook: Any = type(mlflow_hook)
        client: Any = MlflowClient
        log_param, log_figure = getattr(hook, "_log_param", None), client.log_figure
        if log_param is not None:
            hook._log_param = self._noting_params(log_param)
        client.log_figure = self._noting_figures(log_figure)
        try:
            yield
        finally:
            if log_param is not None:
                hook._log_param = log_param
            client.log_figure = log_figure

    def gather(
        self,
        run: "Run",
        metrics: MetricWatch,
        files: Sequence[FileFacts],
        hide: "Hide",
    ) -> tuple[Logged, ...]:
        """List what nodes gave, and end the runs that they have left open.

        Args:
            run: As it is now.
            metrics: What was logged of them.
            files: What the run's datasets wrote.
            hide: Takes out of a text what is not to be recorded.
        """
        return (
            *self._texts("param", run.data.params, self._before.params, hide),
            *self._texts("tag", self._tags(run.data.tags), self._before.tags, hide),
            *_histories(run, metrics),
            *self._files(run, files),
            *_models(run, self._models_of_datasets(files)),
            *_runs(children_of(run), hide),
        )

    def _texts(
        self,
        kind: Any,
        found: Mapping[str, str],
        before: Mapping[str, str],
        hide: "Hide",
    ) -> Iterator[Logged]:
        for name, text in sorted(found.items()):
            own = self._by_kedro_mlflow.get(name)
            # What is too long, it cuts.
            is_cut = own is not None and len(text) >= _LONG and own.startswith(text)
            is_kedro_mlflows = own == text or is_cut
            if before.get(name) != text and not is_kedro_mlflows:
                yield _text(kind, name, text, hide)

    def _tags(self, tags: Mapping[str, str]) -> dict[str, str]:
        """Leave out what MLflow notes of itself, by its own list."""
        from mlflow.utils import mlflow_tags

        own = {value for key, value in vars(mlflow_tags).items() if key.startswith("MLFLOW_")}
        return {name: text for name, text in tags.items() if name == _NOTE or name not in own}

    def _files(self, run: "Run", files: Sequence[FileFacts]) -> Iterator[Logged]:
        known = {(f"sha256:{file.sha256}", Path(file.path).name) for file in files}
        for path, (digest, size) in sorted(files_of(run)):
            if self._files_before.get(path) == (digest, size) or (digest, Path(path).name) in known:
                continue
            image = _IMAGE.fullmatch(path)
            is_picture = Path(path).suffix.lower() in PICTURES or path in self._figures
            yield Logged(
                "logged file",
                "".join(part or "" for part in image.groups()) if image else path,
                digest,
                f"{size} bytes",
                counts=not is_picture,
            )

    def _models_of_datasets(self, files: Sequence[FileFacts]) -> set[str]:
        """Give the ids of the models that datasets have logged: what is in them is compared."""
        kept = {file.artifact or "" for file in files}
        known = {uri.split("/")[1] for uri in kept if uri.startswith("models:/")}
        infos = (getattr(dataset, "model_info", None) for _, dataset in self._catalog.items())
        return known | {str(info.model_id) for info in infos if info is not None}

    def _noting_params(self, log: Callable[..., Any]) -> Callable[..., Any]:
        def log_param(hook: Any, name: str, value: Any) -> Any:
            self._by_kedro_mlflow[name] = str(value)
            return self.params.log(name, value, lambda: log(hook, name, value))

        return log_param

    def _noting_figures(self, log: Callable[..., Any]) -> Callable[..., Any]:
        def log_figure(
            client: Any, run_id: str, figure: Any, artifact_file: str, **options: Any
        ) -> Any:
            if run_id == self._run_id:
                self._figures.add(artifact_file)
            return log(client, run_id, figure, artifact_file, **options)

        return log_figure


class Hide:
    """Take out of what a node logged what no record may hold: secrets, and the project's place.

    Args:
        secrets: What they are, by name and by value.
        project_path: The project's folder, which is another one in a re-run.
    """

    def __init__(self, secrets: Secrets, project_path: Path) -> None:
        self._secrets = secrets
        self._place = str(project_path)

    def __call__(self, name: str, text: str) -> str:
        """Give the text as it may be recorded."""
        redacted, _ = self._secrets.redact({name: text})
        return self._secrets.redact_text(str(redacted[name])).replace(self._place, "<project>")


def flush() -> None:
    """Wait for what was logged without waiting for it."""
    import mlflow

    mlflow.flush_async_logging()
    mlflow.flush_artifact_async_logging()


def _text(kind: Any, name: str, text: str, hide: Hide) -> Logged:
    shown = hide(name, text)
    return Logged(kind, name, digest_text(shown), shown if len(shown) <= _MOST_CHARACTERS else None)


def _histories(run: "Run", metrics: MetricWatch) -> Iterator[Logged]:
    for name in sorted(run.data.metrics):
        if not metrics.is_result(name):
            continue
        points = metrics.history(name, history_of(run.info.run_id, name))
        if len(points) == 1 and points[0][0] == 0:
            continue  # it is the metric itself
        yield Logged("history", name, digest_points(points), f"{len(points)} values")


def _models(run: "Run", known: set[str]) -> Iterator[Logged]:
    """Digest what a logged model has learned; its files hold ids and times."""
    from mlflow.tracking import MlflowClient

    outputs = run.outputs.model_outputs if run.outputs is not None else ()
    names: dict[str, int] = {}
    for model_id in dict.fromkeys(output.model_id for output in outputs):
        if model_id in known:
            continue
        name = str(MlflowClient().get_logged_model(model_id).name)
        names[name] = names.get(name, 0) + 1
        title = name if names[name] == 1 else f"{name} ({names[name]})"
        try:
            crossing = cross(title, _load(f"models:/{model_id}"))
        except Exception as error:
            text = f"it cannot be loaded again: {type(error).__name__}: {error}"[:300]
            yield Logged("logged model", title, None, text)
        else:
            yield Logged("logged model", title, crossing.digest, crossing.note)


def _load(uri: str) -> Any:
    """Load a model as what it was, not in MLflow's wrapper, which holds ids and times."""
    import importlib

    from mlflow.models import Model

    flavors = [name for name in Model.load(uri).flavors if name != "python_function"]
    if flavors:
        return importlib.import_module(f"mlflow.{flavors[0]}").load_model(uri)
    from mlflow import pyfunc

    return pyfunc.load_model(uri).unwrap_python_model()


def _runs(runs: "Sequence[Run]", hide: Hide) -> Iterator[Logged]:
    """Digest what stands on the runs that nodes have started, in no order: names are random."""
    if runs:
        lines = sorted(digest_run(run, hide) for run in runs)
        yield Logged("logged run", _RUNS, digest_text("\n".join(lines)), f"{len(runs)} runs")
