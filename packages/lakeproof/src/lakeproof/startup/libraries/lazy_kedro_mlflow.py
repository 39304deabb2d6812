"""Let a command that does not track anything start without MLflow.

Kedro imports every plug-in's commands before it runs any, and kedro-mlflow's import MLflow: two
seconds of `kedro history` or `kedro run --help`. Until kedro-mlflow imports it where it is used, as
kedro-viz has since its pull request 1920, its module of commands is stood in for by one that
imports the real one when it is asked for.
"""

import importlib
import sys
from types import ModuleType
from typing import Any

_MODULE = "kedro_mlflow.framework.cli.cli"
_COMMAND = "mlflow"


def defer_kedro_mlflow() -> None:
    """Put the stand-in where Kedro will look for the commands, unless they are there already."""
    if _MODULE not in sys.modules:
        sys.modules[_MODULE] = _StandIn(_MODULE)


class _StandIn(ModuleType):
    """Has `commands` at once and everything else by becoming the real module."""

    @property
    def commands(self) -> Any:
        import click

        class Deferred(click.Group):
            def list_commands(self, ctx: click.Context) -> list[str]:
                return [_COMMAND]

            def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
                return _real().commands.get_command(ctx, cmd_name) if cmd_name == _COMMAND else None

        return Deferred(name="Mlflow")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(_real(), name)


def _real() -> Any:
    if isinstance(sys.modules.get(_MODULE), _StandIn):
        del sys.modules[_MODULE]
    return importlib.import_module(_MODULE)
