"""What happens in ten years: nights, weeks, months, erasures, and commands that are killed.

A night's work can be done twice: where the benchmark was interrupted, it goes on with that night.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl

from years import clock, remains
from years.ageing import age_all, age_files, files_in
from years.dates import Dates, look
from years.dying import Killer
from years.facts import Outcome, Wish
from years.ledger import Ledger, Promise, lost
from years.others import maintain, measure
from years.people import NEW_PEOPLE, is_known_as_left, person_of, visits_of
from years.world import KEPT_DAYS, Project, World

MONTH, _QUARTER = 30, 3
_HELD_DAYS = 60
_PATIENCE = 9  # nights between a visit and the request to be forgotten


class Decade:
    """A world, and what has happened in it.

    Args:
        world: Where.
        wish: How long.
        say: Gets a line of progress.
    """

    def __init__(self, world: World, wish: Wish, say: Callable[[str], None]) -> None:
        self.world, self.wish, self._say = world, wish, say
        self.ledger, self.outcome = Ledger(), Outcome()
        self.killer = Killer(wish.seed, bool(wish.by_time))
        self._night = 0
        self._said: dict[str, float | None] = {}
        self._known: set[str] = set()
        self._spark: Any = None

    def live(self) -> None:
        """Live all nights, or those that are left."""
        clock.install()
        if self._state.exists():
            self._resume()
        else:
            self.world.make()
        if self._journal.exists() and self._night % MONTH == 0:
            self._turn_month(self._days_of_month)
        while self._night < self.wish.nights:
            clock.set_behind(self._behind)
            self._live_night(self._night)
            self._age_new(self._behind)
            self._night += 1
            is_over = self._night == self.wish.nights
            if self._night % MONTH == 0 or is_over:
                clock.set_behind(0)
                self._end_month()
            is_turning = self._night % MONTH == 0 and not is_over
            if is_turning:
                self._journal.touch()
            self._save()
            if is_turning:
                self._turn_month(self._days_of_month)

    def rest(self) -> None:
        """Let what is young become old, and clean up: what is there then, somebody needs."""
        self._turn_month(MONTH)
        for project in self.world.projects:
            project.command("vacuum")
        self._night += MONTH
        self._hold("all was over")

    @property
    def _behind(self) -> int:
        """Days until the end of the month, or of the time."""
        return self._days_of_month - 1 - self._night % MONTH

    @property
    def _days_of_month(self) -> int:
        return min(MONTH, self.wish.nights - self._night // MONTH * MONTH)

    @property
    def _state(self) -> Path:
        return self.world.path / "state.json"

    @property
    def _journal(self) -> Path:
        return self.world.path / "ageing.txt"

    def _save(self) -> None:
        self.ledger.write(self.world.path / "ledger.json")
        told = {
            "night": self._night,
            "outcome": asdict(self.outcome),
            "said": self._said,
            "kills": self.killer.kills,
        }
        new = self._state.with_suffix(".new")
        new.write_text(json.dumps(told))
        new.replace(self._state)

    def _resume(self) -> None:
        told = json.loads(self._state.read_text())
        self._night, self._said = told["night"], told["said"]
        self.outcome = Outcome(**{**told["outcome"], "dates": Dates(**told["outcome"]["dates"])})
        self.killer.kills = told["kills"]
        self.ledger = Ledger.read(self.world.path / "ledger.json")
        self._known = set(self._files())
        self.ledger.give_back_others(self.world)

    def _live_night(self, night: int) -> None:
        self._deliver(night)
        measure(self.world, night)
        wish = self.wish
        if night % wish.run_every == 0:
            self._record(self.world.clinic, "describe", ("visits",))
        if night % (2 * wish.run_every) == 3:
            self._record(self.world.institute, "count", ("visits",))
        if night % wish.keep_every == 14:
            run_id = self._record(self.world.clinic, "compare", ("visits", "sensors"), held=True)
            until = clock.now() + timedelta(days=_HELD_DAYS)
            typed = ("--held", "--until", f"{until:%Y-%m-%d}", "--why", "audit")
            self._do(self.world.clinic, "keep", run_id, *typed)
        if night % wish.keep_every == 4:
            self._record(self.world.institute, "compare", ("visits", "sensors"))
        if (person := self._to_erase(night)) is not None:
            self._erase(person)
        if night % wish.clean_every == wish.clean_every - 1:
            self._do(self.world.clinic, "optimize", "visits")
            self._do(self.world.clinic, "vacuum")
            self._do(self.world.institute, "vacuum")

    def _deliver(self, night: int) -> None:
        """New visits, corrections of older ones, and from time to time a new column."""
        erased = {one[0] for one in self.ledger.people}
        rows = visits_of(night, f"{self.wish.seed} {night}", erased)
        for number in range(night // self.wish.schema_every):
            rows = rows.with_columns(pl.lit(night % 5).alias(f"measure_{number}"))
        self.world.table("visits").save(rows)

    def _record(
        self, project: Project, pipeline: str, tables: tuple[str, ...], *, held: bool = False
    ) -> str:
        run_id = project.run(pipeline)
        self.outcome.runs += 1
        days = _HELD_DAYS if held else KEPT_DAYS[project.name]
        for name in tables:
            opened = self.world.table(name).open()
            promise = Promise(
                *(run_id, project.name, name, opened.table_id, opened.version),
                digest=str(opened.compute_digest()),
                ends=self._night + days - 1,
                is_firm=held or name != "sensors",
            )
            self.ledger.promises.append(promise)
            self.outcome.promises += 1
        return run_id

    def _to_erase(self, night: int) -> int | None:
        """Choose who asks to be forgotten tonight, if somebody does."""
        every = max(1, self.wish.nights // max(1, self.wish.erasures))
        if night < _PATIENCE or night % every != every - 1:
            return None
        return (night - _PATIENCE) * NEW_PEOPLE

    def _erase(self, number: int) -> None:
        person = person_of(number)
        self.ledger.people.append([str(one) for one in person])
        # Each project ends its own leases; what the other's need stays until then.
        for project in reversed(self.world.projects):
            done = self._do(project, "erase", "visits", person[0], "--why", f"request {number}")
            self.outcome.erased += self.ledger.erased(done["versions"])
        self.outcome.left += [one for one in done["left"] if not is_known_as_left(one)]

    def _do(self, project: Project, *typed: str) -> dict[str, Any]:
        """Give a command, and before it, from time to time, have it killed."""
        name = typed[0]
        while self._is_killed(name) and self.killer.run(project, *typed):
            self._hold(f"{name} was killed")
        self.outcome.counts[name] = self.outcome.counts.get(name, 0) + 1
        try:
            return project.command(*typed)
        except RuntimeError as error:
            # The other project has erased all there was.
            if name == "erase" and "Nothing was found" in str(error):
                return {"versions": [], "left": []}
            raise

    def _is_killed(self, name: str) -> bool:
        """Spread the kills over the nights, and over the commands as they come."""
        due = self.wish.kills * (self._night + 1) / self.wish.nights
        kills = Counter(self.killer.kills)
        least = min(kills[one] for one in ("keep", "vacuum", "optimize", "erase"))
        return kills.total() < due and kills[name] <= least + max(5, self.wish.kills // 20)

    def _hold(self, when: str) -> None:
        """Hold all promises against what is there."""
        standing = [one for one in self.ledger.standing(self._night) if one.is_firm]
        self.outcome.checked += len(standing)
        for one, found in lost(self.world, standing):
            said = f"night {self._night}, {when}: {one.project} {one.table}@{one.version}: {found}"
            self.outcome.lost.append(said)
            one.ended = "lost"

    def _end_month(self) -> None:
        month = self._night // MONTH
        self._vacuum_by_others(month)
        self._check(month)
        self._hold("the month ended")
        lying, needed = remains.storage(self.world)
        self._say(
            f"night {self._night}: {self.outcome.runs} runs, {len(self.outcome.lost)} lost, "
            f"{sum(self.killer.kills.values())} killed, {len(self.ledger.people)} erased, "
            f"{lying / max(needed, 1):.2f} x {needed:,} bytes"
        )

    def _vacuum_by_others(self, month: int) -> None:
        every = self.wish.spark_every
        maintain(self.world, self._spark_session() if every and month % every == 0 else None)
        self._age_new(0)

    def _spark_session(self) -> Any:
        if self._spark is None:
            from years.by_spark import session

            self._spark = session()
        return self._spark

    def _check(self, month: int) -> None:
        """Ask for dates, and see whether a run died before the date that was last said of it."""
        now = self._night + 1
        is_all = self._night == self.wish.nights or month % self.wish.dates_every == 0
        said = self._said.keys() if month % _QUARTER == 0 else None
        for project in self.world.projects:
            late = self.ledger.of_late(project.name, self._night - MONTH, said)
            runs = ("--all",) if is_all else tuple(late)
            checked = project.command("check", *runs)["runs"] if runs else []
            ended = {one.run_id for one in self.ledger.promises if one.ended is not None}
            dead, dies_at = [], {}
            for one in checked:
                run_id = one["run_id"]
                if run_id in ended:
                    if not one["is_reproducible"] and self._leases_what_nobody_keeps(run_id):
                        dead.append(run_id)
                    continue
                known = self._said.pop(run_id, None)
                if not one["is_reproducible"]:
                    dead.append(run_id)
                    if known is not None and known > now:
                        why = f"{project.name} {run_id[:8]} by night {now}, not {known:.1f}"
                        self.outcome.surprises.append(f"{why}: {one['missing']}")
                elif one["dies_at"] is not None:
                    dies_at[run_id] = one["dies_at"]
                    self._said[run_id] = now + self._days_until(one["dies_at"])
            if is_all:
                look(self.world, dies_at, self.ledger.promises, self.outcome.dates)
            if dead:
                self._release(project, dead)

    def _leases_what_nobody_keeps(self, run_id: str) -> bool:
        found = (one for one in self.ledger.promises if one.run_id == run_id)
        return any(one.ended is None and not one.is_firm for one in found)

    def _release(self, project: Project, dead: list[str]) -> None:
        """Give back what is lost: nobody else can, and no vacuum goes on before."""
        leased = {one.run_id for one in self.ledger.promises if one.run_id in dead}
        for run_id in leased:
            self.ledger.released(run_id)
        if leased:
            project.command("release", *sorted(leased))

    @staticmethod
    def _days_until(at: str) -> float:
        return float((clock.datetime.fromisoformat(at) - clock.now()).total_seconds() / clock.DAY)

    def _turn_month(self, days: int) -> None:
        """Have all that is there be some days older."""
        roots = [*self.world.tables.values()]
        for project in self.world.projects:
            roots += [project.path / ".lakeproof/held", project.path / ".lakeproof/leases"]
        age_all([one for one in roots if one.is_dir()], days, self._journal)
        self._known = set(self._files())

    def _age_new(self, days: int) -> None:
        """Have what came tonight be of tonight."""
        new = set(self._files()) - self._known
        age_files(sorted(new), days)
        self._known |= new

    def _files(self) -> Iterator[str]:
        return (one for one in files_in(self.world.tables.values()) if "/leases/" not in one)
