"""Compute features row by row, the same bits on either engine.

Only `+ - * /` and comparisons belong here. What is transcendental or sums floats differs between
engines in the last bit: it goes into the scikit-learn pipeline of `train`, behind the sorted rows.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from lakeproof.frames import with_settings

from winery.parameters import FeatureSettings
from winery.rows import IS_TEST, mark_test_rows

if TYPE_CHECKING:
    import narwhals.stable.v2 as nw

logger = logging.getLogger(__name__)


@with_settings(FeatureSettings, "feature")
def build_features(samples: Any, settings: FeatureSettings) -> Any:
    """Choose the measurements, add the ratios and mark the rows that are kept for the test.

    Nothing is computed yet: the table that takes the result does, in batches.

    Args:
        samples: A lazy frame of the running engine: Polars, or Spark.
        settings: `params:feature`.

    Returns:
        A lazy frame of the same engine: key, measurements, ratios, target and `is_test`.

    Raises:
        ValueError: The settings do not fit the table, or none of the measurements is in it.
    """
    import narwhals.stable.v2 as nw

    rows = nw.from_native(samples).lazy()
    columns, ratios = _usable(settings, rows.collect_schema())
    marked = mark_test_rows(
        rows, key=settings.key, salt=settings.split.salt, basis_points=settings.split.basis_points
    )
    return marked.select(
        settings.key,
        *columns,
        *(_ratio(*pair).alias(name) for name, pair in ratios.items()),
        settings.target,
        IS_TEST,
    ).to_native()


def _ratio(numerator: str, denominator: str) -> nw.Expr:
    import narwhals.stable.v2 as nw

    # Null over zero: Polars would give inf or NaN, Spark an error.
    return nw.when(nw.col(denominator) != 0).then(nw.col(numerator) / nw.col(denominator))


def _usable(
    settings: FeatureSettings, schema: nw.Schema
) -> tuple[list[str], dict[str, tuple[str, str]]]:
    for name in (settings.key, settings.target):
        if name not in schema:
            raise ValueError(
                f"The samples have no column '{name}'; they have: {_listed(schema)}. Correct `key` "
                "and `target` in globals.yml."
            )
    columns = [name for name in settings.columns if name in schema]
    ratios = {name: pair for name, pair in settings.ratios.items() if set(pair) <= set(schema)}
    if not columns and not ratios:
        raise ValueError(
            f"None of the columns {_listed(settings.columns)} is in the samples, which have: "
            f"{_listed(schema)}. Correct `columns` in conf/*/parameters_feature.yml."
        )
    for name in dict.fromkeys([*columns, *(name for pair in ratios.values() for name in pair)]):
        kind = schema[name]
        if not kind.is_numeric() and str(kind) != "Boolean":
            raise ValueError(
                f"The column '{name}' is {kind}; a model takes numbers. Take it out of `columns` "
                "and `ratios` in conf/*/parameters_feature.yml."
            )
    _warn_of_absent(settings, columns, ratios)
    return columns, ratios


def _warn_of_absent(
    settings: FeatureSettings, columns: list[str], ratios: dict[str, tuple[str, str]]
) -> None:
    absent = [name for name in settings.columns if name not in columns]
    broken = [name for name in settings.ratios if name not in ratios]
    if absent:
        logger.warning(
            "This version of the samples has no column %s: the features do without.",
            _listed(absent),
        )
    if broken:
        logger.warning(
            "This version of the samples lacks a part of the ratio %s: the features do without.",
            _listed(broken),
        )


def _listed(names: Any) -> str:
    names = list(names)
    return ", ".join(names[:20]) + (f" and {len(names) - 20} more" if len(names) > 20 else "")
