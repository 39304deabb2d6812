"""What a project says of whom to believe is read strictly, and decides nothing of a run."""

import pytest

from lakeproof.determinism import find_recipe
from lakeproof.project_settings import Promotion, SettingsError, settings_of


def project(folder, text):
    (folder / "pyproject.toml").write_text(f"[tool.kedro]\n[tool.lakeproof]\n{text}")
    return folder


def test_without_a_word_the_usual_holds(tmp_path):
    """Nobody's key is believed, and another checkout, user or machine is enough."""
    found = settings_of(project(tmp_path, ""))
    assert found.keys == {}
    assert found.promote == Promotion("verified", ("checkout", "user", "machine"))


def test_what_is_written_holds(tmp_path):
    """And the recipe of a run minds none of it."""
    text = (
        '[tool.lakeproof.keys]\nalice = "ed25519:x"\n[tool.lakeproof.promote]\npolicy = "signed"\n'
    )
    found = settings_of(project(tmp_path, text + 'another = ["machine"]\n'))
    assert found.keys == {"alice": "ed25519:x"}
    assert found.promote == Promotion("signed", ("machine",))
    assert find_recipe(tmp_path).threads == 1


@pytest.mark.parametrize(
    "text",
    [
        'promote = "signed"',
        "keys = 1",
        "[tool.lakeproof.keys]\nalice = 1",
        '[tool.lakeproof.promote]\npolicy = "sgined"',
        "[tool.lakeproof.promote]\nanother = []",
        '[tool.lakeproof.promote]\nanother = ["planet"]',
        "[tool.lakeproof.promote]\npolcy = 1",
    ],
)
def test_what_is_misspelled_is_refused(tmp_path, text):
    """A policy that nobody reads is none."""
    with pytest.raises(SettingsError, match="Nothing was done"):
        settings_of(project(tmp_path, text))
