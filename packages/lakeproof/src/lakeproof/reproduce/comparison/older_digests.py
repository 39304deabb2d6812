"""What the digests of older records leave out: a pass by one of them claims less."""

from collections.abc import Iterable, Iterator

from lakeproof.reproduce.outcomes import Artifact

LEFT_OUT = {
    "model1": (
        "leaves out attributes called memory, n_jobs, verbose and the like and numbers called "
        "…_time in any object, and the order of mappings"
    ),
    "frame1": (
        "does not tell apart labels of other types (1.0 and '1.0'), names of axes, types of "
        "categories, and attrs"
    ),
}


def claims_less(artifacts: Iterable[Artifact]) -> Iterator[str]:
    """Say by which older digests artifacts are the same, and what those leave out."""
    used = {
        str(artifact.expected).partition(":")[0]
        for artifact in artifacts
        if artifact.verdict == "same" and artifact.counts
    }
    for algorithm, what in LEFT_OUT.items():
        if algorithm in used:
            yield f"Compared by {algorithm}, as it was recorded, which {what}."
