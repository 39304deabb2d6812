"""Promote honest runs and tampered ones under the policy `signed`: is any judged wrongly?

    python benchmarks/promotions.py [COUNT]     # of each; 200

Runs are made of one real record, each with an MLflow run, a version in the registry, a re-run and
an envelope of its own.
"""

import sys
import tempfile
from collections import Counter
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(PACKAGE), str(PACKAGE / "tests"), str(PACKAGE.parents[1] / "tests")]

from tests.attest.promotions import TAMPERED, honest, world  # noqa: E402 - its path


def main(count: int) -> int:
    """Count, and give how many were judged wrongly."""
    right, made = Counter[str](), Counter[str]()
    with tempfile.TemporaryDirectory() as folder, world(Path(folder, "project")) as here:
        for number in range(count):
            made["honest"] += 1
            right["honest"] += here.is_promoted(honest(here, number))[0]
            tampered = TAMPERED[number % len(TAMPERED)]
            made[tampered.__name__] += 1
            right[tampered.__name__] += not here.is_promoted(tampered(here))[0]
    for kind in made:
        print(f"{kind:20}{made[kind]:>6}{right[kind]:>6}")
    return made.total() - right.total()


if __name__ == "__main__":
    sys.exit(min(main(int((sys.argv[1:] or ["200"])[0])), 1))
