"""Links within the documentation lead somewhere: the file is there, and so is the heading."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import REPOSITORY
from docs.pages import PAGES

WHOLE = [*PAGES, REPOSITORY / "packages/lakeproof/CHANGELOG.md"]
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_CODE = re.compile(r"```.*?```", re.DOTALL)


def links_of(text: str) -> Iterator[str]:
    """Give the links of a page that are not addresses."""
    for link in _LINK.findall(_CODE.sub("", text)):
        if "://" not in link:
            yield link


def headings_of(text: str) -> set[str]:
    """Give the names by which the headings of a page are linked to, as GitHub makes them."""
    lines = _CODE.sub("", text).splitlines()
    titles = [line.lstrip("#").strip().lower() for line in lines if line.startswith("#")]
    return {re.sub(r"[^\w\- ]", "", title).replace(" ", "-") for title in titles}


def broken(page: Path, text: str) -> list[str]:
    """Name the links of a page that lead nowhere."""
    found = []
    for link in links_of(text):
        name, _, heading = link.partition("#")
        target = page.parent / name if name else page
        is_there = target.exists()
        if is_there and heading:
            is_there = heading in headings_of(target.read_text(encoding="utf-8"))
        if not is_there:
            found.append(link)
    return found


@pytest.mark.parametrize("page", WHOLE, ids=lambda page: f"{page.parent.name}/{page.name}")
def test_every_link_leads_somewhere(page):
    """Also to a heading that was renamed."""
    assert broken(page, page.read_text(encoding="utf-8")) == []


def test_a_link_that_leads_nowhere_would_be_noticed():
    """A file that is not there, a heading that is not; addresses and code are let be."""
    page = REPOSITORY / "packages/lakeproof/docs/README.md"
    text = "[a](gone.md) [b](record.md#gone) [c](record.md#the-snapshot) [d](https://x.org/gone)"
    assert broken(page, f"{text}\n```\n[e](gone.md)\n```\n") == ["gone.md", "record.md#gone"]


def test_every_page_is_in_the_list():
    """Or nobody finds it."""
    listed = set(links_of((REPOSITORY / "packages/lakeproof/docs/README.md").read_text("utf-8")))
    pages = {page.name for page in PAGES[1:]} - {"README.md"}
    assert pages - listed == set()
