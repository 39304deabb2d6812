"""The commands' own words."""

import re

import click
import pytest
from click.testing import CliRunner

from lakeproof.cli import commands


def example_of(command: click.Command) -> str | None:
    """Give the first line of the example in a command's help."""
    told = CliRunner().invoke(command, ["--help"]).output
    found = re.search(r"^ *Example:\n +(kedro .*)$", told, re.MULTILINE)
    return found[1] if found else None


def named(group: click.Group, above: str = "") -> dict[str, click.Command]:
    """Every command, and those below it, as they are typed."""
    found = {}
    for name, command in sorted(group.commands.items()):
        found[f"{above}{name}"] = command
        if isinstance(command, click.Group):
            found |= named(command, f"{above}{name} ")
    return found


@pytest.mark.parametrize("name", named(commands))
def test_the_help_of_every_command_has_an_example(name):
    """Of that command, to be typed as it stands."""
    example = example_of(named(commands)[name])
    assert example is not None
    assert f"{example} ".startswith(f"kedro {name} ")


def test_a_help_without_an_example_would_be_noticed():
    """A description is none."""
    assert example_of(click.Command("told", help="Tell what is. Example: none.")) is None
