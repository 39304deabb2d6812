"""Numbers of one metric, all to the same place, so that columns add up to the eye as well."""

import math
import re
import sys
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

_DIGITS = 3
_MOST_TIMES = 10
_MINUS = "\N{MINUS SIGN}"
_LOWER = re.compile(r"(loss|error|mae|mse|rmse|mape|deviance|entropy|brier|regret)s?$|^(mae|mse)")
_HIGHER = re.compile(r"(accuracy|f1|auc|precision|recall|r2|score|correlation|kappa|ndcg)")


def places(sizes: Iterable[Fraction]) -> int:
    """Give how many decimals show three digits of the largest of some numbers."""
    largest = max((abs(one) for one in sizes), default=Fraction(0))
    if not largest:
        return _DIGITS
    # Of whole numbers: a difference of two floats may be larger than any float.
    size = math.log10(largest.numerator) - math.log10(largest.denominator)
    return max(0, _DIGITS - 1 - math.floor(size))


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


def nearest(number: Fraction) -> float:
    """Give the float that is nearest: the largest there is, of what is further out than any."""
    try:
        return float(number)
    except OverflowError:
        return sys.float_info.max if number > 0 else -sys.float_info.max


def percent(part: Fraction, whole: Fraction) -> str:
    """Write a part of a whole; a dash where the whole is nothing."""
    if not whole:
        return "-"
    if abs(part) > _MOST_TIMES * abs(whole):
        # Shares that all but cancel each other: of so little, none is a part.
        return f"{'' if part * whole > 0 else _MINUS}{_MOST_TIMES} times and more"
    return f"{float(part / whole) * 100:.0f} %".replace("-", _MINUS)


def is_better(metric: str, difference: Fraction) -> bool | None:
    """Tell by the name of a metric whether a difference is a gain; `None` where it says nothing."""
    name = metric.lower()
    if not difference:
        return None
    if _LOWER.search(name):
        return difference < 0
    return difference > 0 if _HIGHER.search(name) else None


def _plain(number: Fraction | float, decimals: int) -> str:
    try:
        text = f"{float(number):.{decimals}f}"
    except OverflowError:
        exact = Fraction(number)
        return f"{Decimal(exact.numerator) / Decimal(exact.denominator):.{_DIGITS - 1}e}"
    if decimals > 9 or len(text) > 15:
        return f"{float(number):.{_DIGITS - 1}e}"
    return text
