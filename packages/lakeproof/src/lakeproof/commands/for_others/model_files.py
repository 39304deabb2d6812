"""Whether a registered model is the one that the run made, file by file.

A registry takes whatever is put into it, and the name of a run is a field that anybody fills in. So
the file of the model is held against the sha256 in the record; and what MLflow reads beside it must
lead to that file alone: it has the form that `SklearnModel` gives it (`model_form`), and wants no
package that the run did not have.
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
_FILE = "model.skops"
_PINNED = re.compile(r"([A-Za-z0-9._-]+)==([A-Za-z0-9.!+_-]+)")
_MOST_BYTES, _MOST_FILES = 5_000_000, 100


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
        of_form = list(_of_form(folder, own[0].name))
        yield from of_form
        if not of_form:
            yield from _of_packages(folder, record)
    except (OSError, ValueError, TypeError, RecursionError) as error:
        yield f"what MLflow reads beside the model cannot be read ({type(error).__name__})"


def _of_form(folder: Path, name: str) -> Iterator[str]:
    """Hold what MLflow reads beside the model against the form that it has."""
    from lakeproof.commands.for_others.model_form import faults_of

    if name != _FILE:
        yield f"the run's model is called {name!a}, and MLflow would look for {_FILE}"
    for part in (_MLMODEL, _CONDA, _PYTHON):
        yield from faults_of(part, _read(folder / part))


def _of_packages(folder: Path, record: "Record") -> Iterator[str]:
    """Hold what a server would install, of a folder of that form, against what the run had."""
    had = {(_plain(one.name), one.version) for one in record.environment.distributions}
    wanted = (folder / _REQUIREMENTS).read_text(encoding="utf-8").splitlines()
    conda = _read(folder / _CONDA)["dependencies"]
    if wanted != conda[-1]["pip"]:
        yield f"{_CONDA} and {_REQUIREMENTS} want other packages"
    python = record.environment.python
    if {conda[0], f"python={_read(folder / _PYTHON)['python']}"} != {f"python={python}"}:
        yield f"it wants another Python than {python}, which the run had"
    for line in wanted:
        pinned = _PINNED.fullmatch(line)
        if pinned is None or (_plain(pinned[1]), pinned[2]) not in had:
            yield f"it wants {line[:100]!a}, which the run did not have"
            return


def _read(path: Path) -> Any:
    """Read YAML in which each key stands once: libraries differ in which of two they take."""
    import yaml

    class Loader(yaml.SafeLoader):
        def fetch_alias(self) -> None:
            raise ValueError("an alias, which MLflow does not write")

        def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
            found = super().construct_mapping(node, deep)
            if len(found) != len(node.value):
                raise ValueError("a key that is there twice")
            return found

    with path.open("rb") as file:
        try:
            return yaml.load(file.read(_MOST_BYTES), Loader)
        except yaml.YAMLError as error:
            raise ValueError("no YAML") from error


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _sha(path: Path) -> str:
    try:
        return sha256_of(path)
    except OSError:
        return ""
