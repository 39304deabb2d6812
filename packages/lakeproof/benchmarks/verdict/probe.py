"""A recorded project that is changed and re-run, time after time, in forks of one process."""

import json
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Self

from lakeproof.record.documents.document import from_bytes
from lakeproof.record.facts import Record
from verdict.facts import Trial
from verdict.forked import IN_FORCE, SOCKET, Forked, kedro
from verdict.project import copy, make
from verdict.worlds import World, do, record_file


class Probe:
    """The project and what asks for its run again.

    Args:
        folder: An empty one.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.project = folder / "project"
        self._kept = folder / "kept"
        self._beside = folder / "beside.txt"
        self._output = folder / "output.txt"

    def __enter__(self) -> Self:
        """Make the project and its run."""
        make(self.project)
        self._forked = Forked(self._folder, self.project / "src")
        code = self._kedro(["run"], self._environment())
        assert code == 0, self._output.read_text()
        copy(self.project, self._kept)
        return self

    def __exit__(self, *_: object) -> None:
        """End the process that forks."""
        self._forked.close()

    def _environment(self) -> dict[str, str]:
        return {
            **os.environ,
            **IN_FORCE,
            "PYTHONPATH": str(self.project / "src"),
            "PROBE_BESIDE": str(self._beside),
            "PROBE_VALUE": "1",
            SOCKET: str(self._forked.socket),
        }

    def records(self) -> tuple[Record, Record]:
        """Give the record of the run, and of a re-run of it, whose tables it read itself."""
        record = from_bytes(record_file(self.project).read_bytes(), "The record")
        run = replace(record.run, run_id="7" * 32, reproduces=record.run.run_id)
        tables = tuple(replace(one, digest_from="rows") for one in record.inputs.tables)
        return record, replace(record, run=run, inputs=replace(record.inputs, tables=tables))

    def after(self, world: World) -> Trial:
        """Have the run again after something was done."""
        verdict, said = self._again([world])
        return Trial(world.kind, world.what, "forked", False, verdict, said, world.cause)

    def honest(self, pieces: Sequence[World]) -> Trial:
        """Have the run again in other circumstances."""
        verdict, said = self._again(pieces)
        what = ", ".join(piece.what for piece in pieces)
        kinds = " and ".join(sorted({piece.kind for piece in pieces}))
        return Trial(kinds, what, "forked", True, verdict, said)

    def _again(self, pieces: Sequence[World]) -> tuple[str, str]:
        copy(self._kept, self.project)
        self._beside.write_text("0.5")
        environment = self._environment()
        do(pieces, self.project, environment)
        verdict = self._folder / "verdict.json"
        verdict.unlink(missing_ok=True)
        code = self._kedro(["reproduce", "last", "--json", "--output", str(verdict)], environment)
        said = self._output.read_text(errors="replace")
        if not verdict.exists():
            return f"EXIT CODE {code}", said
        document = verdict.read_text()
        return str(json.loads(document)["verdict"]), document + said

    def _kedro(self, arguments: list[str], environment: dict[str, str]) -> int:
        return kedro(self._forked.socket, self.project, arguments, environment, self._output)
