"""Pages and messages say it in the field's words, which the glossary has."""

import re

from conftest import REPOSITORY
from docs.pages import PAGES

SOURCES = sorted((REPOSITORY / "packages/lakeproof/src").rglob("*.py"))
# What to say instead: reproduce or re-run; restore; is missing, cannot be read; unknown.
_OURS_ALONE = re.compile(
    r"\b(?:be|is|are|was|were) had\b|\bhad again\b|\bhav(?:e|ing) (?:it|a run|the run) again\b"
    r"|, which is none\b",
)


def foreign_words(text: str) -> list[str]:
    """Find what a reader of the field would stumble over, across lines too."""
    return _OURS_ALONE.findall(re.sub(r"[\s\"]+(?:f\")?", " ", text))


def test_no_run_is_had_again():
    """It is reproduced."""
    found = {path: foreign_words(path.read_text(encoding="utf-8")) for path in [*PAGES, *SOURCES]}
    assert {str(path): words for path, words in found.items() if words} == {}
    assert len(found) > 500, "nothing was looked at"


def test_a_word_of_our_own_would_be_noticed():
    """Also where a line ends within it."""
    for text in (
        "it can be\nhad again",
        'f"the key, which "\n    "is none."',
        "Having a run again",
    ):
        assert foreign_words(text.lower()) != [], text
    assert foreign_words("a file is had by nobody"[:9]) == []
