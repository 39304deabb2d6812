"""Explain pairs of runs whose causes are planted, and count what is wrong.

`python benchmarks/explanations.py` draws 200 pairs of metrics, which cost nothing, and holds each
answer against brute force over all orders. With `mlbisect` installed, it is asked as well.
`--real N` makes N pairs of runs of a small project whose metric a formula knows without a run.
`--cost` explains two runs of the example, with another version of its data and another seed, and
holds the processor time of all processes against that of one `kedro run`.

Prints a table and, last, one line of JSON; the exit code is 1 if an answer was wrong.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from measure import Seconds, copy_of_project, report, run, seconds
from planted.judged import Judged, judge
from planted.pairs import Pair, pairs
from planted.peer import PeerAnswer, peer
from planted.projects import explained, real_pairs, wrong


def main() -> int:
    """Explain the pairs and print what came of them."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--pairs", type=int, default=200)
    options.add_argument("--seed", type=int, default=2026)
    options.add_argument("--real", type=int, default=0, metavar="N")
    options.add_argument("--cost", action="store_true")
    asked = options.parse_args()
    if asked.cost:
        return cost()
    if asked.real:
        return real(asked.real)
    began = time.monotonic()
    drawn = pairs(asked.pairs, asked.seed)
    judged = [judge(pair) for pair in drawn]
    peers = [
        (pair, one, answer)
        for pair, one in zip(drawn, judged, strict=True)
        if (answer := peer(pair))
    ]
    print(table(judged))
    summary = {
        "benchmark": "explanations",
        "pairs": len(judged),
        "wrong": sum(not one.is_right for one in judged),
        "largest_wrong": sum(not one.largest_right for one in judged),
        "shares_wrong": sum(not one.shares_equal for one in judged),
        "not_said": sum(not one.says_so for one in judged),
        "additive_over_2k": sum(
            one.kind == "additive" and one.mixes > 2 * one.players for one in judged
        ),
        **beside(peers),
        "seconds": round(time.monotonic() - began, 1),
    }
    print(json.dumps(summary))
    return int(bool(summary["wrong"] or summary["additive_over_2k"]))


def real(count: int) -> int:
    """Make projects, run A and B in each, and hold `kedro explain` against a formula."""
    faults, began = 0, time.monotonic()
    for pair in real_pairs(count):
        with tempfile.TemporaryDirectory(prefix="lakeproof-pair-") as folder:
            document = explained(pair, Path(folder) / "project")
        found = wrong(pair, document)
        faults += bool(found)
        print(
            ", ".join(pair.planted), document["runs"], *(found or ["right"]), sep="  ", flush=True
        )
    summary = {"benchmark": "explanations of runs", "pairs": count, "wrong": faults}
    print(json.dumps({**summary, "seconds": round(time.monotonic() - began)}))
    return int(bool(faults))


def cost() -> int:
    """Explain two runs of the example, A and B taken for what their records say."""
    with tempfile.TemporaryDirectory(prefix="lakeproof-cost-") as folder:
        project = copy_of_project(Path(folder) / "project", with_packages=False)
        said: list[str] = []

        def kedro(*arguments: str) -> Seconds:
            command = [sys.executable, "-m", "kedro", *arguments]
            return seconds(lambda: said.append(run(command, project, PYTHONPATH=f"{project}/src")))

        kedro("run", "--pipelines", "ingest")
        asked = ["--load-versions", "samples:1", "--params", "train.seed=7"]
        runs = kedro("run", "--load-versions", "samples:0"), kedro("run", *asked)
        ids = [told.split("Recorded run ")[1].split()[0] for told in said[1:]]
        explained = kedro("explain", *ids, "--trust", "--json")
    document = json.loads(said[-1])
    one = max(one.processor for one in runs)
    report(
        "kedro explain, data and seed changed ÷ one kedro run, by processor time",
        "<= 3",
        explained.processor <= 3 * one,
        explain_processor_s=round(explained.processor, 1),
        run_processor_s=round(one, 1),
        ratio=round(explained.processor / one, 2),
        seconds=round(explained, 1),
        **document["runs"],
        players=len(document["players"]),
    )
    return int(explained.processor > 3 * one or document["runs"]["fitted"] > 6)


def table(judged: Sequence[Judged]) -> str:
    """Write per kind how many pairs there were, how many were right, and what they took."""
    lines = [f"{'planted':<14}{'pairs':>7}{'right':>7}{'mixes':>8}{'failed':>8}"]
    for kind in dict.fromkeys(one.kind for one in judged):
        of = [one for one in judged if one.kind == kind]
        right = sum(one.is_right for one in of)
        mixes, failed = (sum(some) for some in zip(*((o.mixes, o.failed) for o in of), strict=True))
        lines.append(f"{kind:<14}{len(of):>7}{right:>7}{mixes:>8}{failed:>8}")
    return "\n".join(lines)


def beside(peers: Sequence[tuple[Pair, Judged, PeerAnswer]]) -> dict[str, object]:
    """Set mlbisect beside us on the pairs that it can express."""
    if not peers:
        return {"peer": None}
    return {
        "peer": "mlbisect",
        "peer_pairs": len(peers),
        "peer_names_largest": sum(answer.found for _, _, answer in peers),
        "ours_right": sum(one.is_right for _, one, _ in peers),
        "peer_runs": sum(answer.runs for _, _, answer in peers),
        # A and B are two runs of ours.
        "our_runs": sum(one.mixes + 2 for _, one, _ in peers),
    }


if __name__ == "__main__":
    sys.exit(main())
