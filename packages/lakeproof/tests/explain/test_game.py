"""The game against brute force: every share, over every order, of games drawn at random."""

from fractions import Fraction
from functools import cache
from itertools import combinations, permutations
from math import comb
from random import Random

import pytest

from lakeproof.explain.game.game import NOTHING, Failed, Game
from lakeproof.explain.game.lattices import Lattice, weights
from lakeproof.explain.game.solve import solve
from lakeproof.explain.game.wanted import planned, wanted

DATA, CODE, SEED = "data", "code", "seed"


def subsets(players):
    return [frozenset(some) for n in range(len(players) + 1) for some in combinations(players, n)]


def drawn(players, seed, interactions=True):
    """Draw a game: what each subset of players does together, summed up."""
    draw = Random(seed)
    effects = {
        some: Fraction(draw.uniform(-1, 1)) * (interactions or len(some) == 1)
        for some in subsets(players)
    }
    return cache(lambda s: sum((e for some, e in effects.items() if some <= s), Fraction(0)))


def brute(players, value, is_possible=lambda taken: True):
    """Average what each player does as it goes over, over the orders of which every mix runs."""
    total, count = dict.fromkeys(players, Fraction(0)), 0
    for order in permutations(players):
        mixes = [frozenset(order[:n]) for n in range(len(order) + 1)]
        if all(map(is_possible, mixes)):
            count += 1
            for player, before, after in zip(order, mixes, mixes[1:], strict=False):
                total[player] += value(after) - value(before)
    return {player: share / count for player, share in total.items()} if count else None


def play(game, value, is_possible=lambda taken: True):
    """Ask until nothing is wanted; give the game and what was asked."""
    asked = []
    while mixes := wanted(game):
        for taken in mixes:
            assert taken not in asked, "asked twice"
            asked.append(taken)
            is_end = taken in (NOTHING, game.all_taken)
            told = {"metric": value(taken)} if is_possible(taken) else Failed("no column 'hue'")
            game = game.told(taken, told, is_free=is_end)
    return game, asked[2:]


def shared(solved):
    return {one.players[0]: one.value for one in solved.shares if len(one.players) == 1}


@pytest.mark.parametrize("k", [1, 2, 3, 4, 5])
def test_up_to_five_players_have_the_shares_of_all_orders(k):
    players = tuple("abcde"[:k])
    for seed in range(20):
        value = drawn(players, seed)
        game, asked = play(Game(players), value)
        solved = solve(game, "metric")
        assert shared(solved) == brute(players, value)
        assert sum(shared(solved).values()) == solved.after - solved.before
        assert len(asked) == 2**k - 2 == len(planned(Game(players)).most)
        assert solved.is_exact
        assert solved.unasked == ()


def test_of_four_that_add_up_the_pairs_are_not_run_and_that_is_said():
    players = ("a", "b", "c", "d")
    value = drawn(players, 1, interactions=False)
    game, asked = play(Game(players), value)
    solved = solve(game, "metric")
    assert len(asked) == 8 == len(planned(Game(players)).least)
    assert shared(solved) == brute(players, value)
    assert not solved.is_exact
    assert set(solved.unasked) == {frozenset(pair) for pair in combinations(players, 2)}


def test_what_is_only_seen_in_the_middle_is_looked_for_where_the_ends_do_not_agree():
    """The ends agree for none here: what `a` does alone is not what it does last."""
    game, asked = play(Game(("a", "b", "c", "d")), lambda s: Fraction({"a", "b"} <= s))
    assert len(asked) == 14
    assert shared(solve(game, "metric")) == {
        "a": Fraction(1, 2),
        "b": Fraction(1, 2),
        "c": 0,
        "d": 0,
    }


def test_every_metric_is_settled_before_it_stops():
    """One metric adds up and the other does not: the second asks for the pairs."""
    players = ("a", "b", "c", "d")
    one, other = drawn(players, 1, interactions=False), drawn(players, 2)
    game = Game(players, metrics=("one", "other"))
    while mixes := wanted(game):
        for taken in mixes:
            game = game.told(taken, {"one": one(taken), "other": other(taken)})
    assert shared(solve(game, "one")) == brute(players, one)
    assert shared(solve(game, "other")) == brute(players, other)


def test_only_the_order_that_works_counts():
    """New code needs a new column: mixes with the code and without the data do not run."""
    players = (DATA, CODE, SEED)
    for seed in range(10):
        value = drawn(players, seed)

        def is_possible(taken):
            return DATA in taken or CODE not in taken

        game, _ = play(Game(players), value, is_possible)
        solved = solve(game, "metric")
        assert shared(solved) == brute(players, value, is_possible)
        (waits,) = solved.waits
        assert (waits.unit, waits.for_, waits.mix) == ({CODE}, {DATA}, {CODE})
        assert solved.failed[waits.mix] == "no column 'hue'"
        assert solved.is_exact


def test_two_that_no_mix_tells_apart_become_one():
    players = (DATA, CODE, SEED)
    value = drawn(players, 3)

    def is_possible(taken):
        return (DATA in taken) == (CODE in taken)

    game, _ = play(Game(players), value, is_possible)
    solved = solve(game, "metric")
    assert solved.joined == ({DATA, CODE},)
    assert {one.players for one in solved.shares} == {(DATA, CODE), (SEED,)}
    assert sum(one.value for one in solved.shares) == solved.after - solved.before


def test_what_can_only_be_reached_over_a_failure_is_not_run():
    """`a` runs only with all others: with two it is not tried, since with three it failed."""
    players = tuple("abcde")
    tried = []

    def is_possible(taken):
        tried.append(taken)
        return "a" not in taken or taken == frozenset(players)

    play(Game(players), drawn(players, 4), is_possible)
    assert len(tried) == 2**4 + len([*"abcde", "all"])


def test_above_five_the_largest_group_alone_is_opened():
    players = ("d1", "d2", "p1", "p2", "p3", "c")
    group_of = {one: one[0] for one in players}
    value = drawn(players, 5, interactions=False)
    game, asked = play(Game(players, group_of), value)
    solved = solve(game, "metric")
    assert sum(one.value for one in solved.shares) == solved.after - solved.before
    groups = {
        g: sum(value(frozenset([p])) - value(NOTHING) for p in players if p[0] == g) for g in "dpc"
    }
    largest = max(groups, key=lambda g: abs(groups[g]))
    opened = [one for one in solved.shares if len(one.players) == 1 and one.players[0] != "c"]
    assert {one.players[0][0] for one in opened} == {largest} - {"c"}
    assert len(asked) < 20


def test_an_opened_group_has_owens_values():
    """Of orders in which the members of a group follow each other, each counts the same."""
    players = ("d1", "d2", "p1", "p2", "p3", "c")
    group_of = {one: one[0] for one in players}
    rows = {"p1": 5, "p2": 1, "p3": 0}

    def value(taken):
        alone = sum(Fraction(rows.get(one, 0)) for one in taken)
        return alone + 7 * ({"p1", "p2", "d1"} <= taken) + 2 * ({"p3", "c"} <= taken)

    game, asked = play(Game(players, group_of), value)
    expected, count = dict.fromkeys(players, Fraction(0)), 0
    for order in permutations(players):
        places = [order.index(one) for one in ("p1", "p2", "p3")]
        beside = abs(order.index("d1") - order.index("d2")) == 1
        if beside and max(places) - min(places) == 2:
            count += 1
            for n, one in enumerate(order):
                expected[one] += value(frozenset(order[: n + 1])) - value(frozenset(order[:n]))
    expected = {one: share / count for one, share in expected.items()}
    solved = solve(game, "metric")
    assert shared(solved) == {one: expected[one] for one in ("p1", "p2", "p3", "c")}
    (closed,) = [one for one in solved.shares if len(one.players) == 2]
    assert closed.value == expected["d1"] + expected["d2"]
    assert solved.is_exact
    assert len(asked) == 2**3 - 2 + 2**2 * 6


@pytest.mark.parametrize("budget", [10, 16, 40])
def test_a_budget_is_kept_and_the_sum_is_exact_all_the_same(budget):
    players = tuple("abcdef")
    value = drawn(players, 6)
    game, asked = play(Game(players, budget=budget), value)
    solved = solve(game, "metric")
    assert len(asked) <= budget
    assert sum(shared(solved).values()) == solved.after - solved.before
    assert all(
        one.how == "some orders" and one.low <= one.value <= one.high for one in solved.shares
    )


def test_the_spread_of_sampled_shares_holds_the_true_one():
    """Of 95 % bounds over ten games, most hold: the bounds are neither empty nor a promise."""
    players, inside, all_shares = tuple("abcdef"), 0, 0
    for seed in range(10):
        value = drawn(players, seed)
        game, _ = play(Game(players, budget=45), value)
        truth = brute(players, value)
        for one in solve(game, "metric").shares:
            all_shares += 1
            inside += one.low <= truth[one.players[0]] <= one.high
    assert inside / all_shares > 0.85


def test_a_budget_that_pays_for_all_of_it_is_exact():
    players = tuple("abcde")
    value = drawn(players, 7)
    game, asked = play(Game(players, budget=30), value)
    assert solve(game, "metric").is_exact
    assert len(asked) == 30


def test_what_was_known_when_it_was_interrupted_is_told_with_its_bounds():
    players = tuple("abcde")
    value = drawn(players, 8)
    game = Game(players)
    for taken in (
        *wanted(game),
        *wanted(
            Game(players, known={s: {"metric": value(s)} for s in (NOTHING, frozenset(players))})
        ),
    ):
        game = game.told(taken, {"metric": value(taken)})
    solved = solve(game, "metric")
    assert {one.how for one in solved.shares} == {"alone and last"}
    assert sum(shared(solved).values()) == solved.after - solved.before
    assert len(solved.unasked) == 2**5 - 2 - 10


def test_without_b_there_is_nothing_to_share():
    game = Game(("a",)).told(NOTHING, {"metric": Fraction(1)}).told(frozenset("a"), Failed("gone"))
    assert solve(game, "metric") is None
    assert wanted(game) == ()


def test_two_that_act_together_are_named():
    game, _ = play(Game(("a", "b", "c")), lambda s: Fraction({"a", "b"} <= s) + ("c" in s))
    (together,) = solve(game, "metric").together
    assert (together.pair, together.value) == ((frozenset("a"), frozenset("b")), 1)


def test_interactions_are_those_of_all_contexts():
    """Against the definition: the mean of what a pair does together, over what went before."""
    players = tuple("abcd")
    value = drawn(players, 9)
    game, _ = play(Game(players), value)
    for one in solve(game, "metric").together:
        (i,), (j,) = one.pair
        others = [p for p in players if p not in (i, j)]
        expected = sum(
            Fraction(1, 3 * comb(2, len(s)))
            * (value(s | {i, j}) - value(s | {i}) - value(s | {j}) + value(s))
            for s in subsets(others)
        )
        assert one.value == expected


def test_the_size_of_a_lattice_is_the_number_of_its_mixes():
    units = [frozenset([one]) for one in "abcdefg"]
    lattice = Lattice((tuple(units[:3]), (units[3],), tuple(units[4:6]), (units[6],)))
    assert lattice.size == len(lattice.mixes)
    assert weights(lattice, {}) is None


def test_many_that_have_one_group_play_by_themselves():
    players = tuple(f"p{n}" for n in range(8))
    value = drawn(players, 10, interactions=False)
    game, asked = play(Game(players, dict.fromkeys(players, "parameters")), value)
    solved = solve(game, "metric")
    assert len(asked) == 16
    assert shared(solved) == {p: value(frozenset([p])) - value(NOTHING) for p in players}
    assert not solved.is_exact
