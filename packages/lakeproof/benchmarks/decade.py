"""Live ten years on a fake clock: leases, dates, vacuums of ours and of others, erasures, kills.

`python benchmarks/decade.py` lives 3,650 nights, which takes hours; `--nights 200 --kills 20
--erasures 5` a small decade, which is a test too. With `--world FOLDER` it goes on where it was
interrupted, with the same code. Prints a table and, last, one line of JSON; the exit code is 1
where something was lost, or the like.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from years import clock
from years.facts import Wish
from years.nights import Decade
from years.summary import summary
from years.warmth import stay_warm
from years.world import World


def main() -> int:
    """Live them, clean up once more, and print what is left."""
    options = argparse.ArgumentParser(description=__doc__)
    for name, default in vars(Wish()).items():
        if type(default) is int:
            options.add_argument(f"--{name.replace('_', '-')}", type=int, default=default)
    options.add_argument("--world", type=Path, help="a folder that stays, to go on with")
    asked = vars(options.parse_args())
    place = asked.pop("world")
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="decade-") as folder:
        path = (place or Path(folder)).resolve()
        path.mkdir(exist_ok=True)
        decade = Decade(World(path), Wish(**asked), lambda line: print(line, file=sys.stderr))
        decade.live()
        decade.rest()
        told = summary(decade)
    print(table(told))
    took = round(time.monotonic() - began)
    print(json.dumps({"benchmark": "decade", **told, "seconds": took}))
    return int(not is_right(told))


def is_right(told: dict[str, Any]) -> bool:
    """Tell whether all that must be is so, but for what this machine's speed decides."""
    dates = told["dates"]
    nothing = ("lost", "surprises", "orphans", "hits")
    return (
        not any(told[name] for name in nothing)
        and not dates["optimistic"]
        and dates["near"] >= 0.99 * dates["asked"]
        and told["storage"] <= 1.1
    )


def table(told: dict[str, Any]) -> str:
    """Write it for people."""
    dates = told["dates"]
    kills = ", ".join(f"{count} {name}" for name, count in sorted(told["kills"].items()))
    rows = [
        ("leased versions lost", "0", f"{len(told['lost'])} of {told['promises']} promised"),
        ("dates later than the truth", "0", f"{dates['optimistic']} of {dates['asked']}"),
        ("dates within a day of it", ">= 99 %", f"{dates['near']} of {dates['asked']}"),
        ("runs dead before their date", "0", f"{len(told['surprises'])} of {told['runs']}"),
        ("bytes / (live + leased)", "<= 1.1", f"{told['storage']} ({told['bytes']:,} bytes)"),
        ("kill -9", "told", kills or "none"),
        ("left over after the next command", "0", str(len(told["orphans"]))),
        ("files with a value that was erased", "0", f"{len(told['hits'])} of {told['erasures']}"),
        ("a pin opens", "< 0.1 s", f"{told['opens_s']} s"),
    ]
    return "\n".join(f"| {what} | {target} | {found} |" for what, target, found in rows)


if __name__ == "__main__":
    clock.install()
    stay_warm()
    sys.exit(main())
