"""Say what content is equal: digests of tables, of frames and of fitted models.

Three questions, three rooms: `rs1` (does a table version hold the same rows, in whatever order and
layout), `frame` (did `fit` get the same bits in the same order), `model` (did it learn the same).
Importing this package imports numpy and pyarrow: import it where a digest is made.
"""

from lakeproof.digest.digest_errors import FactsMismatchError, LazyPartError, NotDigestibleError
from lakeproof.digest.digests import ColumnFacts, TableFacts
from lakeproof.digest.frames.frame import FrameColumn, FrameFacts, digest_frame, is_frame
from lakeproof.digest.model import digest_model
from lakeproof.digest.objects.content import content_of
from lakeproof.digest.objects.lazy import is_lazy
from lakeproof.digest.tables.delta_types import delta_type
from lakeproof.digest.tables.rs1 import RowSet, digest_table, digesting, facts_of_schema

__all__ = [
    "ColumnFacts",
    "FactsMismatchError",
    "FrameColumn",
    "FrameFacts",
    "LazyPartError",
    "NotDigestibleError",
    "RowSet",
    "TableFacts",
    "content_of",
    "delta_type",
    "digest_frame",
    "digest_model",
    "digest_table",
    "digesting",
    "facts_of_schema",
    "is_frame",
    "is_lazy",
]
