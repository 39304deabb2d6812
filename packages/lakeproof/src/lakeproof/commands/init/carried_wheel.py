"""The wheel of Lakeproof in `vendor/`, so that a recorded commit holds what recorded the run."""

from importlib import metadata

from lakeproof.commands.init.draft import Draft
from lakeproof.distribution import vendor
from lakeproof.distribution.wheel import NoWheelError, packed_again


def carry_wheel(draft: Draft) -> None:
    """Pack the installed Lakeproof into the wheel that it came from, unless one is carried.

    One that is installed as editable is none: its sources are somebody's who works on it.
    """
    if vendor.wheels_in(draft.project_path):
        return
    try:
        name, wheel = packed_again(metadata.distribution("lakeproof"))
    except NoWheelError:
        return
    for path, content in vendor.carried(draft.project_path, name, wheel).items():
        if content is not None:
            draft.put(path, content)
