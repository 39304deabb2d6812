"""Digests of what stands on an MLflow run: its files, the histories of its metrics, all of it."""

import hashlib
import re
import struct
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lakeproof.checksum import sha256_of
from lakeproof.record.mlflow_store.tracking import local_path

if TYPE_CHECKING:
    from mlflow.entities import Run
    from mlflow.store.artifact.artifact_repo import ArtifactRepository

PICTURES = {".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp"}
_BOX = re.compile(rb"(sk-(?:container|estimator)-id)-\d+")


def history_of(run_id: str, name: str) -> list[tuple[int, float]]:
    """Give steps and values of a metric; times are others each time."""
    from mlflow.tracking import MlflowClient

    return [(one.step, one.value) for one in MlflowClient().get_metric_history(run_id, name)]


def digest_points(points: Sequence[tuple[int, float]]) -> str:
    """Digest steps and values to their bits."""
    return digest_text(
        "\n".join(f"{step} {struct.pack('>d', value).hex()}" for step, value in points)
    )


def digest_run(run: "Run", hide: Callable[[str, str], str]) -> str:
    """Digest a run by what nodes gave it; `hide` takes out of a text what is not to be recorded."""
    from mlflow.utils import mlflow_tags

    own = {value for key, value in vars(mlflow_tags).items() if key.startswith("MLFLOW_")}
    lines = [f"param {name} {hide(name, text)}" for name, text in run.data.params.items()]
    lines += [f"tag {n} {hide(n, text)}" for n, text in run.data.tags.items() if n not in own]
    for name in run.data.metrics:
        points = sorted(set(history_of(run.info.run_id, name)))
        lines.append(f"history {name} {digest_points(points)}")
    lines += [
        f"file {path} {digest}"
        for path, (digest, _) in files_of(run)
        if Path(path).suffix.lower() not in PICTURES
    ]
    return digest_text("\n".join(sorted(lines)))


def files_of(run: "Run") -> Iterator[tuple[str, tuple[str, int]]]:
    """Give the artifacts of a run, with digest and size."""
    uri = run.info.artifact_uri or ""
    place = local_path(uri)
    if place is not None:
        yield from _files_in(place)
        return
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

    # By its address: by its id, MLflow asks its server for that each time. It would list all anew
    # to download it, twice.
    repository = get_artifact_repository(uri)
    names = list(_names_in(repository, None))
    if names:
        with tempfile.TemporaryDirectory(prefix="lakeproof-logged-") as folder:
            for name in names:
                file = Path(folder, name)
                if not file.resolve().is_relative_to(Path(folder).resolve()):
                    raise ValueError(f"{uri} holds an artifact that lies outside of it: {name}")
                file.parent.mkdir(parents=True, exist_ok=True)
                repository._download_file(name, str(file))  # type: ignore[no-untyped-call]
            yield from _files_in(Path(folder))


def _names_in(repository: "ArtifactRepository", folder: str | None) -> Iterator[str]:
    for found in repository.list_artifacts(folder):
        if found.is_dir:
            yield from _names_in(repository, found.path)
        else:
            yield found.path


def _files_in(folder: Path) -> Iterator[tuple[str, tuple[str, int]]]:
    for path in folder.rglob("*") if folder.is_dir() else ():
        if path.is_file():
            yield path.relative_to(folder).as_posix(), (_digest(path), path.stat().st_size)


def _digest(path: Path) -> str:
    """Digest the bytes of a file; of a page by scikit-learn without the numbers of its boxes.

    They say how many the process has drawn before, as autologging does of each estimator.
    """
    if path.suffix == ".html":
        content = path.read_bytes()
        page = _BOX.sub(rb"\1", content)
        if page != content:
            return f"html1:{hashlib.sha256(page).hexdigest()}"
    return f"sha256:{sha256_of(path)}"


def digest_text(text: str) -> str:
    """Digest a text, also one that is no UTF-8."""
    return f"sha256:{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}"
