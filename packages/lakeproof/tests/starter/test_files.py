"""Files that stay in the starter, and lines of those that do not."""

from pathlib import Path

import pytest

from kedro_new import files
from kedro_new.errors import GenerateError

BEGIN, END = "# [starter-only]", "# [/starter-only]"


def copied(tmp_path: Path, text: str) -> str:
    """What becomes of a Makefile that holds this text."""
    starter, target = tmp_path / "starter", tmp_path / "target"
    starter.mkdir()
    target.mkdir()
    (starter / "Makefile").write_text(text)
    (starter / "notes.md").write_text("of the starter's authors")
    files.copy(starter, target, package="winery_two", title="Winery Two")
    assert sorted(path.name for path in target.iterdir()) == [".telemetry", "Makefile"]
    return (target / "Makefile").read_text()


def test_marked_lines_stay_and_the_marks_with_them(tmp_path):
    """Twice in one file; where one is only spoken of, nothing happens."""
    told = "x = 1  # [starter-only] is spoken of\n"
    text = f"a\n{BEGIN} why\nb\n{END}\n{told}  {BEGIN}\nd\n  {END}\ne\n"
    assert copied(tmp_path, text) == f"a\n{told}e\n"


def test_names_are_replaced_once_though_the_new_ones_hold_the_old(tmp_path):
    """Otherwise `winery_two` would become `winery_two_two`."""
    text = "Winery: src/winery/, tests/winery\n"
    assert copied(tmp_path, text) == "Winery Two: src/winery_two/, tests/winery_two\n"


@pytest.mark.parametrize(
    ("lines", "because"),
    [
        (["a", BEGIN, "b"], "has .* without"),
        (["a", END, "b"], "twice"),
        ([BEGIN, "a", BEGIN, "b", END], "twice"),
        ([BEGIN, "a", END, END], "twice"),
    ],
)
def test_a_mark_without_its_counterpart_is_refused(tmp_path, lines, because):
    """Rather than dropping the rest of a file, or copying what should stay."""
    with pytest.raises(GenerateError, match=because):
        copied(tmp_path, "\n".join(lines))


def test_what_is_no_text_is_copied_as_it_is(tmp_path):
    """A picture in the documentation, say, whose bytes happen to spell a name."""
    starter, target = tmp_path / "starter", tmp_path / "target"
    (starter / "notebooks").mkdir(parents=True)
    target.mkdir()
    picture = b"\x89PNG\r\n winery \xff\xfe"
    (starter / "notebooks/picture.png").write_bytes(picture)
    files.copy(starter, target, package="cellar", title="Cellar")
    assert (target / "notebooks/picture.png").read_bytes() == picture


def test_git_that_is_not_there_is_named(tmp_path, monkeypatch):
    """It is needed for the records of runs, not only here."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GenerateError, match=r"git could not be started.*install it"):
        files.copy(tmp_path, tmp_path, package="cellar", title="Cellar")
