"""See what a node's function reaches for beside its inputs: files, variables, connections.

It looks and forbids nothing. What native code opens by itself, clocks and random devices are not
seen; the readers of Polars, pandas, pyarrow, deltalake and Spark are (`readers`). Not for what
crosses between nodes and datasets (`record.node_io`), nor for what follows from a sight.
"""

from lakeproof.watch.node_watch import NodeWatch
from lakeproof.watch.own_threads import OwnThreads
from lakeproof.watch.places import Controlled
from lakeproof.watch.seen import Kind, Seen
from lakeproof.watch.watching import begin, end, forget, is_on, pause, resume

__all__ = [
    "Controlled",
    "Kind",
    "NodeWatch",
    "OwnThreads",
    "Seen",
    "begin",
    "end",
    "forget",
    "is_on",
    "pause",
    "resume",
]
