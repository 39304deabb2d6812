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


@pytest.mark.parametrize("name", sorted(commands.commands))
def test_the_help_of_every_command_has_an_example(name):
    """Of that command, to be typed as it stands."""
    example = example_of(commands.commands[name])
    assert example is not None
    assert example.split()[1] == name


def test_a_help_without_an_example_would_be_noticed():
    """A description is none."""
    assert example_of(click.Command("told", help="Tell what is. Example: none.")) is None
