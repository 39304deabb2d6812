"""Along the commits of a table: what each did, after those before it."""

from lakeproof.explain.explanation import Chance
from lakeproof.explain.mixes.facts import Failure, Outcome
from lakeproof.explain.rows.path import between, path_along
from lakeproof.explain.told import text
from lakeproof.explain.told.document import document
from lakeproof.explain.whole import Run, Wish, explain
from lakeproof.versioned.table_version import VersionFacts
from planted.plain import A, B, PlainMixes, player

HISTORY = [
    VersionFacts(n, f"2026-0{n + 1}-01T00:00:00Z", rows=100 + n, node="ingest", delivery=f"{n}.csv")
    for n in reversed(range(5))
]
LOSS = {0: 1.0, 1: 0.9, 2: 0.95, 3: 0.5, 4: 0.45}


def at(version):
    return Outcome(frozenset(), {"loss": LOSS[version]})


def along(before, after, at_version=lambda _, one: at(one.version)):
    ends = {"loss": LOSS[before]}, {"loss": LOSS[after]}
    return path_along("samples", between(HISTORY, before, after), ends, at_version, print)


def test_each_commit_did_what_it_changed_and_the_steps_add_up():
    path = along(0, 4)
    assert [one.commit.version for one in path.steps] == [1, 2, 3, 4]
    assert [round(one.did["loss"], 2) for one in path.steps] == [-0.1, 0.05, -0.45, -0.05]


def test_backwards_each_step_takes_a_commit_back():
    path = along(3, 1)
    assert path.is_backwards
    assert [one.commit.version for one in path.steps] == [2, 1]
    assert [round(one.did["loss"], 2) for one in path.steps] == [0.45, -0.05]


def test_what_was_not_run_is_in_the_next_step():
    def at_version(_, one):
        if one.version == 2:
            return Outcome(frozenset(), failure=Failure("node", "train", "no column 'hue'"))
        return None if one.version == 1 else at(one.version)

    path = along(0, 4, at_version)
    assert [one.did and round(one.did["loss"], 2) for one in path.steps] == [
        None,
        None,
        -0.5,
        -0.05,
    ]
    assert "nobody stored a digest" in path.steps[0].why_not
    assert path.steps[1].why_not == "node 'train': no column 'hue'"


def test_of_too_many_versions_none_between_is_run():
    history = [VersionFacts(n, "2026-01-01T00:00:00Z") for n in range(20)]
    path = path_along("t", history, ({"loss": 1.0}, {"loss": 0.0}), lambda *_: 1 / 0, print)
    assert "18 versions lie between: more than 10" in path.why_not
    assert [one.did for one in path.steps[:-1]] == [None] * 18
    assert path.steps[-1].did == {"loss": -1.0}


def test_the_same_version_is_no_path():
    assert along(2, 2) is None


def test_the_commits_are_told_with_their_delivery_and_what_each_did():
    players = [
        player("learnt from samples", "samples 0", "samples 2", "data", "learnt"),
        player("scored on samples", "samples 0", "samples 2", "data", "scored"),
    ]
    mixes = PlainMixes(
        players, lambda taken: {"loss": 1.0 - 0.03 * len(taken) + 0.01 * (len(taken) == 2)}
    )
    mixes.versions = at
    runs = Run(A, {}, {"samples": 0}), Run(B, {}, {"samples": 2})
    found = explain(mixes, runs, Wish(shows_rows=True), Chance(), print, lambda _: HISTORY)
    assert mixes.asked_versions == [("samples", 1)]
    told = text.render(found)
    assert "Commits of samples from A's version to B's, one by one" in told
    assert "1.csv" in told
    (path,) = document(found)["commits"]
    assert [round(one["did"]["loss"], 2) for one in path["steps"]] == [-0.1, 0.05]
