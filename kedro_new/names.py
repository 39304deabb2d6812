"""Refuse the names that a project could not live with, each in a sentence.

Kedro checks the project's name, keywords and most of the standard library; cookiecutter nothing. A
package called like a module that is there already would be imported in its place, or the other way
round, and nobody would see why.
"""

import keyword
import re
import sys
from collections.abc import Set
from pathlib import Path

from kedro_new.errors import GenerateError

# Modules of locked distributions that are called otherwise than these; a test holds the list
# against what is installed.
MODULES_BY_OTHER_NAMES = frozenset(
    {
        "arro3",
        "attr",
        "databricks",
        "dateutil",
        "delta",
        "dotenv",
        "git",
        "google",
        "graphql",
        "grpc",
        "grpc_status",
        "importlinter",
        "ipykernel_launcher",
        "jupyter",
        "kedro_datasets_benchmarks",
        "kedro_datasets_experimental",
        "markdown_it",
        "mpl_toolkits",
        "mypyc",
        "opentelemetry",
        "pil",
        "py",
        "pylab",
        "rpds",
        "ruamel",
        "sklearn",
        "slugify",
        "vendor_licenses",
        "xdist",
        "yaml",
        "zmq",
    }
)
# What lies beside the package in the generated project.
OF_THE_PROJECT = frozenset({"lakeproof", "tests", "conftest", "projects", "test_run"})
# Every line of the package must still fit when its name has become longer (ruff's E501).
LONGEST = 40

_CHOOSE = (
    "Nothing was made. Choose another project name, or say `python_package` in the file that "
    "`kedro new --config` reads."
)


def require_repo_name(name: str) -> None:
    """Refuse a folder's name that is none, or that a shell or a URL would want quoted.

    Args:
        name: The name of the project's folder.

    Raises:
        GenerateError: It has other characters than ASCII letters, digits, `.`, `_` and `-`.
    """
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]*", name):
        raise GenerateError(
            f"The repository name '{name}' must begin with a letter, a digit or '_' and have no "
            "others than letters (a to z), digits, '.', '_' and '-'. Nothing was made. Say "
            "another `repo_name` in the file that `kedro new --config` reads."
        )


def require_package(name: str, distributions: Set[str]) -> None:
    """Refuse a package name that is no name, or that something else has.

    Args:
        name: The name of the user's package, which is also its distribution's.
        distributions: The names of what the project installs, as `locked_distributions` gives them.

    Raises:
        GenerateError: It is refused; the message says why.
    """
    if not re.fullmatch(r"[A-Za-z]([A-Za-z0-9_]*[A-Za-z0-9])?", name):
        raise GenerateError(
            f"The package name '{name}' must begin with a letter (a to z), end with a letter or a "
            f"digit, and have no others than letters, digits and '_'. {_CHOOSE}"
        )
    if len(name) > LONGEST:
        raise GenerateError(
            f"The package name '{name}' has {len(name)} characters, {LONGEST} is the most. "
            f"{_CHOOSE}"
        )
    if taken := _taken_by(name, distributions):
        raise GenerateError(f"The package name '{name}' is taken: it is {taken}. {_CHOOSE}")


def locked_distributions(starter: Path) -> frozenset[str]:
    """Read what the project installs, the test tools too, from the largest lock.

    Args:
        starter: The folder with `requirements/`.

    Returns:
        The names as PEP 503 spells them.
    """
    lock = (starter / "requirements/test.txt").read_text(encoding="utf-8")
    return frozenset(
        distribution_name(found) for found in re.findall(r"^([\w.-]+)==", lock, re.MULTILINE)
    )


def distribution_name(name: str) -> str:
    """Spell a name as PEP 503 does and as uv writes it into a lock: `My_wines` is `my-wines`."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _taken_by(name: str, distributions: Set[str]) -> str | None:
    """Say whose name it is; of letters' case nobody should have to think, and some disks do not."""
    lower = name.lower()
    if keyword.iskeyword(name):
        return "a word of the Python language"
    # Python leaves its own tests out of the list.
    if lower in {"test", *(module.lower() for module in sys.stdlib_module_names)}:
        return "a module of Python's standard library"
    if lower in OF_THE_PROJECT:
        return "a module of the project itself"
    if distribution_name(name) in distributions or lower in MODULES_BY_OTHER_NAMES:
        return "a package that the project installs"
    return None
