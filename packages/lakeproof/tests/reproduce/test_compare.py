"""Two records side by side: what passes, and the many ways in which nothing may pass."""

from dataclasses import replace

import pytest

from lakeproof.record.facts import (
    FileFacts,
    InputFacts,
    ModelFacts,
    NodeIO,
    OutputFacts,
    ValueFacts,
)
from lakeproof.reproduce.comparison.compare import compare
from lakeproof.reproduce.comparison.verdict import exit_code, judge
from lakeproof.reproduce.outcomes import Divergence, Factor

from .builders import (
    RERUN,
    RUN,
    a_metric,
    a_node,
    a_record,
    a_rerun,
    a_table_read,
    a_table_written,
    crossing,
    digest,
    sha,
    with_content,
    without,
)


def verdicts(found):
    return {(one.kind, one.name): one.verdict for one in found.artifacts}


def artifact(found, kind, name):
    return next(one for one in found.artifacts if (one.kind, one.name) == (kind, name))


def rerun(actual, expected=None, **options):
    return compare(expected or a_record(), actual, is_rerun=True, **options)


def two_runs(actual, expected=None):
    return compare(expected or a_record(), actual, is_rerun=False)


def with_node(record, name, inputs=None, outputs=None):
    nodes = tuple(
        replace(node, inputs=inputs or node.inputs, outputs=outputs or node.outputs)
        if node.name == name
        else node
        for node in record.nodes
    )
    return replace(record, nodes=nodes)


def with_inputs(record, **changes):
    return replace(record, inputs=replace(record.inputs, **changes))


# What passes.


def test_an_honest_rerun_is_repeated():
    """Every output is listed once, in pipeline order, then the metrics; pictures do not count."""
    found = rerun(a_rerun())
    assert (found.verdict, found.run_id, found.rerun_id) == ("REPEATED", RUN, RERUN)
    assert (found.factors, found.missing, found.first_divergence) == ((), (), None)
    assert [(one.kind, one.name, one.counts) for one in found.artifacts] == [
        ("table", "features", True),
        ("memory", "select → rows", True),
        ("model", "model", True),
        ("predictions", "model", True),
        ("file", "metrics", True),
        ("file", "picture", False),
        ("metric", "accuracy", True),
    ]
    assert set(verdicts(found).values()) == {"same"}
    assert exit_code(found.verdict) == 0


def test_another_machine_is_reproduced_and_named():
    """The set-up is another, the result is not."""
    record = a_record()
    found = rerun(a_rerun(compute=replace(record.compute, cpu="Another CPU", cores=8)))
    assert found.verdict == "REPRODUCED"
    assert [one.factor for one in found.factors] == ["cpu", "cores"]
    assert exit_code(found.verdict) == 0


def test_a_table_of_another_id_with_the_same_rows_is_reproduced():
    """It was made again, with equal content."""
    tables = (a_table_read(table_id="another"), *a_record().inputs.tables[1:])
    found = rerun(with_inputs(a_rerun(), tables=tables))
    assert found.verdict == "REPRODUCED"
    assert found.factors == (Factor("table id:samples", "id of samples", "another", True),)


def test_what_the_plan_noticed_counts_as_set_up_too():
    """A factor from outside is listed once, whoever else has noticed it."""
    extra = Factor("table id:samples", "id of samples", "another", is_setup=True)
    assert rerun(a_rerun(), extra_factors=[extra]).verdict == "REPRODUCED"
    tables = (a_table_read(table_id="another"), *a_record().inputs.tables[1:])
    found = rerun(with_inputs(a_rerun(), tables=tables), extra_factors=[extra])
    assert found.factors == (extra,)


def test_a_picture_and_an_exempted_entry_may_differ():
    """They are listed, and say that they do not count; in either record is enough."""
    files = [
        replace(file, sha256=sha("other")) if file.dataset == "picture" else file
        for file in a_record().outputs.files
    ]
    outputs = replace(a_record().outputs, files=tuple(files))
    actual = with_content(a_rerun(outputs=outputs, not_compared=("metrics",)), "metrics", "other")
    found = rerun(actual)
    assert found.verdict == "REPEATED"
    for name in ("picture", "metrics"):
        one = artifact(found, "file", name)
        assert (one.verdict, one.counts) == ("differs", False)
        assert one.detail.startswith("does not count")


def test_what_could_not_be_redirected_is_judged_by_what_was_handed_over():
    """A re-run keeps in memory what would go to a database."""
    value = ValueFacts("metrics", "SQLTableDataset", digest("metrics", "model2"))
    files = tuple(one for one in a_record().outputs.files if one.dataset != "metrics")
    expected = a_record(outputs=replace(a_record().outputs, files=files, values=(value,)))
    actual = a_rerun(expected, outputs=replace(expected.outputs, values=()))
    assert rerun(actual, expected).verdict == "REPEATED"
    found = rerun(with_content(actual, "metrics", "other"), expected)
    assert verdicts(found)["file", "metrics"] == "differs"


# What differs.


@pytest.mark.parametrize(
    ("dataset", "kind", "name", "node"),
    [
        ("features", "table", "features", "build"),
        ("rows", "memory", "select → rows", "select"),
        ("model", "model", "model", "fit"),
        ("metrics", "file", "metrics", "score"),
    ],
)
def test_another_content_diverges_at_the_node_that_made_it(dataset, kind, name, node):
    """The node that got the same and gave another, with the outputs that differ."""
    found = rerun(with_content(a_rerun(), dataset, "other"))
    one = artifact(found, kind, name)
    assert (found.verdict, one.verdict) == ("DIVERGED", "differs")
    assert one.expected != one.actual
    assert found.first_divergence == Divergence(node, (dataset,))
    assert exit_code(found.verdict) == 1


def test_a_metric_is_compared_to_the_last_bit():
    """Shown as numbers, with the difference; zero and minus zero are two."""
    found = rerun(a_rerun(metrics={"accuracy": a_metric(0.75 + 2**-53)}))
    one = artifact(found, "metric", "accuracy")
    assert (found.verdict, one.verdict, one.expected) == ("DIVERGED", "differs", 0.75)
    assert one.detail == "difference +1.1102230246251565e-16"
    zero, minus = ({"loss": a_metric(value)} for value in (0.0, -0.0))
    found = rerun(a_rerun(metrics=minus), a_record(metrics=zero))
    assert found.verdict == "DIVERGED"
    assert "0.0 (bits 0000000000000000) -> -0.0 (bits 8000000000000000)" in str(found.artifacts)


def test_a_metric_that_is_no_number_is_compared_too():
    """NaN is itself; JSON has no number for it."""
    nan = {"loss": a_metric(float("nan"))}
    found = rerun(a_rerun(metrics=nan), a_record(metrics=nan))
    assert found.verdict == "REPEATED"
    assert artifact(found, "metric", "loss").expected is None
    assert rerun(a_rerun(metrics={"loss": a_metric(1.0)}), a_record(metrics=nan)).verdict == (
        "DIVERGED"
    )


def test_a_table_says_which_columns_and_rows_are_others():
    """Names, types, order and number."""
    written = a_table_written(
        digest=digest("other"), rows=177, columns=(("id", "long"), ("ash", "double"))
    )
    actual = a_rerun(outputs=replace(a_record().outputs, tables=(written,)))
    one = artifact(rerun(actual), "table", "features")
    assert one.detail == (
        "column id: string -> long; column alcohol: double -> none; column ash: none -> double; "
        "rows: 178 -> 177"
    )
    turned = a_table_written(digest=digest("other"), columns=a_table_written().columns[::-1])
    actual = a_rerun(outputs=replace(a_record().outputs, tables=(turned,)))
    assert artifact(rerun(actual), "table", "features").detail == "the columns are in another order"


def test_what_only_the_rerun_made_differs():
    """Expected is null, and the detail says so."""
    actual = a_rerun(metrics={"accuracy": a_metric(0.75), "recall": a_metric(0.5)})
    one = artifact(rerun(actual), "metric", "recall")
    assert (one.verdict, one.expected, one.actual) == ("differs", None, 0.5)
    assert one.detail == "the first run does not have it"
    assert rerun(actual).verdict == "DIVERGED"


def test_predictions_of_a_model_that_is_the_same_may_still_differ():
    """Which is what an unseeded or threaded predict does."""
    model = replace(a_record().models[0], predictions=digest("other", "frame2"))
    found = rerun(a_rerun(models=(model,)))
    assert (found.verdict, verdicts(found)["predictions", "model"]) == ("DIVERGED", "differs")
    assert found.first_divergence == Divergence("fit", ("model",))


def test_the_first_of_several_nodes_is_named():
    """What follows from it has other inputs, and is not blamed."""
    actual = a_rerun()
    for dataset in ("features", "rows", "model", "metrics"):
        actual = with_content(actual, dataset, f"other {dataset}")
    assert rerun(actual).first_divergence == Divergence("build", ("features",))


def test_all_nodes_are_listed_at_which_equal_inputs_gave_other_outputs():
    """Not the first alone: two dice need two seeds."""
    actual = with_content(with_content(a_rerun(), "features", "other"), "metrics", "other")
    found = rerun(actual)
    both = (Divergence("build", ("features",)), Divergence("score", ("metrics",)))
    assert found.divergences == both
    assert found.first_divergence == both[0]
    assert rerun(a_rerun()).divergences == ()


def test_a_node_behind_a_divergence_is_not_blamed_for_what_cannot_be_compared():
    """Its lazy input may be the other one already."""
    lazy = crossing("rows", "lazy", note="it was not computed")
    expected = with_node(a_record(), "select", outputs=(lazy,))
    expected = with_node(expected, "fit", inputs=(lazy,))
    features = with_content(a_rerun(expected), "features", "other")
    found = rerun(with_content(features, "model", "other"), expected)
    assert [one.node for one in found.divergences] == ["build"]


def test_of_what_does_not_count_only_what_something_that_counts_hangs_on_is_blamed():
    """A note that nobody reads may differ."""
    aside = a_node("aside", [crossing("samples")], [crossing("note", "value", "model2")])
    expected = a_record(nodes=(aside, *a_record().nodes), not_compared=("note", "rows"))
    actual = with_content(a_rerun(expected), "note", "other")
    assert rerun(actual, expected).divergences == ()
    actual = with_content(with_content(actual, "rows", "other"), "model", "other")
    assert [one.node for one in rerun(actual, expected).divergences] == ["select"]


def test_a_parameter_is_an_input_of_its_node():
    """A node that got another parameter is not where two runs part."""
    record = a_record()
    train = crossing("params:train", "value", "model2", digest=digest("other", "model2"))
    actual = with_node(a_rerun(), "select", inputs=(record.nodes[1].inputs[0], train))
    found = two_runs(with_content(actual, "rows", "other"))
    assert (found.verdict, found.first_divergence) == ("DIFFERENT", None)
    more = (*record.nodes[1].inputs, crossing("params:seed", "value"))
    actual = with_content(with_node(a_rerun(), "select", inputs=more), "rows", "other")
    assert two_runs(actual).first_divergence is None


def test_a_divergence_behind_an_exempted_output_is_still_found():
    """The exempted one is named only where nothing that counts tells."""
    exempted = ("rows",)
    actual = with_content(a_rerun(not_compared=exempted), "rows", "other")
    assert rerun(actual).verdict == "REPEATED"
    assert rerun(actual).first_divergence is None
    found = rerun(with_content(actual, "model", "other"))
    assert (found.verdict, found.first_divergence) == ("DIVERGED", Divergence("select", ("rows",)))


def test_a_lazy_input_does_not_acquit_the_node_that_read_it():
    """A plan has no content; the table made of it has."""
    expected = a_record()
    for name in ("select", "fit", "score"):
        node = next(node for node in expected.nodes if node.name == name)
        swap = {"rows": crossing("rows", "lazy", note="it was not computed")}
        expected = with_node(
            expected,
            name,
            tuple(swap.get(one.dataset, one) for one in node.inputs),
            tuple(swap.get(one.dataset, one) for one in node.outputs),
        )
    actual = a_rerun(expected)
    found = rerun(actual, expected)
    one = artifact(found, "memory", "select → rows")
    assert (found.verdict, one.verdict, one.counts) == ("REPEATED", "not comparable", False)
    assert one.detail == "does not count; it was not computed"
    found = rerun(with_content(actual, "model", "other"), expected)
    assert found.first_divergence == Divergence("fit", ("model",))


# What proves nothing.


@pytest.mark.parametrize("dataset", ["features", "rows", "model", "metrics"])
def test_an_output_that_is_no_longer_given_is_inconclusive(dataset):
    """Missing, never the same, and the node is named."""
    found = rerun(without(a_rerun(), dataset))
    assert found.verdict == "INCONCLUSIVE"
    assert "missing" in verdicts(found).values()
    assert any("no longer gives the" in said and dataset in said for said in found.missing)
    assert exit_code(found.verdict) == 2


def test_a_file_that_lies_there_from_before_is_nobodys_output():
    """Its node did not hand it over."""
    record = a_record()
    actual = with_node(a_rerun(), "score", outputs=(record.nodes[3].outputs[1],))
    found = rerun(actual)
    assert (found.verdict, verdicts(found)["file", "metrics"]) == ("INCONCLUSIVE", "missing")


def test_a_metric_that_is_gone_is_inconclusive():
    """Without anything that differs."""
    found = rerun(a_rerun(metrics={}))
    assert (found.verdict, verdicts(found)["metric", "accuracy"]) == ("INCONCLUSIVE", "missing")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"tables": (a_table_read(digest=digest("one cell"), version=3),)},
            [digest("samples"), digest("one cell"), "Table 'samples'", "kedro history samples"],
        ),
        (
            {"files": (FileFacts("labels", "data/labels.csv", sha("other"), 9),)},
            [f"sha256:{sha('labels')}", f"sha256:{sha('other')}", "File 'data/labels.csv'"],
        ),
        (
            {"values": (ValueFacts("prices", "SQL", digest("other", "frame2")),)},
            [digest("prices", "frame2"), digest("other", "frame2"), "loaded from 'prices'"],
        ),
    ],
)
@pytest.mark.parametrize("is_diverged", [False, True])
def test_another_input_is_no_rerun_named_with_both_digests(changes, said, is_diverged):
    """Whatever came of it: same outputs or others."""
    actual = with_inputs(a_rerun(), **changes)
    if is_diverged:
        actual = with_content(actual, "model", "other")
    found = rerun(actual)
    assert found.verdict == "INCONCLUSIVE"
    sentence = next(one for one in found.missing if said[0] in one)
    assert all(part in sentence for part in said)
    assert "That was no re-run." in sentence


def test_an_input_without_a_digest_is_inconclusive():
    """Nobody knows whether it was the same."""
    value = ValueFacts("prices", "SQLTableDataset", None, "it is lazy")
    expected = with_inputs(a_record(), values=(value,))
    found = rerun(a_rerun(expected), expected)
    assert found.verdict == "INCONCLUSIVE"
    assert "cannot be told" in found.missing[0]
    assert "no digest, it is lazy" in found.missing[0]


def test_a_digest_that_was_not_computed_again_is_inconclusive():
    """What a commit says of its rows is no proof that they are still there."""
    tables = (a_table_read(digest_from="commit"), *a_record().inputs.tables[1:])
    found = rerun(with_inputs(a_rerun(), tables=tables))
    assert found.verdict == "INCONCLUSIVE"
    assert "were not read again" in found.missing[0]
    recorded = with_inputs(a_record(), tables=tables)
    assert rerun(a_rerun(), recorded).verdict == "REPEATED"


@pytest.mark.parametrize("is_more", [False, True])
def test_an_input_that_only_one_of_them_read_is_named(is_more):
    """In a re-run; of two runs it is a factor."""
    prices = ValueFacts("weather", "APIDataset", digest("weather", "model2"))
    more = with_inputs(a_record(), values=(*a_record().inputs.values, prices))
    expected, actual = (a_record(), a_rerun(more)) if is_more else (more, a_rerun())
    found = rerun(actual, expected)
    assert found.verdict == "INCONCLUSIVE"
    assert "what was loaded from 'weather'" in found.missing[0]
    assert [one.factor for one in two_runs(actual, expected).factors] == ["data:weather"]


def test_a_table_read_from_outside_that_the_run_had_written_itself_is_no_rerun():
    """The re-run read another table than the one it wrote."""
    tables = tuple(replace(table, is_own=False) for table in a_record().inputs.tables)
    found = rerun(with_inputs(a_rerun(), tables=tables))
    assert found.verdict == "INCONCLUSIVE"
    assert "read table 'features'" in found.missing[0]


def test_what_is_read_after_a_divergence_may_hang_on_it():
    """A node that loads partitions by the clock's say: the clock is the fault, not the files."""
    late = a_node("late", [crossing("parts", "value")], [crossing("sums", "value", "model2")])
    expected = a_record(nodes=(*a_record().nodes, late))
    files = (*a_record().inputs.files, FileFacts("parts", "data/parts/1.csv", sha("1"), 1))
    actual = with_content(with_inputs(a_rerun(expected), files=files), "model", "other")
    found = rerun(actual, expected)
    assert (found.verdict, found.first_divergence.node) == ("DIVERGED", "fit")
    before = with_inputs(a_rerun(expected), files=files)
    assert rerun(before, expected).verdict == "INCONCLUSIVE"
    early = with_node(actual, "build", inputs=(*actual.nodes[0].inputs, crossing("parts", "value")))
    assert rerun(early, expected).verdict == "INCONCLUSIVE"
    one, other = (
        (*a_record().inputs.files, FileFacts("parts", "data/parts/1.csv", sha(text), 1))
        for text in "12"
    )
    found = rerun(with_inputs(actual, files=other), with_inputs(expected, files=one))
    assert (found.verdict, found.first_divergence.node) == ("INCONCLUSIVE", "fit")


def test_other_code_or_parameters_are_no_rerun():
    """Even where the result is the same; `--engine` is told otherwise than by a parameter."""
    code = replace(a_record().code, tree=digest("other", "sha256"))
    found = rerun(a_rerun(code=code))
    assert (found.verdict, found.factors[0].factor) == ("INCONCLUSIVE", "code")
    assert digest("other", "sha256") in found.missing[0]
    changed = replace(a_record().code, changed_during_run=("src/winery/rows.py",))
    assert "changed while it ran: src/winery/rows.py" in rerun(a_rerun(code=changed)).missing[0]

    def with_values(**values):
        parameters = a_record().parameters
        sources = {**parameters.sources, **dict.fromkeys(values, "--params")}
        return replace(parameters, values={**parameters.values, **values}, sources=sources)

    found = rerun(a_rerun(parameters=with_values(seed=2)))
    assert found.verdict == "INCONCLUSIVE"
    assert "another parameter 'seed': recorded 1, re-run 2" in found.missing[0]
    assert rerun(a_rerun(parameters=with_values(engine="spark"))).verdict == "INCONCLUSIVE"
    expected = a_record(parameters=with_values(depth=None))
    found = rerun(a_rerun(parameters=with_values(depth=5)), expected)
    assert "another parameter 'depth': recorded None, re-run 5" in found.missing[0]


def test_a_table_that_was_written_upon_is_an_input():
    """What a merge makes hangs on what was there; what an overwrite makes does not."""

    def merged(started_at, content):
        started = content and digest(content)
        table = a_table_written(mode="merge", started_at=started_at, started_digest=started)
        return replace(a_record().outputs, tables=(table,))

    expected = a_record(outputs=merged(0, "before"))
    assert rerun(a_rerun(expected), expected).verdict == "REPEATED"
    for outputs, said in [
        (merged(0, "other"), digest("other")),
        (merged(None, None), "did not read table 'features'"),
    ]:
        found = rerun(a_rerun(expected, outputs=outputs), expected)
        assert found.verdict == "INCONCLUSIVE"
        assert said in found.missing[0]
        assert digest("before") in found.missing[0]
    overwritten = replace(a_record().outputs, tables=(a_table_written(started_at=None),))
    assert rerun(a_rerun(outputs=overwritten)).verdict == "REPEATED"


def test_a_node_that_did_not_run_is_inconclusive():
    """Also one that has no output."""
    expected = a_record(nodes=(*a_record().nodes, a_node("notify", [crossing("rows")], [])))
    found = rerun(a_rerun(), expected)
    assert found.verdict == "INCONCLUSIVE"
    assert "did not run 'notify'" in found.missing[0]


def test_a_failed_rerun_is_inconclusive_with_its_error():
    """And says nothing of all that is therefore missing."""
    actual = without(a_rerun(), "metrics")
    run = replace(actual.run, status="FAILED", failed_node="score", error="no such column")
    found = rerun(replace(actual, run=run))
    assert found.verdict == "INCONCLUSIVE"
    assert found.missing == (f"Run {RERUN} FAILED at node 'score': no such column",)


def test_what_the_caller_says_is_missing_keeps_it_from_passing():
    """In a re-run and between two runs."""
    for is_rerun in (True, False):
        found = compare(a_record(), a_rerun(), is_rerun, missing=["It is gone."])
        assert (found.verdict, found.missing) == ("INCONCLUSIVE", ("It is gone.",))


def test_nothing_to_compare_is_inconclusive():
    """A run whose outputs are all plans on their way to another node, or all exempted."""
    lazy = a_node("plan", [], [crossing("rows", "lazy")])
    draw = a_node("draw", [crossing("rows", "lazy")], [crossing("plot", "picture")])
    empty = a_record(nodes=(lazy, draw), outputs=OutputFacts(), models=(), metrics={})
    everything = a_record(not_compared=("features", "rows", "model", "metrics", "accuracy"))
    for record in (empty, everything):
        for is_rerun in (True, False):
            found = compare(record, a_rerun(record), is_rerun)
            assert found.verdict == "INCONCLUSIVE"
            assert "nothing to compare" in found.missing[-1]


def test_a_plan_that_nobody_computes_is_no_result():
    """It has no content, and nothing that it ends up in is compared."""
    lazy = a_node("plan", [], [crossing("late", "lazy")])
    record = a_record(nodes=(*a_record().nodes, lazy))
    found = rerun(a_rerun(record), record)
    assert found.verdict == "INCONCLUSIVE"
    assert "plan → late" in found.missing[0]


def test_what_cannot_be_digested_counts():
    """In one of the two, or in both."""
    opaque = (crossing("rows", "opaque", note="a lock cannot be digested"),)
    once, twice = with_node(a_rerun(), "select", outputs=opaque), None
    twice = with_node(a_record(), "select", outputs=opaque)
    for found in (rerun(once), rerun(a_rerun(twice), twice)):
        one = artifact(found, "memory", "select → rows")
        assert (found.verdict, one.verdict, one.counts) == ("INCONCLUSIVE", "not comparable", True)
        assert "a lock cannot be digested" in found.missing[0]


def test_a_frame_that_was_computed_in_only_one_run_counts():
    """Two plans do not, for both end up in what is compared."""
    lazy = (crossing("rows", "lazy", note="it was not computed"),)
    found = rerun(with_node(a_rerun(), "select", outputs=lazy))
    assert found.verdict == "INCONCLUSIVE"


def test_digests_of_two_algorithms_are_not_comparable():
    """Not the same, and not different either."""
    actual = with_node(a_rerun(), "select", outputs=(crossing("rows", "frame", "frame1"),))
    found = rerun(actual)
    assert (found.verdict, verdicts(found)["memory", "select → rows"]) == (
        "INCONCLUSIVE",
        "not comparable",
    )
    assert judge("", "") == judge("abc", "abc") == judge(":a", ":a") == "not comparable"
    assert judge("rs1:a", "rs1:a") == "same"


def test_what_has_no_digest_is_compared_by_the_file_it_became():
    """Both by their bytes, or neither; of several files their names count too."""
    opaque = (crossing("metrics", "opaque", note="no digest"), crossing("picture", "picture"))
    expected = with_node(a_record(), "score", outputs=opaque)
    found = rerun(a_rerun(expected), expected)
    assert (found.verdict, artifact(found, "file", "metrics").actual) == (
        "REPEATED",
        f"sha256:{sha('metrics')}",
    )
    assert rerun(a_rerun(expected)).verdict == "REPEATED"
    kept = tuple(one for one in expected.outputs.files if one.dataset != "metrics")
    gone = a_rerun(expected, outputs=replace(expected.outputs, files=kept))
    found = rerun(gone, expected)
    assert (found.verdict, verdicts(found)["file", "metrics"]) == (
        "INCONCLUSIVE",
        "not comparable",
    )

    unseen = replace(a_record(), nodes=a_record().nodes[:3])
    assert verdicts(rerun(a_rerun(unseen), unseen))["file", "metrics"] == "same"

    def parts(folder, *contents):
        files = [
            FileFacts("metrics", f"{folder}/{number}.csv", sha(content), 1)
            for number, content in enumerate(contents)
        ]
        return replace(expected.outputs, files=(*kept, *files))

    several = replace(expected, outputs=parts("data/a", "x", "y"))
    for outputs, verdict in [
        (parts("data/b", "x", "y"), "REPEATED"),
        (parts("data/a", "y", "x"), "DIVERGED"),
        (parts("data/a", "x", "y", "z"), "DIVERGED"),
    ]:
        assert rerun(a_rerun(several, outputs=outputs), several).verdict == verdict


def test_a_model_without_a_digest_is_not_passed_by_its_predictions():
    """Two models may well predict the same for the rows that were asked."""
    model = ModelFacts("model", None, digest("predicted", "frame2"), 178, "a lambda")
    expected = a_record(models=(model,))
    found = rerun(a_rerun(expected), expected)
    assert verdicts(found)["predictions", "model"] == "same"
    assert (found.verdict, verdicts(found)["model", "model"]) == ("INCONCLUSIVE", "not comparable")


def test_predictions_that_neither_run_could_have_do_not_count_where_the_model_is_the_same():
    """In only one of the two they do."""
    model = replace(a_record().models[0], predictions=None, note="no frame")
    expected = a_record(models=(model,))
    assert rerun(a_rerun(expected), expected).verdict == "REPEATED"
    assert rerun(a_rerun(), expected).verdict == "INCONCLUSIVE"
    found = rerun(with_content(a_rerun(expected), "model", "other"), expected)
    assert artifact(found, "predictions", "model").counts


def test_a_difference_outweighs_what_is_missing_or_not_comparable():
    """With the inputs intact, one difference is enough."""
    found = rerun(with_content(without(a_rerun(), "metrics"), "model", "other"))
    assert found.verdict == "DIVERGED"


# What nodes got.


def loaded_otherwise(record, dataset, name="build"):
    """Let a node get another content of a dataset, of which nothing else is another."""
    node = next(node for node in record.nodes if node.name == name)
    inputs = tuple(
        replace(one, digest=digest("another sheet", one.digest.partition(":")[0]))
        if one.dataset == dataset
        else one
        for one in node.inputs
    )
    return with_node(record, name, inputs=inputs)


@pytest.mark.parametrize("is_felt", [False, True])
def test_what_is_loaded_otherwise_of_the_same_file_is_no_rerun(is_felt):
    """A resolver in `load_args` asks for another sheet: named, whether an output hangs on it."""
    actual = loaded_otherwise(a_rerun(), "labels")
    if is_felt:
        actual = with_content(actual, "features", "other")
    found = rerun(actual)
    assert (found.verdict, found.first_divergence) == ("INCONCLUSIVE", None)
    known = digest("labels", "frame2"), digest("another sheet", "frame2")
    assert found.factors == (Factor("data:labels", *known),)
    (sentence,) = found.missing
    assert sentence.startswith("Node 'build' got another dataset 'labels' than recorded, which")
    assert all(one in sentence for one in known)
    two = two_runs(actual)
    assert (two.verdict, two.factors) == ("DIFFERENT" if is_felt else "SAME", found.factors)


def test_what_a_node_gave_and_the_next_got_otherwise_is_no_rerun():
    """What lies between them is not in the record."""
    found = rerun(loaded_otherwise(a_rerun(), "rows", "fit"))
    assert found.verdict == "INCONCLUSIVE"
    assert "though node 'select' gave the same" in found.missing[0]
    assert [one.factor for one in found.factors] == ["data:rows"]


def test_what_follows_from_another_output_is_not_another_input():
    """The node that gave it is where the runs part."""
    found = rerun(with_content(with_content(a_rerun(), "rows", "other"), "model", "other"))
    assert (found.verdict, found.factors, found.missing) == ("DIVERGED", (), ())


def test_the_two_names_of_a_transcoded_dataset_are_one():
    """`rows@spark` is written, `rows@pandas` is read."""
    gave, got = crossing("rows@spark", "frame", "frame2"), crossing("rows@pandas", "frame")
    expected = with_node(with_node(a_record(), "select", outputs=(gave,)), "fit", inputs=(got,))
    other = digest("other", "frame2")
    actual = with_node(a_rerun(expected), "select", outputs=(replace(gave, digest=other),))
    actual = with_node(actual, "fit", inputs=(replace(got, digest=digest("other", "rs1")),))
    found = rerun(actual, expected)
    assert (found.verdict, found.first_divergence.node, found.missing) == ("DIVERGED", "select", ())
    found = rerun(loaded_otherwise(a_rerun(expected), "rows@pandas", "fit"), expected)
    assert "though node 'select' gave the same" in found.missing[0]


def test_a_plan_is_told_apart_by_what_the_next_node_got_of_it():
    """Spark's rows, which pandas read from the file that they became."""
    gave, got = crossing("rows@spark", "lazy", note="lazy"), crossing("rows@pandas", "frame")
    expected = with_node(with_node(a_record(), "select", outputs=(gave,)), "fit", inputs=(got,))
    assert rerun(a_rerun(expected), expected).verdict == "INCONCLUSIVE"
    actual = loaded_otherwise(a_rerun(expected), "rows@pandas", "fit")
    found = rerun(actual, expected)
    one = artifact(found, "memory", "select → rows@spark")
    assert (one.verdict, one.counts, one.detail) == ("differs", True, "as node 'fit' got it")
    assert (one.expected, one.actual) == (digest("rows@pandas"), digest("another sheet"))
    assert (found.verdict, found.first_divergence.node) == ("DIVERGED", "select")


def test_a_parameter_that_a_node_got_otherwise_is_named():
    """Where the values are the same, such as one that a resolver makes."""
    found = rerun(loaded_otherwise(a_rerun(), "params:train", "select"))
    assert "got another parameter 'train'" in found.missing[0]
    assert "one of train.trees, train.rate was" in found.missing[0]
    assert found.factors == ()


def test_an_input_without_a_digest_in_one_run_is_no_other_input():
    """A plan tells nothing."""
    lazy = (crossing("samples"), crossing("labels", "lazy", note="lazy"))
    assert rerun(with_node(a_rerun(), "build", inputs=lazy)).verdict == "REPEATED"


def test_a_value_of_an_old_record_that_has_another_digest_each_time_is_no_other_input():
    """It holds an address; the file it was loaded from is the same."""
    node = a_record().nodes[0]
    old = crossing("labels", "value", "model1")
    expected = with_node(a_record(), "build", inputs=(node.inputs[0], old))
    assert rerun(loaded_otherwise(a_rerun(expected), "labels"), expected).verdict == "REPEATED"


def test_a_value_that_holds_the_place_of_the_project_is_no_other_input():
    """A re-run is in another place; what comes of it is compared."""
    node = a_record().nodes[0]
    placed = crossing("labels", "value", "model2", holds_place=True)
    expected = with_node(a_record(), "build", inputs=(node.inputs[0], placed))
    assert rerun(loaded_otherwise(a_rerun(expected), "labels"), expected).verdict == "REPEATED"


def test_a_node_that_only_one_of_them_ran_is_named():
    """In a re-run and between two runs, also where nothing comes of it."""
    silent = a_node("notify", [crossing("features")], [])
    actual = a_rerun(nodes=(*a_record().nodes, silent))
    found = rerun(actual)
    assert found.verdict == "INCONCLUSIVE"
    assert "The re-run ran 'notify', which the recorded run did not." in found.missing[0]
    assert found.factors == (Factor("nodes", [], ["notify"]),)
    assert two_runs(actual).factors == found.factors


# Two runs that were made independently.


def test_two_runs_that_made_the_same_are_the_same():
    """Other inputs are factors; the verdict is about what came out."""
    found = two_runs(a_rerun())
    assert (found.verdict, found.factors, exit_code(found.verdict)) == ("SAME", (), 0)
    tables = (a_table_read(digest=digest("more rows"), version=4),)
    found = two_runs(with_inputs(a_rerun(), tables=tables))
    assert (found.verdict, found.missing) == ("SAME", ())
    assert [one.factor for one in found.factors] == ["data:samples"]


def test_two_runs_differ_where_one_lacks_what_the_other_has():
    """From either side."""
    less = without(a_rerun(), "metrics")
    for expected, actual in ((a_record(), less), (less, a_rerun())):
        found = two_runs(actual, expected)
        assert (found.verdict, exit_code(found.verdict)) == ("DIFFERENT", 1)
        assert found.missing == ()


def test_two_runs_of_which_one_failed_are_never_the_same():
    """Neither where all that there is is the same."""
    run = replace(a_rerun().run, status="FAILED", error="out of memory")
    found = two_runs(replace(a_rerun(), run=run))
    assert found.verdict == "INCONCLUSIVE"
    assert found.missing == (f"Run {RERUN} FAILED: out of memory",)


def test_what_two_runs_loaded_without_a_digest_is_said():
    """It is no factor, for nobody knows whether it differs."""
    value = ValueFacts("prices", "SQLTableDataset", None, "it is lazy")
    record = with_inputs(a_record(), values=(value,))
    found = two_runs(a_rerun(record), record)
    assert (found.verdict, found.factors) == ("SAME", ())
    assert "the same what was loaded from 'prices' cannot be told" in found.missing[0]


def test_inputs_of_a_run_may_be_none():
    """A run that reads nothing can be reproduced too."""
    record = a_record(inputs=InputFacts())
    assert rerun(a_rerun(record), record).verdict == "REPEATED"


def test_a_crossing_of_an_unknown_dataset_needs_no_file():
    """Memory to memory, between two nodes."""
    node = a_node("one", [], [NodeIO("x", "value", digest("x", "model2"))])
    record = a_record(nodes=(node,), outputs=OutputFacts(), models=(), metrics={})
    assert rerun(a_rerun(record), record).verdict == "REPEATED"
    assert rerun(with_content(a_rerun(record), "x", "y"), record).verdict == "DIVERGED"


@pytest.mark.parametrize(
    ("then", "now", "detail"),
    [
        ("rows:5", "rows:0", "rows handed over: 5 -> 0"),
        (digest("two files", "sha256"), digest("none", "sha256"), "other deliveries were handed"),
        (digest("two files", "sha256"), "rows:2", "other deliveries were handed over"),
        (f"rows:2 {digest('some')}", f"rows:2 {digest('others')}", "other rows were handed over"),
        (f"rows:1 {digest('one')}", f"rows:0 {digest('none')}", "rows handed over: 1 -> 0"),
    ],
)
def test_a_table_that_held_the_rows_already_does_not_hide_what_was_handed_over(then, now, detail):
    """A merge of nothing leaves the same table as a merge of what is there."""
    expected, actual = (
        replace(record, outputs=replace(record.outputs, tables=(table,)))
        for record, table in (
            (a_record(), a_table_written(handed_over=then)),
            (a_rerun(), a_table_written(handed_over=now)),
        )
    )
    found = rerun(actual, expected)
    assert found.verdict == "DIVERGED"
    assert artifact(found, "table", "features").verdict == "differs"
    assert detail in artifact(found, "table", "features").detail
    assert found.first_divergence == Divergence("build", ("features",))
    assert rerun(replace(expected, run=actual.run), expected).verdict == "REPEATED"


def test_a_record_that_does_not_say_what_was_handed_over_is_no_reason_to_differ():
    """As older ones do not."""
    record = a_rerun()
    tables = (a_table_written(handed_over="rows:5"),)
    actual = replace(record, outputs=replace(record.outputs, tables=tables))
    assert rerun(actual).verdict == "REPEATED"


def test_a_node_that_got_a_dataset_less_or_more_is_no_rerun():
    """Whatever came of it: it is another call of the node."""
    first, *others = a_record().nodes
    less = replace(first, inputs=first.inputs[:1])
    more = replace(first, inputs=(*first.inputs, crossing("prices", "frame", "frame2")))
    for node, told in (
        (less, "Node 'build' got other inputs than recorded: without 'labels'."),
        (more, "Node 'build' got other inputs than recorded: with 'prices' as well."),
    ):
        found = compare(a_record(), a_rerun(nodes=(node, *others)), is_rerun=True)
        assert found.verdict == "INCONCLUSIVE"
        assert any(told in sentence for sentence in found.missing)
