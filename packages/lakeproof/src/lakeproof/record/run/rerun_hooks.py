"""The project's own hooks in a re-run: left out where they say so, and named where they do not.

What a hook sends or deploys would be sent and deployed again. It belongs to the recorded code, and
what it changes may decide a result, so it runs unless its class says `in_reruns = False`.
"""

import logging
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kedro.framework.context import KedroContext
    from pluggy import PluginManager

LEFT_OUT = "in_reruns"

logger = logging.getLogger(__name__)


def leave_out_hooks(context: "KedroContext") -> tuple[str, ...]:
    """Take away the hooks that are not for re-runs, and say once which of the project's are left.

    Args:
        context: Its hooks are asked from now on, in the call that is going on too.

    Returns:
        The names of those that are taken away.
    """
    from kedro.framework.project import settings

    manager: PluginManager = context._hook_manager
    left_out, run_again = [], []
    for hooks in settings.HOOKS:
        name = type(hooks).__qualname__
        if getattr(hooks, LEFT_OUT, True) is False:
            _take_away(manager, hooks)
            left_out.append(name)
        elif not type(hooks).__module__.startswith("lakeproof."):
            run_again.append(name)
    if left_out:
        logger.info("Left out of this re-run: the hooks %s", ", ".join(left_out))
    if run_again:
        logger.warning(
            "The project's own hooks run again in this re-run: %s. Those that send or deploy "
            "something say `%s = False` in their class.",
            ", ".join(run_again),
            LEFT_OUT,
        )
    return tuple(left_out)


def _take_away(manager: "PluginManager", hooks: Any) -> None:
    if not manager.is_registered(hooks):
        return
    for caller in manager.get_hookcallers(hooks) or ():
        hooked: list[Any] = caller.get_hookimpls()
        for one in hooked:
            if one.plugin is hooks:
                # The call that is going on has a list of its own.
                passes_on = one.wrapper or one.hookwrapper
                one.function = _pass_on if passes_on else _nothing
    manager.unregister(hooks)


def _nothing(*_: Any) -> None:
    """Take the place of a hook."""


def _pass_on(*_: Any) -> Any:
    """Take the place of a hook that is wrapped around others."""
    return (yield)
