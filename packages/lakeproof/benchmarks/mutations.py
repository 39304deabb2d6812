"""Change a chain of records and its attestation in one place, many times: is it noticed?

    python benchmarks/mutations.py [COUNT] [SEED]

By Lakeproof, and by `docs/verify.py`, which knows nothing of it.
"""

import sys
from collections import Counter
from itertools import islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.attest.mutations import (
    honest,
    is_noticed_by_script,
    is_noticed_by_us,
    mutations,
)


def main(count: int, seed: int) -> int:
    """Count by kind; give how many nobody noticed."""
    content, records = honest()
    assert not is_noticed_by_script(content, list(records))
    assert not is_noticed_by_us(content, list(records))
    made, script, ours = Counter[str](), Counter[str](), Counter[str]()
    for kind, changed, left in islice(mutations(seed), count):
        made[kind] += 1
        script[kind] += is_noticed_by_script(changed, left)
        ours[kind] += is_noticed_by_us(changed, left)
    print(f"{'':20}{'made':>8}{'script':>8}{'Lakeproof':>11}")
    for kind in made:
        # A store has no order that could be changed.
        own = "-" if kind == "reorder" else ours[kind]
        print(f"{kind:20}{made[kind]:>8}{script[kind]:>8}{own:>11}")
    print(f"{'together':20}{made.total():>8}{script.total():>8}")
    return made.total() - script.total()


if __name__ == "__main__":
    sys.exit(min(main(int((sys.argv[1:2] or ["10000"])[0]), int((sys.argv[2:] or ["2026"])[0])), 1))
