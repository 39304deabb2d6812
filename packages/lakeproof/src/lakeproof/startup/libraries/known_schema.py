"""Let MLflow open a database that is as it wants it without Alembic, which only makes one so.

MLflow imports Alembic with four dialects of SQL and reads seventy scripts, to compare two numbers.
Where they are the same, they are compared here; else Alembic is imported, by what it is needed for.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from lakeproof.startup.around_import import around_import
from lakeproof.startup.plain import is_plain
from lakeproof.startup.put_off import Later

# What `mlflow.store.db.utils` takes from Alembic when it is imported (MLflow 3.17).
_TAKEN = {"alembic.migration": "MigrationContext", "alembic.script": "ScriptDirectory"}


def compare_without_alembic(newest_revision: Callable[[], str | None]) -> None:
    """Have the revision of a store looked at before Alembic is imported.

    Args:
        newest_revision: Gives that of the installed MLflow, `None` where it cannot be told.
    """

    @contextmanager
    def without_alembic(module: ModuleType) -> Iterator[None]:
        with _stood_in_for():
            yield
        real: Any = getattr(module, "_verify_schema", None)
        if real is None:
            return  # Another MLflow, which does it otherwise.

        def verify_schema(engine: Any) -> None:
            if not _has_revision(engine, newest_revision()):
                real(engine)

        module._verify_schema = verify_schema  # type: ignore[attr-defined]

    if not is_plain() and "alembic" not in sys.modules:
        around_import("mlflow.store.db.utils", without_alembic)


@contextmanager
def _stood_in_for() -> Iterator[None]:
    if "alembic" in sys.modules:
        yield
        return
    stand_ins = {name: ModuleType(name) for name in ("alembic", *_TAKEN)}
    for name, taken in _TAKEN.items():
        setattr(stand_ins[name], taken, Later(name, taken))
    sys.modules.update(stand_ins)
    try:
        yield
    finally:
        for name in stand_ins:
            sys.modules.pop(name, None)


def _has_revision(engine: Any, wanted: str | None) -> bool:
    try:
        with engine.connect() as connection:
            found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").fetchall()
    except Exception:
        return False  # For MLflow to say.
    return wanted is not None and [tuple(row) for row in found] == [(wanted,)]
