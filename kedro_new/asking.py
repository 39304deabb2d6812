"""Derive the names of folder and package, and refuse them before cookiecutter makes anything.

`cookiecutter.json` uses these as filters. The hook asks the same again; but by then there is a
folder, and cookiecutter reports a hook that fails with a page of its own code.
"""

import sys
from collections.abc import Mapping
from pathlib import Path

from jinja2 import Environment
from jinja2.ext import Extension
from slugify import slugify

from kedro_new.errors import GenerateError
from kedro_new.names import locked_distributions, require_package, require_repo_name

STARTER = Path(__file__).parents[1]


class Names(Extension):
    """Lend `cookiecutter.json` the filters `as_repository`, `as_package` and `accepted`."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        environment.filters["as_repository"] = as_repository
        environment.filters["as_package"] = as_package
        environment.filters["accepted"] = accepted


def as_repository(project_name: str) -> str:
    """Derive the folder's name: `Grüner Veltliner` lies in `gruner-veltliner`."""
    return str(slugify(project_name))


def as_package(project_name: str) -> str:
    """Derive the package's name: `3 Wines` is `project_3_wines`, for a digit cannot come first."""
    name = str(slugify(project_name, separator="_"))
    return f"project_{name}" if name[:1].isdigit() else name


def accepted(answers: Mapping[str, str]) -> str:
    """End `kedro new` with a sentence if a name, derived or given, would not work.

    Args:
        answers: What cookiecutter knows by now.

    Returns:
        The word `accepted`; it is for nobody.
    """
    try:
        require_package(answers["python_package"], locked_distributions(STARTER))
        require_repo_name(answers["repo_name"])
    except GenerateError as error:
        # Kedro would put its own words in place of an exception's.
        sys.exit(f"Error: {error}")
    return "accepted"
