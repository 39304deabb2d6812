"""What `[tool.lakeproof]` says beside the recipe of a run: whom to believe, what may be promoted.

Read where it is needed and refused in a sentence; what decides a run is `determinism`'s.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lakeproof.determinism import tables_around
from lakeproof.errors import LakeproofError

VERIFIED, SIGNED = "verified", "signed"
OTHERS = ("checkout", "user", "machine")

_FILE = "pyproject.toml"


class SettingsError(LakeproofError):
    """The table `[tool.lakeproof]` says something that it cannot say."""

    exit_code = 2


@dataclass(frozen=True)
class Promotion:
    """What it takes to promote a run: `[tool.lakeproof.promote]`.

    Args:
        policy: `verified` believes the records of re-runs; `signed` an attestation by a listed key
            and nothing else.
        another: What has to be another where it was reproduced: one of them is enough.
    """

    policy: str = VERIFIED
    another: tuple[str, ...] = OTHERS


@dataclass(frozen=True)
class ProjectSettings:
    """What a project says of itself.

    Args:
        keys: Public keys that are believed, by name: `[tool.lakeproof.keys]`.
        promote: What may be promoted.
    """

    keys: Mapping[str, str] = field(default_factory=dict)
    promote: Promotion = Promotion()


def settings_of(project_path: Path) -> ProjectSettings:
    """Read the settings of a project; the usual ones where it says nothing.

    Raises:
        SettingsError: If a key is unknown, or a value is none that it can have.
    """
    table = (tables_around(project_path) or {}).get("lakeproof") or {}
    keys = _table(table, "keys")
    for name, value in keys.items():
        if not isinstance(value, str):
            raise _refusal(f"[tool.lakeproof.keys] has {name} = {value!r}, which is no key")
    return ProjectSettings(keys, _promotion(_table(table, "promote")))


def _promotion(table: Mapping[str, Any]) -> Promotion:
    where = "[tool.lakeproof.promote]"
    unknown = table.keys() - {"policy", "another"}
    if unknown:
        raise _refusal(f"{where} has {min(unknown)}, and knows policy and another")
    policy = table.get("policy", VERIFIED)
    if policy not in (VERIFIED, SIGNED):
        raise _refusal(f"{where} has policy = {policy!r}, and a policy is {VERIFIED} or {SIGNED}")
    another = table.get("another", list(OTHERS))
    is_list = isinstance(another, list) and bool(another)
    if not is_list or any(one not in OTHERS for one in another):
        raise _refusal(f"{where} has another = {another!r}, and that is a list of {OTHERS}")
    return Promotion(policy, tuple(another))


def _table(tables: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = tables.get(name, {})
    if not isinstance(found, dict):
        raise _refusal(f"[tool.lakeproof] has {name} = {found!r}, which is no table")
    return found


def _refusal(what: str) -> SettingsError:
    return SettingsError(f"{what} ({_FILE}). Nothing was done.")
