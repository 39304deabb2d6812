"""What became of outputs is compared by what counts, and a place that stands in one is named."""

from dataclasses import replace
from typing import Any

from lakeproof.record.facts import FileFacts, OutputFacts, Record
from lakeproof.reproduce.comparison.artifacts import pair_artifacts
from lakeproof.reproduce.outcomes import Artifact

from .builders import a_node, a_record, a_rerun, crossing, digest, sha


def made(of: Record, kept: Any, *files: FileFacts) -> Record:
    """A run of one node that gives `out`."""
    return replace(
        of, nodes=(a_node("n", [], [kept]),), outputs=OutputFacts(files=files), models=()
    )


def compared(ours: Any, theirs: Any) -> Artifact:
    """What is said of `out`; each side is what was handed over, then the files that it became."""
    pairs = pair_artifacts(made(a_record(metrics={}), *ours), made(a_rerun(metrics={}), *theirs))
    (found,) = [artifact for name, artifact in pairs if name == "out"]
    return found


def file(name: str, content: str, **more: Any) -> FileFacts:
    return FileFacts("out", f"data/out/{name}", sha(content), 9, **more)


def test_rows_of_spark_are_the_same_in_other_files():
    """Their names are others in every run, and so may be their number and what is in each."""
    rows = crossing("out", "frame", digest=digest("rows"))
    one = file("part-00000-6c9f.csv", "a"), file("part-00001-6c9f.csv", "b")
    assert compared((rows, *one), (rows, file("part-00000-77aa.csv", "ba"))).verdict == "same"
    other = crossing("out", "frame", digest=digest("other rows"))
    assert compared((rows, *one), (other, *one)).verdict == "differs"


def test_a_place_in_an_output_is_named_where_it_differs():
    """Whether it stands in the file or in what was handed over; and not where all is the same."""
    value = crossing("out", "value", "model2")
    other = replace(value, digest=digest("other", "model2"))
    placed = replace(other, holds_place=True)
    for ours, theirs in (
        ((value, file("x.json", "a")), (placed, file("x.json", "b"))),
        ((value, file("x.json", "a", holds_place=True)), (other, file("x.json", "b"))),
        ((value,), (placed,)),
    ):
        found = compared(ours, theirs)
        assert found.verdict == "differs"
        assert str(found.detail).startswith("it holds the place")
    assert "place" not in str(compared((value,), (other,)).detail)
    assert compared((placed,), (placed,)).detail is None
