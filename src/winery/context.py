"""Tell the pipelines what a session's configuration says, before they are wired.

Kedro registers pipelines once in a process and without a session; which picture suits hangs on
the `task`, which is another one in each environment. So each session has them registered again.
"""

from typing import Any

from kedro.config import AbstractConfigLoader
from kedro.framework.context import KedroContext
from kedro.framework.project import pipelines

_configuration: AbstractConfigLoader | None = None


class SessionContext(KedroContext):
    """Hand over the configuration of each session as it begins.

    Not by a hook: `kedro viz` calls those only where it is asked to. The parameters are read when
    pipelines are, so that whatever is wrong with them is said where Kedro says it.
    """

    def __init__(self, *args: Any, **kwargs: Any):
        global _configuration
        super().__init__(*args, **kwargs)
        _configuration = self.config_loader
        pipelines.configure(f"{__package__}.pipeline_registry")


def task() -> str | None:
    """Give the newest session's `evaluate.task`; `None` before there is one (`kedro registry`)."""
    if _configuration is None:
        return None
    found: str | None = _configuration["parameters"].get("evaluate", {}).get("task")
    return found


def is_delivered() -> bool:
    """Tell whether the newest session's rows come as deliveries, not as a table made elsewhere."""
    return _configuration is None or not _configuration["globals"].get("table")
