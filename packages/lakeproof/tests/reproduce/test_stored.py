"""Where what was handed over and the bytes of its file disagree."""

from dataclasses import replace

import pytest

from lakeproof.record.facts import FileFacts
from lakeproof.reproduce.comparison.compare import compare
from lakeproof.reproduce.comparison.stored import difference, digest_of

from .builders import a_record, a_rerun, crossing, digest, sha, with_content


def files(*named, folder="data"):
    return [FileFacts("metrics", f"{folder}/{name}", sha(text), 9) for name, text in named]


def a_run(name, text, **crossed):
    """Give a run whose last node gave `metrics`, which became a file."""
    record = a_record()
    kept = [one for one in record.outputs.files if one.dataset != "metrics"]
    outputs = replace(record.outputs, files=(*kept, *files((name, text))))
    last = record.nodes[-1]
    if crossed:
        last = replace(last, outputs=(crossing("metrics", **crossed), last.outputs[1]))
    return replace(record, outputs=outputs, nodes=(*record.nodes[:-1], last))


def judged(expected, actual):
    found = compare(expected, a_rerun(actual), is_rerun=True)
    return found, next(one for one in found.artifacts if one.name == "metrics")


@pytest.mark.parametrize("name", ["m.json", "m.csv", "m.yml", "m.txt", "m.npy", "m.own", "m"])
def test_other_bytes_are_another_artifact_though_its_value_has_the_same_digest(name):
    """A mapping in another order; what format it is in is not asked, but for a closed list."""
    found, one = judged(a_run(name, "x"), a_run(name, "y"))
    assert (found.verdict, one.verdict) == ("DIVERGED", "differs")
    assert (one.expected, one.actual) == (f"sha256:{sha('x')}", f"sha256:{sha('y')}")
    assert "the file has other bytes" in one.detail
    assert found.first_divergence.node == "score"


@pytest.mark.parametrize(
    "name", ["m.pkl", "m.xlsx", "m.zip", "m.csv.gz", "m.JOBLIB", "m.png", "m.parquet", "m.h5"]
)
def test_a_format_that_has_other_bytes_for_the_same_value_is_judged_by_the_value(name):
    """It carries a time, an address or the version of its writer; the detail says so."""
    found, one = judged(a_run(name, "x"), a_run(name, "y"))
    assert (found.verdict, one.verdict, one.actual) == (
        "REPEATED",
        "same",
        digest("metrics", "model2"),
    )
    assert one.detail == "by value: this format writes other bytes each time"
    found, one = judged(a_run(name, "x"), with_content(a_run(name, "y"), "metrics", "other"))
    assert (found.verdict, one.detail) == ("DIVERGED", None)


def test_another_value_is_another_artifact_though_its_file_has_the_same_bytes():
    """What the format leaves out was handed over all the same."""
    found, one = judged(a_run("m.json", "x"), with_content(a_run("m.json", "x"), "metrics", "no"))
    assert (found.verdict, one.verdict) == ("DIVERGED", "differs")
    assert one.detail == "the file has the same bytes, the saved value has another digest"


@pytest.mark.parametrize(
    ("name", "verdict"),
    [("m.pkl", "not comparable"), ("m.json", "differs"), ("m.parquet", "differs")],
)
def test_bytes_that_are_others_each_time_tell_nothing_of_what_has_no_digest(name, verdict):
    """Never that it differs; the same bytes are the same."""
    opaque = {"kind": "opaque", "note": "it holds an address"}
    found, one = judged(a_run(name, "x", **opaque), a_run(name, "y", **opaque))
    assert one.verdict == verdict
    assert found.verdict == ("INCONCLUSIVE" if verdict == "not comparable" else "DIVERGED")
    assert judged(a_run(name, "x", **opaque), a_run(name, "x", **opaque))[0].verdict == "REPEATED"


def test_two_digests_of_a_value_by_two_algorithms_leave_the_bytes_to_tell():
    """An old record's and a new one's."""
    new = {"kind": "value", "algorithm": "model1"}
    found, one = judged(a_run("m.json", "x"), a_run("m.json", "x", **new))
    assert (found.verdict, one.actual) == ("REPEATED", f"sha256:{sha('x')}")
    assert judged(a_run("m.json", "x"), a_run("m.json", "y", **new))[0].verdict == "DIVERGED"


@pytest.mark.parametrize(
    ("ours", "theirs", "found"),
    [
        ([("a.csv", "1"), ("b.pkl", "2")], [("a.csv", "1"), ("b.pkl", "2")], "none"),
        ([("a.csv", "1"), ("b.pkl", "2")], [("a.csv", "1"), ("b.pkl", "3")], "each time"),
        ([("a.csv", "1"), ("b.pkl", "2")], [("a.csv", "0"), ("b.pkl", "3")], "content"),
        ([("p-1.parquet", "1"), ("_OK", "")], [("p-2.parquet", "1"), ("_OK", "")], "by its writer"),
        ([("a.csv", "1"), ("b.csv", "2")], [("a.csv", "1"), ("c.csv", "2")], "content"),
        ([("MLmodel", "1"), ("x.yaml", "2")], [("MLmodel", "3"), ("x.yaml", "4")], "each time"),
        ([("one.csv", "1")], [("other.csv", "1")], "none"),
    ],
)
def test_of_several_files_the_gravest_difference_counts(ours, theirs, found):
    """Names too, but for that of a file that stands alone."""
    assert difference(files(*ours), files(*theirs, folder="/tmp/data")) == found


def test_of_a_dataset_with_versions_the_newest_counts():
    """An older record lists the folder of all of them, each named by a time."""
    first, second = "2026-11-28T10.00.00.000Z", "2026-11-28T11.00.00.000Z"
    older = files((f"m.json/{first}/m.json", "old"), (f"m.json/{second}/m.json", "new"))
    newer = files(("m.json/2026-11-29T09.00.00.000Z/m.json", "new"))
    assert difference(older, newer) == "none"
    assert digest_of(older) == digest_of(newer) == f"sha256:{sha('new')}"


def test_files_inside_and_outside_of_the_project_have_a_digest():
    """There is no folder that they have in common."""
    assert digest_of([FileFacts("m", "data/a", sha("a"), 1), FileFacts("m", "/b", sha("b"), 1)])


def test_a_partition_that_is_called_by_a_time_is_no_version():
    """Of versions the newest counts; of partitions all do, whatever their names."""
    first, last = "2024-01-01T00.00.00.000Z", "2024-01-02T00.00.00.000Z"
    for name in ("{}", "{}.txt", "{}/part.txt", "metrics/{}/part.txt"):
        ours = files((name.format(first), "x"), (name.format(last), "y"))
        theirs = files((name.format(first), "other"), (name.format(last), "y"))
        assert digest_of(ours) != digest_of(theirs)
        assert difference(ours, theirs) == "content"
    versions = files((f"m.json/{first}/m.json", "x"), (f"m.json/{last}/m.json", "y"))
    assert digest_of(versions) == f"sha256:{sha('y')}"
