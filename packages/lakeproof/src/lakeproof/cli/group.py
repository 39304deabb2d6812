"""The group of our commands, as Kedro lists it, and how each of them ends."""

from typing import Any

import click


class Answering(click.Command):
    """A command whose exit code 1 is an answer: whatever goes wrong ends it with 2."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run it."""
        from lakeproof.commands.output import trouble_is
        from lakeproof.startup.faster_imports import end_without_collecting

        end_without_collecting()
        with trouble_is(2):
            return super().invoke(ctx)


class _Group(click.Group):
    command_class = Answering
    # Of the groups below it.
    group_class = type


@click.group(name="Lakeproof", cls=_Group)
def commands() -> None:
    """Table versions and recorded runs."""
