"""What is worth knowing at the end, and whether it is as it must be."""

from dataclasses import asdict
from typing import Any

from lakeproof.leases.facts import moment
from years import clock, remains
from years.nights import Decade
from years.people import values_of


def summary(decade: Decade) -> dict[str, Any]:
    """Give what is worth knowing at the end."""
    values = [one for person in decade.ledger.people for one in values_of(person)]
    lying, needed = remains.storage(decade.world)
    outcome = decade.outcome
    return {
        "nights": decade.wish.nights,
        "runs": outcome.runs,
        "promises": outcome.promises,
        "looked_at": outcome.checked,
        "lost": outcome.lost,
        "erasures": len(decade.ledger.people),
        "erased_promises": outcome.erased,
        "left": outcome.left,
        "dates": asdict(outcome.dates),
        "surprises": outcome.surprises,
        "kills": decade.killer.kills,
        "commands": outcome.counts,
        "storage": round(lying / needed, 3),
        "bytes": lying,
        "orphans": remains.orphans(decade.world),
        "hits": list(remains.hits(decade.world, values)),
        "opens_s": round(remains.opening(decade.world), 4),
        "at": moment(clock.now()),
    }
