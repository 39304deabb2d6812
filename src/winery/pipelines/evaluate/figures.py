"""Draw what a person looks at first.

Each figure stands alone: no `pyplot`, whose state is shared by all threads and needs a screen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def confusion_figure(counts: Any, labels: list[str], target: str) -> Figure:
    """Draw how often each class was taken for which.

    Args:
        counts: A square array, rows by actual class, columns by predicted class.
        labels: The classes in its order.
        target: What was predicted.

    Returns:
        The figure.
    """
    from matplotlib.figure import Figure

    side = max(4.5, 2.5 + 0.6 * len(labels))
    figure = Figure(figsize=(side, side), layout="constrained")
    axes = figure.add_subplot()
    axes.imshow(counts, cmap="Blues", vmin=0)
    axes.set_xticks(range(len(labels)), labels, rotation=45, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(labels)), labels)
    axes.set_xlabel(f"predicted {target}")
    axes.set_ylabel(f"actual {target}")
    axes.set_title(f"{counts.trace()} of {counts.sum()} test rows are right")
    dark = counts.max() / 2
    for row, column in ((r, c) for r in range(len(labels)) for c in range(len(labels))):
        count = int(counts[row, column])
        color = "white" if count > dark else "black"
        axes.text(column, row, str(count), ha="center", va="center", color=color)
    return figure


def residual_figure(predicted: Any, residual: Any, target: str) -> Figure:
    """Draw how far each prediction is off, against what was predicted.

    Args:
        predicted: The predictions.
        residual: Actual minus predicted, in the same order.
        target: What was predicted.

    Returns:
        The figure.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.5, 4.5), layout="constrained")
    axes = figure.add_subplot()
    axes.axhline(0, color="black", linewidth=1)
    axes.scatter(predicted, residual, s=14, alpha=0.4, linewidths=0)
    axes.set_xlabel(f"predicted {target}")
    axes.set_ylabel("actual minus predicted")
    axes.set_title(f"Residuals of {len(residual)} test rows")
    return figure
