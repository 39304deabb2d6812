"""A page as one HTML file that needs nothing else: no network, no script, no font."""

from pathlib import Path
from typing import Any

from lakeproof.spelling import spelled
from lakeproof.views.blocks import Page

_FOLDER = Path(__file__).parent


def render(page: Page) -> str:
    """Write the page; all that comes from a run is text in it, whatever it looks like."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        finalize=_visible,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # Ours, and the one text that is not escaped.
    style = Markup((_FOLDER / "page.css").read_text(encoding="utf-8"))
    return environment.get_template("page.html.jinja").render(page=page, style=style)


def _visible(value: Any) -> Any:
    """Spell out characters that show nothing or turn the line round, so that nothing hides.

    The letters of a script that is written from right to left stay; each text on the page is kept
    from turning what stands beside it.
    """
    if not isinstance(value, str) or hasattr(value, "__html__"):
        return value
    return spelled(value)
