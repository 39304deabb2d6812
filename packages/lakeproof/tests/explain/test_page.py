"""The page: the first line says what to do next, a picture per metric, and every mix."""

import base64
import re
from dataclasses import replace

from lakeproof.explain.asking import Wish, explain
from lakeproof.explain.explanation import Chance, Luck
from lakeproof.explain.told.page import page
from lakeproof.views.html import render
from planted.plain import A, B, PlainMixes, player


def written(mixes, **more):
    found, _ = explain(mixes, (A, B), Wish(), Chance(("train.seed",)), lambda _: None)
    return render(page(replace(found, common=mixes.common, **more), "today"))


def pictures(html):
    found = re.findall(r"data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)", html)
    return [base64.b64decode(one).decode() for one in found]


def test_the_first_line_is_what_to_do_and_the_last_section_what_was_assumed(wine):
    html = written(wine)
    first = re.search(r'<p class="meaning">(.*?)</p>', html)[1]
    assert "kedro diff samples 3f9c2a7b 81d0c6aa" in first
    assert "<p>log_loss: 0.1703 → 0.1101; " in html.replace('<p class="meaning">', "<p>")
    assert " (better); on the 36 rows that both were scored on: " in html
    assert html.index("The processor is this machine&#39;s in every mix.") > html.index("from B")


def test_there_is_one_waterfall_per_metric_that_ends_where_b_is(wine):
    (one, two) = pictures(written(wine))
    assert "0.1703" in one
    assert "0.1101" in one
    assert one.count("<rect") == 5
    # The scale begins between zero and the lower one: a bar to an end would say nothing.
    assert [
        int(found) for found in re.findall(r'width="(\d+)\.0" height="18" fill="#1c2024"', one)
    ] == [4, 4]
    assert "accuracy" in two


def test_what_is_chance_is_grey(wine):
    html = written(wine, luck={"log_loss": Luck(("train.seed",), 7, 0.003)})
    assert pictures(html)[0].count("#9aa4ad") == 2


def test_every_mix_is_on_the_page_and_a_failed_one_with_its_reason():
    players = [player("data samples", "0", "1", "data", "both"), player("code", "a1", "b2", "code")]
    html = written(
        PlainMixes(players, lambda taken: None if taken == {"code"} else {"rmse": len(taken) + 0.5})
    )
    assert "node &#39;train&#39;: column &#39;hue&#39; is not there" in html
    assert "nothing: A itself" in html
    assert "all: B itself" in html


def test_names_of_a_run_are_no_markup():
    players = [player("parameter <b>&", '"<script>', "1")]
    html = written(PlainMixes(players, lambda taken: {"<i>": float(len(taken))}))
    assert "<script>" not in html
    assert "<script>" not in pictures(html)[0]
    assert "<i>" not in pictures(html)[0]
