"""Which columns of a catalog are personal, and that an error repeats no value of them."""

from lakeproof.errors import LakeproofError
from lakeproof.record.redaction.secrets import Secrets
from lakeproof.record.run.ending.failure import in_brief
from lakeproof.record.setup.personal import keep_back, personal_columns


def test_they_are_declared_in_schemas_and_by_tables():
    """By whatever entry; what is no entry says nothing."""
    entries = {
        "deliveries": {"schema": {"id": {"type": "string"}, "name": {"personal": True}}},
        "visits": {"personal": ["phone", "mail"]},
        "staff": {"personal": "salary"},
        "model": {"type": "SklearnModel"},
        "_anchor": ["name"],
        "other": {"schema": {"town": {"personal": False}, "year": "long"}},
    }
    assert personal_columns(entries) == {"name", "phone", "mail", "salary"}


def test_who_shows_no_values_need_not_be_told():
    """A dataset of somebody's own has no such method."""
    keep_back(object(), frozenset({"name"}))


def test_words_of_others_are_not_repeated_where_rows_are_personal(tmp_path):
    """A library shows the value that it could not take; ours says no value of such a column."""
    error = ValueError("could not convert string to float: 'Huber'")
    private = Secrets(are_rows_personal=True)
    told = in_brief(error, "train", tmp_path, private).message
    assert "Huber" not in told
    assert "ValueError" in told
    assert "'train'" in told
    assert "Huber" in in_brief(error, "train", tmp_path, Secrets()).message
    assert in_brief(LakeproofError("ours"), "train", tmp_path, private).message == "ours"
    assert private.joined_by({}).are_rows_personal
