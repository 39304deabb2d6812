"""What a verdict claims and what it does not, for somebody who has never met the four words."""

from lakeproof.reproduce.outcomes import Comparison
from lakeproof.views.blocks import Tone

TONES: dict[str, Tone] = {
    "REPEATED": "good",
    "REPRODUCED": "good",
    "DIVERGED": "bad",
    "INCONCLUSIVE": "open",
    "WITHIN TOLERANCE": "open",
    "EXCEPT ERASED": "open",
}
_RERUN = (
    "The run was re-run in isolation, with its recorded code, parameters and table versions. "
    "Its artifacts are the tables, models, files and metrics that it made."
)


def claims(found: Comparison) -> tuple[str, ...]:
    """Say in everyday words what a verdict claims, and what it does not."""
    counting = [one for one in found.artifacts if one.counts]
    others = [one for one in counting if one.verdict != "same"]
    if found.verdict == "REPEATED":
        return (
            _RERUN,
            f"All {len(counting)} artifacts that count are the same, to the last bit, on the same "
            "set-up (machine, libraries, engine).",
        )
    if found.verdict == "REPRODUCED":
        return (
            _RERUN,
            f"All {len(counting)} artifacts that count are the same, to the last bit, although "
            "the set-up is another one.",
        )
    if found.verdict == "DIVERGED":
        return (
            _RERUN,
            f"{len(others)} of {len(counting)} artifacts that count are not the same.",
        )
    if found.verdict == "WITHIN TOLERANCE":
        return (
            _RERUN.replace("its recorded code", "the code under test on its recorded"),
            f"{len(others)} of {len(counting)} artifacts that count are not the same; every metric "
            "is within the tolerance that was declared for it beforehand. This is no pass of "
            "exactness.",
        )
    if found.verdict == "EXCEPT ERASED":
        return (
            _RERUN.replace("table versions", "table versions, without rows that were erased since"),
            f"{len(others)} of {len(counting)} artifacts that count are not the same; every one "
            "that does not hang on those rows is. What the run gave with them cannot be "
            "reproduced any more: this is no pass.",
        )
    tried = (
        "The run was re-run, but that proves nothing"
        if found.rerun_id
        else "The run could not be re-run as it was recorded"
    )
    return (
        f"{tried}: something is missing, or is not what was recorded.",
        "This is neither a pass nor a failure: it cannot be claimed that the artifacts are the "
        "same, nor that they differ.",
    )
