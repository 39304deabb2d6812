"""A receipt with what an erasure is about to do, and with what is seen to be done."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from lakeproof.erasure.erase_rows import is_proven
from lakeproof.erasure.receipts import Proven, Receipt, Rewritten, RewrittenFile
from lakeproof.errors import LakeproofError
from lakeproof.versioned.location import Location

Step = Proven | Rewritten | RewrittenFile


def seen(receipt: Receipt, locate: Callable[[str], Location]) -> Iterator[Proven]:
    """Yield the deletions of a command that was interrupted after their commits."""
    for one in receipt.announced:
        try:
            location = locate(one.table)
        except LakeproofError:
            continue  # it has no such table any more
        if is_proven(location, one):
            yield one


def with_proven(receipt: Receipt, proven: Iterable[Proven]) -> Receipt:
    """Count deletions as proven, which were announced before."""
    all_ = tuple(dict.fromkeys((*receipt.proven, *proven)))
    known = {(one.table_id, one.before) for one in all_}
    open_ = (one for one in receipt.announced if (one.table_id, one.before) not in known)
    return replace(receipt, proven=all_, announced=tuple(open_))


def with_step(receipt: Receipt, told: Step) -> Receipt:
    """Write down what a step is about to make, in place of what was told of the same before."""
    match told:
        case Proven():
            announced = (one for one in receipt.announced if one.table_id != told.table_id)
            return replace(receipt, announced=(*announced, told))
        case Rewritten():
            place = told.table_id, told.version
            rewritten = (one for one in receipt.rewritten if (one.table_id, one.version) != place)
            return replace(receipt, rewritten=(*rewritten, told))
        case RewrittenFile():
            before = told.sha256_before
            files = (one for one in receipt.files if one.sha256_before != before)
            return replace(receipt, files=(*files, told))
