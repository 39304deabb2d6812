"""Compute features row by row, the same bits on either engine.

Only `+ - * /` and comparisons belong here. What is transcendental or sums floats differs between
engines in the last bit: it goes into the scikit-learn pipeline of `train`, behind the sorted rows.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from lakeproof.frames import choose_columns, measurements, require_known, with_settings

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
        A lazy frame of the same engine: key, measurements, ratios, target and `is_test`. Text stays
        text, for `train` to encode; dates and times are parts of a calendar.

    Raises:
        ValueError: The settings do not fit the table, a name is in no schema, or none of the
            measurements is in the table.
    """
    import narwhals.stable.v2 as nw

    rows = nw.from_native(samples).lazy()
    schema = rows.collect_schema()
    _require_columns(settings, schema)
    columns = choose_columns(
        schema, settings.columns, but=[*settings.keys, settings.target, *settings.but]
    )
    made = measurements(schema, columns, calendar=settings.calendar)
    settings.require_own_names(made)
    ratios = _usable_ratios(settings, schema)
    if not made and not ratios:
        raise ValueError(
            f"None of the columns {_listed(settings.columns)} is in the samples, which have: "
            f"{_listed(schema)}. Correct `columns` in conf/*/parameters_feature.yml."
        )
    marked = mark_test_rows(
        rows, key=settings.key, salt=settings.split.salt, basis_points=settings.split.basis_points
    )
    return marked.select(
        *settings.keys,
        *(value.alias(name) for name, value in made.items()),
        *(_ratio(*pair).alias(name) for name, pair in ratios.items()),
        settings.target,
        IS_TEST,
    ).to_native()


def _ratio(numerator: str, denominator: str) -> nw.Expr:
    import narwhals.stable.v2 as nw

    # Null over zero: Polars would give inf or NaN, Spark an error.
    return nw.when(nw.col(denominator) != 0).then(nw.col(numerator) / nw.col(denominator))


def _require_columns(settings: FeatureSettings, schema: nw.Schema) -> None:
    for name in (*settings.keys, settings.target):
        if name not in schema:
            raise ValueError(
                f"The samples have no column '{name}'; they have: {_listed(schema)}. Correct `key` "
                "and `target` in globals.yml."
            )
    named = () if isinstance(settings.columns, str) else settings.columns
    if settings.declared:
        known = {*schema, *settings.declared}
        require_known(named, known, parameter="feature.columns")
        require_known(settings.but, known, parameter="feature.but")
        for name, pair in settings.ratios.items():
            require_known(pair, known, parameter=f"feature.ratios.{name}")
    if absent := [name for name in named if name not in schema]:
        logger.warning(
            "This version of the samples has no column %s: the features do without.",
            _listed(absent),
        )


def _usable_ratios(settings: FeatureSettings, schema: nw.Schema) -> dict[str, tuple[str, str]]:
    usable = {name: pair for name, pair in settings.ratios.items() if set(pair) <= set(schema)}
    for name in dict.fromkeys(name for pair in usable.values() for name in pair):
        if not schema[name].is_numeric():
            raise ValueError(
                f"The column '{name}' is {schema[name]}; a ratio is made of numbers. Take it "
                "out of `ratios` in conf/*/parameters_feature.yml."
            )
    if broken := [name for name in settings.ratios if name not in usable]:
        logger.warning(
            "This version of the samples lacks a part of the ratio %s: the features do without.",
            _listed(broken),
        )
    return usable


def _listed(names: Any) -> str:
    names = [names] if isinstance(names, str) else list(names)
    return ", ".join(names[:20]) + (f" and {len(names) - 20} more" if len(names) > 20 else "")
