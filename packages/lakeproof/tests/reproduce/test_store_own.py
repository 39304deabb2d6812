"""What is kept as a run of its own: the record that is given back is the one in the store."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from lakeproof.reproduce import store_own
from lakeproof.reproduce.store_own import Own, keep_own
from lakeproof.views.blocks import Section

from .builders import RUN, a_record

BEFORE = "sha256:" + "1" * 64


@pytest.mark.parametrize("is_linked", [True, False])
def test_it_names_the_record_before_it_where_it_is_a_link_of_a_chain(
    tmp_path, monkeypatch, is_linked
):
    """Beside the chain it names none: nothing follows it, and it follows nothing."""
    written = []
    run = SimpleNamespace(info=SimpleNamespace(run_id="a" * 32, experiment_id="0"))
    client = SimpleNamespace(
        get_run=lambda _: run,
        create_run=lambda *_, **__: run,
        set_terminated=lambda *_, **__: None,
    )

    def write(_client, record, *_):
        written.append(record)
        return "sha256:" + "2" * 64

    monkeypatch.setattr(store_own.store, "write", write)
    monkeypatch.setattr(store_own.store_rerun, "log_contents", lambda *_: None)
    own = Own(RUN, "a name", {}, Section("told", ()), "models")
    asked = a_record()
    kept = keep_own(
        SimpleNamespace(client=client),
        *(replace(asked, previous=None), asked, own, {}, None, tmp_path),
        link=(lambda _, link: link(BEFORE)) if is_linked else None,
    )
    assert [kept] == written
    assert kept.previous == (BEFORE if is_linked else None)
