"""Values as text: in full, cut, and as JSON has them."""

from lakeproof.views.values import moment, plain, shortened, shown


def test_values_are_written_in_full_but_for_those_that_would_fill_pages():
    """A mapping within a mapping is counted."""
    assert shown(None) == "-"
    assert shown(1.0) == "1.0"
    assert shown({"commit": "a", "files": {"x": 1, "y": 2}}) == "commit a, 2 files"
    assert len(shown("x" * 9_000)) == 2_000


def test_digests_and_commits_are_cut_to_what_people_compare():
    """On one line that cannot steer a terminal; a short number stays."""
    text = f"at {'0123456789abcdef' * 2}01234567,\n rs1:{'ab' * 32}\x1b[31m 12345678"
    assert shortened(text) == r"at 01234567, rs1:abababababab…\x1b[31m 12345678"


def test_what_json_lacks_is_spelled_out():
    """As a record does it; what is no value of JSON becomes text."""
    assert plain({1: (float("nan"), True)}) == {"1": [{"$float": "nan"}, True]}
    assert plain(object) == "<class 'object'>"


def test_a_moment_is_in_utc():
    """To the second."""
    assert moment("2026-11-24T10:00:00.123Z") == "2026-11-24 10:00:00 UTC"
