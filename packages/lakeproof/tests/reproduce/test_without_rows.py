"""A re-run without rows that were erased: EXCEPT ERASED, and nothing that could pass for a pass."""

from dataclasses import replace

import pytest

from lakeproof.attest.reproduction import PASSES
from lakeproof.erasure.erased_inputs import ErasedInput, erased_version
from lakeproof.erasure.receipts import Receipt, Rewritten
from lakeproof.reproduce.comparison.compare import compare
from lakeproof.reproduce.comparison.verdict import exit_code
from lakeproof.reproduce.verdict_report import document, meaning, render

from .builders import a_metric, a_record, a_rerun, digest, with_content

LEFT = digest("samples less one")
ERASED = ErasedInput(
    "table", "samples", "samples@3", 1, digest("samples"), LEFT, ("3f9c2a7b",), version=3
)


def less(record, **changes):
    """The re-run as it should be: its input less the rows, and all that hangs on it another."""
    record = replace(record, **changes)
    for dataset in ("features", "rows", "model"):
        record = with_content(record, dataset, f"{dataset} less one")
    (samples, *own) = with_content(record, "samples", "samples less one").inputs.tables
    record = with_content(record, "samples", "samples less one")
    return replace(record, inputs=replace(record.inputs, tables=(samples, *own)))


def rerun(actual, erased=(ERASED,)):
    return compare(a_record(), actual, is_rerun=True, erased=erased)


def test_all_but_what_hangs_on_the_rows_is_the_same_and_that_is_no_pass():
    """Exit code 3; each metric with how far it is apart; the receipt is named."""
    found = rerun(less(a_rerun(), metrics={"accuracy": a_metric(0.5)}))
    assert (found.verdict, found.missing, found.divergences) == ("EXCEPT ERASED", (), ())
    assert exit_code(found.verdict) == 3
    assert found.verdict not in PASSES
    assert [(one.name, one.difference) for one in found.metrics] == [("accuracy", -0.25)]
    assert "1 row(s) that the run had were erased" in meaning(found)
    assert "3f9c2a7b" in render(found)
    assert document(found)["erased"][0]["actual"] == LEFT


def test_also_where_nothing_comes_out_as_another():
    """The rows may have had no say; the run that is proven is still not the one of then."""
    same = with_content(a_rerun(), "samples", "samples less one")
    assert rerun(same).verdict == "EXCEPT ERASED"


def test_what_does_not_hang_on_the_rows_and_is_another_diverges():
    """A node that got the same and gave another is no matter of the rows."""
    again = replace(a_rerun(), inputs=less(a_rerun()).inputs)
    nodes = less(a_rerun()).nodes[:1] + with_content(a_rerun(), "model", "other").nodes[1:]
    found = rerun(replace(again, nodes=nodes, models=with_content(again, "model", "x").models))
    assert (found.verdict, found.first_divergence.node) == ("DIVERGED", "fit")


@pytest.mark.parametrize("content", ["samples", "something else"])
def test_an_input_that_is_not_the_one_less_the_rows_proves_nothing(content):
    """The recorded one with the rows, or another one."""
    found = rerun(with_content(a_rerun(), "samples", content))
    assert found.verdict == "INCONCLUSIVE"
    assert "did not read samples@3 without the rows that were erased" in "\n".join(found.missing)


def test_other_inputs_must_be_the_recorded_ones():
    """Prices are none that anything was erased from."""
    found = rerun(with_content(less(a_rerun()), "prices", "other"))
    assert found.verdict == "INCONCLUSIVE"


def test_what_is_no_longer_made_proves_nothing():
    """A metric is gone."""
    assert rerun(less(a_rerun(), metrics={})).verdict == "INCONCLUSIVE"


def test_erasures_are_followed_one_after_the_other():
    """From what the run had, as far as its table and version go; a circle has an end."""

    def receipt(number, before, after, version=3):
        one = Rewritten("samples", "t", version, before, 1, after)
        told = ("request", "2026-11-29T00:00:00Z", None, "samples", 1, ())
        return Receipt(str(number) * 32, "done", *told, rewritten=(one,))

    receipts = [receipt(1, "rs1:a", "rs1:b"), receipt(2, "rs1:b", "rs1:c"), receipt(3, "a", "z", 4)]
    found = erased_version(receipts, "samples", "t", 3, "rs1:a")
    assert (found.actual, found.rows, found.receipts) == ("rs1:c", 2, ("1" * 8, "2" * 8))
    assert erased_version(receipts, "samples", "t", 3, "rs1:c") is None
    assert erased_version(receipts, "samples", "other", 3, "rs1:a") is None
    circle = [receipt(1, "rs1:a", "rs1:b"), receipt(2, "rs1:b", "rs1:a")]
    assert erased_version(circle, "samples", "t", 3, "rs1:a").actual == "rs1:a"
