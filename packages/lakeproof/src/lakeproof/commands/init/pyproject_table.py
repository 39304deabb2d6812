"""The table `[tool.lakeproof]`, by which a project says that its runs are recorded."""

import tomllib
from typing import Any

from lakeproof.commands.command_errors import InitError
from lakeproof.commands.init.draft import Draft

NAME = "pyproject.toml"
# One thread, so that no result hangs on the number of cores; see `determinism`.
TABLE = {"threads": 1, "polars_threads": 1, "hash_seed": 0}


def add_table(draft: Draft) -> None:
    """Write the table at the end, where it disturbs no other, unless there is one.

    Raises:
        InitError: If the file cannot be read, or would not say the same with the table at its end.
    """
    before = parsed(draft.text(NAME) or "")
    if "lakeproof" in before.get("tool", {}):
        return
    lines = ("[tool.lakeproof]", *(f"{key} = {value}" for key, value in TABLE.items()))
    draft.append(NAME, lines, is_paragraph=True)
    wanted = {**before, "tool": {**before.get("tool", {}), "lakeproof": TABLE}}
    if parsed(draft.text(NAME) or "") != wanted:
        raise InitError(
            f"{NAME} would say something else with a table at its end. Nothing was written. Write "
            f"it in there yourself: {'; '.join(lines)}"
        )


def parsed(text: str) -> dict[str, Any]:
    """Read the file.

    Raises:
        InitError: If it cannot be read.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InitError(
            f"{NAME} cannot be read: {error}. Nothing was written. Mend it, and repeat: "
            "kedro lakeproof init"
        ) from error
