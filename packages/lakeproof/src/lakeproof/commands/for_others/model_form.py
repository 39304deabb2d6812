"""The form of what MLflow reads beside a model that `SklearnModel` logged: these keys alone.

Whatever is not in it is refused, so that a key that a later MLflow would follow is refused, too.
Not for the model itself, which is held by its sha256, nor for what the run had installed.
"""

import json
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

_MOST_TOLD = 3
_MOST_CHARACTERS = 100
_NUMBER = r"[0-9]+(?:\.[0-9]+)*(?:(?:a|b|rc|\.post|\.dev)[0-9]+)*(?:\+[A-Za-z0-9.]*)?"

_Version = Annotated[str, Field(pattern=rf"\A{_NUMBER}\z")]
_Tool = Annotated[str, Field(pattern=rf"\A(?:pip|setuptools|wheel)(?:==(?:{_NUMBER}))?\z")]
_Pip = Annotated[str, Field(pattern=rf"\Apip(?:[<=]=(?:{_NUMBER}))?\z")]
_Python = Annotated[str, Field(pattern=rf"\Apython=(?:{_NUMBER})\z")]


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, protected_namespaces=())


class _Environment(_Form):
    conda: Literal["conda.yaml"]
    virtualenv: Literal["python_env.yaml"]


class _PythonFunction(_Form):
    env: _Environment
    loader_module: Literal["mlflow.sklearn"]
    model_path: Literal["model.skops"]
    predict_fn: Literal["predict"] = "predict"
    python_version: _Version


class _Sklearn(_Form):
    code: None = None
    pickled_model: Literal["model.skops"]
    serialization_format: Literal["skops"]
    sklearn_version: _Version
    skops_trusted_types: list[str] | None = None


class _Flavors(_Form):
    sklearn: _Sklearn
    python_function: _PythonFunction | None = None


class _Signature(_Form):
    inputs: str | None
    outputs: str | None
    params: None = None


class _Example(_Form):
    artifact_path: Literal["input_example.json"]
    pandas_orient: Literal["split"] = "split"
    serving_input_path: Literal["serving_input_example.json"] | None = None
    type: Literal["dataframe"]


class Model(_Form):
    """`MLmodel`, as MLflow 3 writes it."""

    flavors: _Flavors
    artifact_path: str | None = None
    databricks_runtime: str | None = None
    is_signature_from_type_hint: Literal[False] = False
    mlflow_version: str | None = None
    model_id: str | None = None
    model_size_bytes: int | None = None
    model_uuid: str | None = None
    prompts: None = None
    run_id: str | None = None
    saved_input_example_info: _Example | None = None
    signature: _Signature | None = None
    type_hint_from_example: Literal[False] = False
    utc_time_created: str | None = None


class Packages(_Form):
    """What pip is to install."""

    pip: list[str]


class Conda(_Form):
    """`conda.yaml`."""

    name: Literal["mlflow-env"]
    channels: list[Literal["conda-forge", "defaults"]]
    dependencies: tuple[_Python, _Pip, Packages]


class Virtual(_Form):
    """`python_env.yaml`."""

    python: _Version
    build_dependencies: list[_Tool]
    dependencies: tuple[Literal["-r requirements.txt"]]


_FORMS: dict[str, type[_Form]] = {
    "MLmodel": Model,
    "conda.yaml": Conda,
    "python_env.yaml": Virtual,
}


def faults_of(name: str, document: Any) -> Iterator[str]:
    """Say what of a file is not of its form.

    Args:
        name: Of the file.
        document: What is in it.

    Raises:
        TypeError: Something in it is none of JSON's values.
    """
    try:
        _FORMS[name].model_validate_json(json.dumps(document))
    except ValidationError as error:
        for one in error.errors(include_url=False)[:_MOST_TOLD]:
            place = ".".join(map(str, one["loc"]))[:_MOST_CHARACTERS]
            yield f"{name} has a {place!a} that MLflow does not write for such a model"
