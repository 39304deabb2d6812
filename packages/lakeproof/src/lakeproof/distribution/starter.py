"""What `kedro new --starter lakeproof` makes a project of: the entry point `kedro.starters`."""

from pathlib import Path

from kedro.framework.cli.starters import KedroStarterSpec

_PACKAGE = Path(__file__).parents[1]


def template() -> Path:
    """Find the template: a wheel carries it; beside sources it is the repository's root."""
    carried = _PACKAGE / "template"
    return carried if carried.is_dir() else _PACKAGE.parents[3]


starters = [KedroStarterSpec(alias="lakeproof", template_path=str(template()))]
