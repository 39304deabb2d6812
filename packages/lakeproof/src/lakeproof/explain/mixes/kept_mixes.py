"""What an explanation has had so far, on this disk: so that the next call goes on from there.

The runs themselves are in the user's store, their records sealed; here is which of them is which.
What is kept by another version of this room, or by somebody else, or cannot be read, is not there;
nor is a mix that failed, as the next call may find it mended.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any

from lakeproof.explain.mixes.choice import Choice, Part
from lakeproof.explain.mixes.facts import CommonRows, Proof
from lakeproof.inside import by_no_link
from lakeproof.state_folder import NAME, hide_from_git, state_of
from lakeproof.version import VERSION
from lakeproof.vouching.codes import is_vouched, vouch
from lakeproof.whole_file import replace_text

_SCHEMA = 3
_PURPOSE = "explain"
_SHORT = 16


@dataclass(frozen=True)
class KeptMix:
    """One run of this explanation.

    Args:
        choice: What it took from B.
        part: How much of a run it is.
        run_id: Of the run, in the user's store.
        seal: The digest of its record.
        duration_s: What it took.
        predictions: The name of the file with its table of predictions.
        nodes_taken: The nodes that another mix had run for it.
    """

    choice: Choice
    part: Part
    run_id: str
    seal: str
    duration_s: float
    predictions: str | None
    nodes_taken: tuple[str, ...] = ()


class KeptMixes:
    """The folder of one explanation, and what was run by now.

    Args:
        project_path: The user's project.
        between: The ids of A and B.
        seals: The digests of their records.
        here: The digest of the environment in which all is run in place of the recorded ones.
    """

    def __init__(
        self,
        project_path: Path,
        between: tuple[str, str],
        seals: tuple[str | None, str | None],
        here: str | None = None,
    ) -> None:
        name = "-".join(run_id[:_SHORT] for run_id in between)
        self._project = project_path.resolve()
        state = state_of(self._project)
        # A clone may bring links along; a folder that the user has named may stand behind one.
        is_its_own = state == self._project / NAME
        root = self._project if is_its_own else state
        self.folder = by_no_link(root, (state / "explain" / name).relative_to(root))
        self._state = state
        # What ran in one environment says nothing of another.
        self._head = {
            "schema": _SCHEMA,
            "lakeproof": VERSION,
            "between": list(between),
            "seals": list(seals),
            "here": here,
        }
        content = self._read()
        self.mixes: list[KeptMix] = content[0]
        self.proof: Proof | None = content[1]
        self.common: CommonRows | None = content[2]

    def add(self, mix: KeptMix) -> None:
        """Keep one more."""
        self.mixes.append(mix)
        self._write()

    def keep_proof(self, proof: Proof) -> None:
        """Keep whether A and B are what they are said to be."""
        self.proof = proof
        self._write()

    def keep_common(self, common: CommonRows) -> None:
        """Keep what was measured on the rows that both were scored on."""
        self.common = common
        self._write()

    def new_table(self) -> Path:
        """Name a file that is not there yet, for a table of predictions."""
        return self.folder / f"{token_hex(8)}.parquet"

    def _read(self) -> tuple[list[KeptMix], Proof | None, CommonRows | None]:
        try:
            kept = json.loads(self._file.read_text(encoding="utf-8"))
            if not is_vouched(_PURPOSE, kept["content"].encode(), kept["code"]):
                return [], None, None
            content = json.loads(kept["content"])
            if {name: content[name] for name in self._head} != self._head:
                return [], None, None
            proof, common = content["proof"], content["common"]
            return (
                list(map(_mix, content["mixes"])),
                Proof(tuple(proof["verdicts"]), tuple(proof["reasons"])) if proof else None,
                CommonRows(**common) if common else None,
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return [], None, None

    def _write(self) -> None:
        hide_from_git(self._state)
        self.folder.mkdir(parents=True, exist_ok=True)
        proof = asdict(self.proof) if self.proof is not None else None
        common = asdict(self.common) if self.common is not None else None
        ends = {"proof": proof, "common": common}
        content = json.dumps({**self._head, **ends, "mixes": list(map(_plain, self.mixes))})
        kept = {"code": vouch(_PURPOSE, content.encode()), "content": content}
        replace_text(self._file, json.dumps(kept), 0o644)

    @property
    def _file(self) -> Path:
        return self.folder / "mixes.json"


def _plain(mix: KeptMix) -> dict[str, Any]:
    return {**asdict(mix), "choice": dict(_of_choice(mix.choice))}


def _of_choice(choice: Choice) -> Iterator[tuple[str, Any]]:
    for name, value in vars(choice).items():
        yield name, sorted(value) if isinstance(value, frozenset) else value


def _mix(content: dict[str, Any]) -> KeptMix:
    choice: dict[str, Any] = {
        name: frozenset(value) if isinstance(value, list) and name != "values" else value
        for name, value in content["choice"].items()
    }
    choice["values"] = tuple(map(tuple, choice["values"]))
    taken = tuple(content.get("nodes_taken", ()))
    return KeptMix(**{**content, "choice": Choice(**choice), "nodes_taken": taken})
