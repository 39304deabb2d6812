"""An explanation as one JSON document."""

from dataclasses import asdict
from typing import Any

from lakeproof.explain.explanation import Explanation
from lakeproof.explain.game.solve import Solved
from lakeproof.explain.told.next_step import sentence
from lakeproof.explain.told.numbers import nearest
from lakeproof.explain.told.words import common_rows, names, told
from lakeproof.views.values import plain


def document(of: Explanation) -> dict[str, Any]:
    """Make the JSON document; numbers are floats, and the shares of a metric add up exactly."""
    found = {
        "from": of.from_run,
        "to": of.to_run,
        "verdict": of.answer,
        "next": sentence(of),
        "players": [
            {
                "player": one.name,
                "group": one.group,
                "side": one.side,
                "factors": [factor.factor for factor in one.factors],
                "from": one.before,
                "to": one.after,
                "detail": one.detail or None,
            }
            for one in of.players
        ],
        "metrics": [_metric(one, of) for one in of.solved],
        "mixes": [
            {
                "from_b": [one.name for one in of.players if one.name in mix.taken],
                "run_id": mix.run_id,
                "metrics": dict(mix.metrics),
                "how": mix.how,
                "nodes_taken": mix.nodes_taken,
                "error": mix.failure
                and {
                    "kind": mix.failure.kind,
                    "node": mix.failure.node,
                    "message": mix.failure.message,
                },
            }
            for mix in of.outcomes
        ],
        "exact": bool(of.solved) and all(one.is_exact for one in of.solved if one.shares),
        "runs": runs(of),
        "proof": of.proof and {"from": of.proof.verdicts[0], "to": of.proof.verdicts[1]},
        "chance": {"named": of.chance.named, "proposed": of.chance.proposed},
        "found": of.few and vars(of.few),
        "rows": of.changed
        and {
            "common": of.changed.common,
            "changed": of.changed.changed,
            "most": [vars(one) for one in of.changed.most],
        },
        "commits": [
            {
                "table": path.table,
                "why_not": path.why_not,
                "steps": [
                    {**asdict(step.commit), "did": step.did, "why_not": step.why_not}
                    for step in path.steps
                ],
            }
            for path in of.paths
        ],
        "code_commits": of.code
        and {
            "all_else": of.code.rest,
            "steps": [
                {
                    "commit": step.commit.id or None,
                    "subject": step.commit.subject,
                    "commits": step.commits,
                    "did": step.did,
                    "not_run": step.why_not or None,
                }
                for step in of.code.steps
            ],
        },
        "interrupted": of.is_interrupted,
        "missing": of.reasons,
        "assumed": of.assumed,
    }
    document: dict[str, Any] = plain(found)
    return document


def runs(of: Explanation) -> dict[str, int]:
    """Count the mixes by how they came about."""
    counts = {"mixes": len(of.outcomes)}
    for how in ("recorded", "fitted", "scored", "taken"):
        counts[how] = sum(one.how == how and one.failure is None for one in of.outcomes)
    return counts | {"failed": sum(one.failure is not None for one in of.outcomes)}


def _metric(solved: Solved, of: Explanation) -> dict[str, Any]:
    common, luck = common_rows(of, solved.metric), of.luck.get(solved.metric)
    doubt = of.rows.get(solved.metric)
    return {
        "metric": solved.metric,
        "before": nearest(solved.before),
        "after": nearest(solved.after),
        "difference": nearest(solved.after - solved.before),
        "exact": solved.is_exact,
        "shares": [_share(place, solved, of) for place in range(len(solved.shares))],
        "interactions": [
            {
                "players": [" + ".join(sorted(unit)) for unit in one.pair],
                "value": nearest(one.value),
            }
            for one in solved.together
        ],
        "common_rows": common and {"rows": common[0], "difference": nearest(common[1])},
        "chance": luck and {"runs": luck.runs, "deviation": luck.deviation, "band": luck.band},
        "rows": doubt and {"draws": doubt.draws, "why_not": doubt.why_not},
        "not_run": [sorted(one) for one in solved.unasked],
    }


def _share(place: int, solved: Solved, of: Explanation) -> dict[str, Any]:
    share = solved.shares[place]
    words, doubt = told(share, solved, of), of.rows.get(solved.metric)
    spread = doubt.spreads.get(share.players) if doubt else None
    return {
        "player": names(share) if len(share.players) == 1 else " + ".join(share.players),
        "share": nearest(share.value),
        # Of the fraction that the shares add up with, to the last bit.
        "exact_share": [str(share.value.numerator), str(share.value.denominator)],
        "low": nearest(share.low),
        "high": nearest(share.high),
        "how": share.how,
        "rows_95": spread and [spread.low, spread.high],
        "chance": words.is_chance,
        "note": words.note or None,
    }
