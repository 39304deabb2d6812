"""A waterfall: from the metric of A to that of B, one bar for each share."""

import base64
from fractions import Fraction
from html import escape

from lakeproof.explain.explanation import Explanation
from lakeproof.explain.game.solve import Solved
from lakeproof.explain.told.numbers import is_better, shown, signed
from lakeproof.explain.told.words import decimals_of, told
from lakeproof.views.blocks import Picture

_WIDTH, _ROW, _LABELS, _NUMBERS, _TOP = 860, 30, 300, 90, 14
_BAR, _MARK = 18, 4
# As the page's: good, bad, plain, of the ends, of chance.
_GOOD, _BAD, _PLAIN, _END, _CHANCE = "#1a7f4b", "#b3261e", "#47525d", "#1c2024", "#9aa4ad"
_INK, _LINE = "#1c2024", "#dfe3e8"
_LONGEST = 44
_MOST_BARS = 15


def waterfall(solved: Solved, of: Explanation) -> Picture:
    """Draw how one metric goes from A to B; a share that is chance is grey."""
    decimals = decimals_of(solved)
    bars = [("A", Fraction(0), solved.before, _END, shown(solved.before, decimals))]
    level = solved.before
    for one in solved.shares[:_MOST_BARS]:
        words = told(one, solved, of)
        colour = _CHANCE if words.is_chance else _colour(solved.metric, one.value)
        label = f"{words.kind} {words.what}".strip()
        bars.append((label, level, level + one.value, colour, signed(one.value, decimals)))
        level += one.value
    rest = solved.shares[_MOST_BARS:]
    if rest:
        total = sum((one.value for one in rest), Fraction(0))
        name, colour = f"{len(rest)} more", _colour(solved.metric, total)
        bars.append((name, level, level + total, colour, signed(total, decimals)))
    bars.append(("B", Fraction(0), solved.after, _END, shown(solved.after, decimals)))
    source = base64.b64encode(_svg(bars, solved.metric).encode()).decode()
    return Picture(f"{solved.metric}: from A to B", f"data:image/svg+xml;base64,{source}")


Bar = tuple[str, Fraction, Fraction, str, str]


def _colour(metric: str, share: Fraction) -> str:
    better = is_better(metric, share)
    return _PLAIN if better is None else _GOOD if better else _BAD


def _svg(bars: list[Bar], metric: str) -> str:
    # Exact: what is between two floats may be larger than any.
    levels = [Fraction(end) for _, _, end, _, _ in bars]
    low, high = min(levels), max(levels)
    # Room on both sides: a bar from far below would dwarf what went on between the two.
    margin = (high - low or abs(high) or 1) * Fraction(3, 20)
    low, high = low - margin, high + margin
    span = _WIDTH - _LABELS - _NUMBERS

    def x(level: Fraction) -> float:
        return _LABELS + float((min(max(level, low), high) - low) / (high - low)) * span

    height = _TOP * 2 + _ROW * len(bars)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
        f'width="{_WIDTH}" height="{height}" font-family="system-ui, sans-serif" font-size="13">',
        f"<title>{escape(metric)}</title>",
    ]
    for place, (label, start, end, colour, number) in enumerate(bars):
        top = _TOP + place * _ROW
        is_end = place in (0, len(bars) - 1)
        # A bar to an end would say nothing by its length: the scale does not begin at zero.
        left, right = (x(end), x(end) + _MARK) if is_end else sorted((x(start), x(end)))
        middle = top + _BAR / 2 + 5
        if place + 1 < len(bars):
            parts.append(
                f'<line x1="{x(end):.1f}" x2="{x(end):.1f}" y1="{top + _BAR}" '
                f'y2="{top + _ROW}" stroke="{_LINE}"/>'
            )
        parts.append(
            f'<rect x="{left:.1f}" y="{top}" width="{max(right - left, 1):.1f}" '
            f'height="{_BAR}" fill="{colour}"/>'
            f'<text x="{_LABELS - 10}" y="{middle}" text-anchor="end" fill="{_INK}">'
            f"{escape(_cut(label))}</text>"
            f'<text x="{right + 6:.1f}" y="{middle}" fill="{colour}">{escape(number)}</text>'
        )
    return "".join([*parts, "</svg>"])


def _cut(label: str) -> str:
    return label if len(label) <= _LONGEST else f"{label[: _LONGEST - 1]}…"
