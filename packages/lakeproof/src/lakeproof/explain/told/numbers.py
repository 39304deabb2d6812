"""Numbers of one metric, all to the same place, so that columns add up to the eye as well."""

import math
import re
from collections.abc import Iterable
from fractions import Fraction

_DIGITS = 3
_MINUS = "\N{MINUS SIGN}"
_LOWER = re.compile(r"(loss|error|mae|mse|rmse|mape|deviance|entropy|brier|regret)s?$|^(mae|mse)")
_HIGHER = re.compile(r"(accuracy|f1|auc|precision|recall|r2|score|correlation|kappa|ndcg)")


def places(sizes: Iterable[Fraction]) -> int:
    """Give how many decimals show three digits of the largest of some numbers."""
    largest = max((abs(one) for one in sizes), default=Fraction(0))
    if not largest:
        return _DIGITS
    return max(0, _DIGITS - 1 - math.floor(math.log10(float(largest))))


def shown(number: Fraction | float, decimals: int) -> str:
    """Write a number with its decimals; the minus is as wide as a plus."""
    return _plain(number, decimals).replace("-", _MINUS)


def signed(number: Fraction | float, decimals: int) -> str:
    """Write a difference, with its sign; nothing is no plus."""
    text = _plain(number, decimals)
    is_nothing = not any(one in "123456789" for one in text)
    return (
        text.lstrip("-")
        if is_nothing
        else (text if text[0] == "-" else f"+{text}").replace("-", _MINUS)
    )


def percent(part: Fraction, whole: Fraction) -> str:
    """Write a part of a whole; a dash where the whole is nothing."""
    return "-" if not whole else f"{float(part / whole) * 100:.0f} %".replace("-", _MINUS)


def is_better(metric: str, difference: Fraction) -> bool | None:
    """Tell by the name of a metric whether a difference is a gain; `None` where it says nothing."""
    name = metric.lower()
    if not difference:
        return None
    if _LOWER.search(name):
        return difference < 0
    return difference > 0 if _HIGHER.search(name) else None


def _plain(number: Fraction | float, decimals: int) -> str:
    text = f"{float(number):.{decimals}f}"
    if decimals > 9 or len(text) > 15:
        return f"{float(number):.{_DIGITS - 1}e}"
    return text
