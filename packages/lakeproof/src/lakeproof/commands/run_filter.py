"""Which of the recorded runs somebody asks for."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from lakeproof.record.facts import Maker

if TYPE_CHECKING:
    from lakeproof.record.mlflow_store.stored_run import AnyRun, ListedRun, StoredRun

_COMMIT = re.compile(r"[0-9a-f]{4,40}")


@dataclass(frozen=True)
class RunFilter:
    """What a run must have; `None` asks for nothing.

    Args:
        env: The Kedro environment that it ran in.
        status: MLflow's.
        table: A table that it read or wrote, by catalog name.
        version: Which version of it; `None` for any.
        commit: The beginning of the commit that it ran on.
        maker: Whose it is: a checkout's, or a user's.
        since: When it had begun at the earliest, in UTC.
        before: When it had begun at the latest.
    """

    env: str | None = None
    status: str | None = None
    table: str | None = None
    version: int | None = None
    commit: str | None = None
    maker: Maker | None = None
    since: datetime | None = None
    before: datetime | None = None

    @classmethod
    def parse(
        cls, env: str | None, status: str | None, table: str | None, commit: str | None
    ) -> "RunFilter":
        """Take what was typed.

        Raises:
            click.BadParameter: If it cannot be meant.
        """
        name, _, version = (table or "").partition(":")
        if version and not version.isdecimal():
            raise click.BadParameter(
                f"'{version}' is no version: write --table {name}:0, or --table {name} for any."
            )
        commit = commit.lower() if commit else None
        if commit and not _COMMIT.fullmatch(commit):
            raise click.BadParameter(
                f"'{commit}' is not the beginning of a commit: give four or more of its digits, as "
                "they are shown by: git log --oneline"
            )
        status = status and status.upper()
        return cls(env, status, name or None, int(version) if version else None, commit)

    def __bool__(self) -> bool:
        """Tell whether anything is asked for."""
        return self != RunFilter()

    def of(self, runs: "Iterable[AnyRun]") -> "Iterator[AnyRun]":
        """Keep the runs that have it; of one without a record only the status is known."""
        return (run for run in runs if self._has(run))

    def _has(self, run: "StoredRun | ListedRun") -> bool:
        if self.status is not None and run.status != self.status:
            return False
        began = datetime.fromisoformat(run.started_at) if run.started_at else None
        if self.since is not None and (began is None or began < self.since):
            return False
        if self.before is not None and (began is None or began >= self.before):
            return False
        if (self.env, self.table, self.commit, self.maker) == (None,) * 4:
            return True
        summary = run.summary
        if summary is None:
            return False
        return (
            self.env in (None, summary.kedro_env)
            and (self.maker is None or self._is_theirs(summary.made_by))
            and (self.commit is None or (summary.commit or "").startswith(self.commit))
            and (self.table is None or any(map(self._is_meant, (*summary.read, *summary.written))))
        )

    def _is_theirs(self, made_by: Maker | None) -> bool:
        # Of a run that says nothing, nobody knows whose it is.
        if made_by is None or self.maker is None:
            return False
        return made_by.user == self.maker.user or (
            made_by.checkout is not None and made_by.checkout == self.maker.checkout
        )

    def _is_meant(self, table: tuple[str, int]) -> bool:
        return table[0] == self.table and self.version in (None, table[1])


def moment(text: str | None) -> datetime | None:
    """Read a day or a moment as it was typed; a day begins at midnight, in UTC.

    Raises:
        click.BadParameter: If it is neither.
    """
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter(
            f"'{text}' is no day: write it as 2026-01-31, or with its time, 2026-01-31T09:00."
        ) from error
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
