"""What kedro-mlflow refuses of `mlflow.yml`, in a sentence: it leaves that to pydantic."""

from collections.abc import Sequence
from typing import Any

from lakeproof.advice import where_written
from lakeproof.configuration import similar
from lakeproof.startup.trouble import causes


def configuration_fault(error: BaseException) -> str | None:
    """Word what kedro-mlflow refuses of `mlflow.yml`; `None` where it is another trouble."""
    fault = refused(error)
    return fault and f"{fault} Nothing was run. Correct it and type again: kedro run"


def refused(error: BaseException, file: str | None = None) -> str | None:
    """Word it without what to do about it.

    Args:
        error: Whatever came up.
        file: Where it is written, if that is known; it is looked for otherwise.
    """
    for one in causes(error):
        if not type(one).__module__.startswith("pydantic"):
            continue
        found = one.errors()[0]  # type: ignore[attr-defined]
        names = [str(part) for part in found["loc"]]
        place = f"'{'.'.join(names)}'"
        file = file or where_written(*names) or "mlflow.yml"
        if found["type"] == "extra_forbidden":
            known = _keys_beside(names)
            what = f"has {place}, which kedro-mlflow does not know.{similar(names[-1], known)}"
            if known:
                what += f" The keys there: {', '.join(known)}."
        else:
            what = f"has {place}: {found['input']!r}. {found['msg']}."
        return f"{file} {what}"
    return None


def _keys_beside(names: Sequence[str]) -> list[str]:
    """List what kedro-mlflow knows beside a key."""
    from kedro_mlflow.config.kedro_mlflow_config import KedroMlflowConfig

    model: Any = KedroMlflowConfig
    for name in names[:-1]:
        field = getattr(model, "model_fields", {}).get(name)
        model = field.annotation if field is not None else None
    return list(getattr(model, "model_fields", {}))
