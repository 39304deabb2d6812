"""Promote honest runs and tampered ones under the policy `signed`: is any judged wrongly?

    python benchmarks/promotions.py [COUNT] [FILE]     # of each; 200

Runs are made of one real record, each with an MLflow run, a version in the registry, a re-run and
an envelope of its own. Each judgement is a line of FILE at once; typed again with the same FILE,
it goes on where it was stopped. Without one, nothing is kept.
"""

import json
import sys
import tempfile
from collections import Counter
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(PACKAGE), str(PACKAGE / "tests"), str(PACKAGE.parents[1] / "tests")]

from tests.attest.promotions import TAMPERED, World, honest, world  # noqa: E402 - its path


def main(count: int, judged: Path) -> int:
    """Judge what is not judged yet, and give how many were judged wrongly."""
    with tempfile.TemporaryDirectory() as folder, world(Path(folder, "project")) as here:
        for number in range(len(_lines(judged)), 2 * count):
            kind, is_right = _judge(here, number)
            with judged.open("a") as file:
                file.write(json.dumps({"kind": kind, "right": is_right}) + "\n")
            print(f"{number + 1} of {2 * count}, {kind}: {is_right}", file=sys.stderr)
    return _told(_lines(judged))


def _judge(here: World, number: int) -> tuple[str, bool]:
    """Make a run and ask for its promotion, an honest and a tampered one in turn."""
    case, is_tampered = divmod(number, 2)
    if not is_tampered:
        return "honest", here.is_promoted(honest(here, case))[0]
    tampered = TAMPERED[case % len(TAMPERED)]
    return tampered.__name__, not here.is_promoted(tampered(here))[0]


def _lines(judged: Path) -> list[tuple[str, bool]]:
    """Read what is judged: pairs of a kind and whether it was right."""
    if not judged.exists():
        return []
    found = (json.loads(line) for line in judged.read_text().splitlines())
    return [(one["kind"], one["right"]) for one in found]


def _told(lines: list[tuple[str, bool]]) -> int:
    """Print each kind's count and how many were right; give how many were not."""
    made, right = Counter[str](), Counter[str]()
    for kind, is_right in lines:
        made[kind] += 1
        right[kind] += is_right
    for kind in made:
        print(f"{kind:20}{made[kind]:>6}{right[kind]:>6}")
    wrong = made.total() - right.total()
    print(json.dumps({"judged": made.total(), "wrong": wrong}))
    return wrong


if __name__ == "__main__":
    asked = int((sys.argv[1:] or ["200"])[0])
    with tempfile.TemporaryDirectory() as kept:
        judged_in = Path(sys.argv[2] if len(sys.argv) > 2 else f"{kept}/judged.jsonl")
        sys.exit(min(main(asked, judged_in), 1))
