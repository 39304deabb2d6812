"""Whether a registered model is the one that the run made, file by file.

A registry takes whatever is put into it, and the name of a run is a field that anybody fills in. So
the file of the model is held against the sha256 in the record; and what MLflow reads beside it must
lead to that file alone: no code, no other loader, no package that the run did not have.
"""

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lakeproof.checksum import sha256_of

if TYPE_CHECKING:
    from lakeproof.record.facts import FileFacts, Record

_MLMODEL, _REQUIREMENTS, _CONDA, _PYTHON = (
    *("MLmodel", "requirements.txt", "conda.yaml", "python_env.yaml"),
)
# What MLflow writes beside a model, and never runs.
_BESIDE = frozenset(
    {
        *(_MLMODEL, _REQUIREMENTS, _CONDA, _PYTHON, "registered_model_meta"),
        *("input_example.json", "serving_input_example.json"),
    }
)
_LOADER = "mlflow.sklearn"
_PINNED = re.compile(r"([A-Za-z0-9._-]+)==([A-Za-z0-9.!+_-]+)")
_TOOLS = frozenset({"pip", "setuptools", "wheel"})
_MOST_BYTES, _MOST_FILES = 5_000_000, 100
_CHANNELS = frozenset({"conda-forge", "defaults"})
_VERSION = re.compile(r"[0-9]+(?:\.[0-9]+){0,3}")


def models_of(record: "Record") -> tuple["FileFacts", ...]:
    """Give the files of the models that the run fitted and kept in MLflow."""
    fitted = {model.dataset for model in record.models}
    return tuple(
        file
        for file in record.outputs.files
        if file.dataset in fitted and file.artifact is not None
    )


def faults(folder: Path, record: "Record") -> Iterator[str]:
    """Say what of a model's folder is not what the run made.

    Args:
        folder: Of a registered version, brought onto this disk.
        record: The run's.
    """
    known = {
        (str(file.artifact).rpartition("/")[2], file.sha256): file for file in models_of(record)
    }
    seen = list(islice(folder.rglob("*"), _MOST_FILES + 1))
    if len(seen) > _MOST_FILES:
        yield f"it holds more than {_MOST_FILES} files"
        return
    found = sorted(path for path in seen if path.is_symlink() or not path.is_dir())
    own = [
        path
        for path in found
        if path.parent == folder and not path.is_symlink() and (path.name, _sha(path)) in known
    ]
    if len(own) != 1:
        yield "no file of it is the model that the run kept (by sha256)"
        return
    for path in found:
        name = path.relative_to(folder).as_posix()
        if path.is_symlink() or (path != own[0] and name not in _BESIDE):
            yield f"it holds {name}, which the run did not keep"
        elif path != own[0] and path.stat().st_size > _MOST_BYTES:
            yield f"{name} is larger than any that MLflow writes"
    try:
        yield from _of_loader(_read(folder / _MLMODEL), own[0].name)
        yield from _of_packages(folder, record)
    except (OSError, ValueError, TypeError, AttributeError, KeyError) as error:
        yield f"what MLflow reads beside the model cannot be read ({type(error).__name__})"


def _of_loader(document: Any, name: str) -> Iterator[str]:
    flavors = dict(document["flavors"])
    sklearn, python = flavors.pop("sklearn", None), flavors.pop("python_function", None)
    if flavors or sklearn is None:
        yield f"MLmodel has the flavors {', '.join(sorted(document['flavors']))}, not sklearn's"
        return
    if sklearn.get("pickled_model") != name or sklearn.get("serialization_format") != "skops":
        yield "MLmodel loads something else than the model that the run kept"
    if sklearn.get("code") or (python or {}).get("code"):
        yield "MLmodel brings code of its own"
    if python is not None and (
        python.get("loader_module") != _LOADER or python.get("model_path") != name
    ):
        yield f"MLmodel has another loader, {python.get('loader_module')!a}"


def _of_packages(folder: Path, record: "Record") -> Iterator[str]:
    had = {(_plain(one.name), one.version) for one in record.environment.distributions}
    wanted: list[str] = []
    if (folder / _REQUIREMENTS).exists():
        wanted += (folder / _REQUIREMENTS).read_text(encoding="utf-8").splitlines()
    if (folder / _CONDA).exists():
        conda = _read(folder / _CONDA)
        if not _CHANNELS.issuperset(conda.get("channels") or ()):
            yield "conda.yaml takes packages from elsewhere"
        for one in conda["dependencies"]:
            if isinstance(one, dict):
                if one.keys() != {"pip"}:
                    yield "conda.yaml wants more than pip's packages"
                wanted += one.get("pip") or ()
            elif not re.fullmatch(r"(?:python|pip)(?:[=<>!]=?[0-9a-z.]+)?", one):
                yield f"conda.yaml wants {one!a}"
    if (folder / _PYTHON).exists():
        environment = _read(folder / _PYTHON)
        if not _VERSION.fullmatch(str(environment.get("python"))):
            yield "python_env.yaml names no version of Python"
        tools = environment.get("build_dependencies") or ()
        if any(re.split("[=<>!]", one)[0] not in _TOOLS for one in tools):
            yield "python_env.yaml builds with other tools"
        wanted += environment.get("dependencies") or ()
    for line in filter(None, (one.strip() for one in wanted)):
        pinned = _PINNED.fullmatch(line)
        if line == f"-r {_REQUIREMENTS}":
            continue
        if pinned is None or (_plain(pinned[1]), pinned[2]) not in had:
            yield f"it wants {line[:100]!a}, which the run did not have"
            return


def _read(path: Path) -> Any:
    import yaml

    with path.open("rb") as file:
        return yaml.safe_load(file.read(_MOST_BYTES))


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _sha(path: Path) -> str:
    try:
        return sha256_of(path)
    except OSError:
        return ""
