"""What was erased, when and why: a receipt per erasure, which names no key.

While an erasure is on its way its keys are told by a hash under a secret beside it, so that the
same command goes on with it; once it is done the secret is gone, and the hash says nothing.
"""

import json
import logging
import re
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from lakeproof.erasure.vouched_receipts import CODE, hashed, is_written_here, written
from lakeproof.errors import LakeproofError
from lakeproof.inside import by_no_link
from lakeproof.leases.folders import hide_from_git
from lakeproof.whole_file import replace_text

PLACE = Path(".lakeproof", "erasures")
_SHOWN = 8
_ID = re.compile("[0-9a-f]{32}")  # It chooses paths, and a clone may bring receipts along.
_LOG = logging.getLogger(__name__)
_TEXTS = ("receipt_id", "state", "why", "begun_at", "table")


class ReceiptError(LakeproofError):
    """A receipt cannot be read."""


@dataclass(frozen=True)
class ErasedVersion:
    """A version of a table that held rows which were erased.

    Args:
        table: The catalog name.
        table_id: The table's id.
        version: Its number.
        rows: How many rows were erased of it.
        is_whole: Whether all of its files were there then; else there may have been more.
    """

    table: str
    table_id: str
    version: int
    rows: int
    is_whole: bool = True


@dataclass(frozen=True)
class Proven:
    """A deletion of which it was proven that it took these rows and nothing else.

    Args:
        table: The catalog name.
        table_id: The table's id.
        before: The version and
        digest_before: the digest with the rows.
        rows: How many rows went.
        after: The version and
        digest_after: the digest without them: that of the rows before, less those.
    """

    table: str
    table_id: str
    before: int
    digest_before: str
    rows: int
    after: int
    digest_after: str


@dataclass(frozen=True)
class Rewritten:
    """A leased version that was written anew without the rows, as a held table of its own.

    Args:
        table: The catalog name.
        table_id: The table's id.
        version: Its number, which it keeps.
        digest_before: The digest with the rows.
        rows: How many rows went.
        digest_after: The digest without them: that of the rows before, less those.
    """

    table: str
    table_id: str
    version: int
    digest_before: str
    rows: int
    digest_after: str


@dataclass(frozen=True)
class RewrittenFile:
    """A raw file that was written anew without the rows.

    Args:
        path: Where it lies, relative to the project.
        name: The delivery's.
        rows: How many rows went.
        sha256_before: Of its bytes with the rows.
        sha256_after: Of its bytes without them.
        size_after: How many bytes these are.
        is_in_git: Whether git has it as it was, under whatever name.
    """

    path: str
    name: str
    rows: int
    sha256_before: str
    sha256_after: str
    size_after: int
    is_in_git: bool = False


@dataclass(frozen=True)
class Receipt:
    """One erasure.

    Args:
        receipt_id: Random, in hexadecimal.
        state: `begun` until all that it can do is done.
        why: As it was given.
        begun_at: ISO 8601 in UTC.
        done_at: The same, once it is done.
        table: The table whose keys they were.
        keys: How many.
        hashes: Of the keys, under a secret that is thrown away.
        versions: Those that held rows.
        proven: The deletions from newest versions.
        runs: The runs that read or wrote such versions.
        left: What still holds rows, or may.
        announced: Deletions that were about to be committed: proven, once they are seen to be made.
        rewritten: The leased versions that are held without the rows now.
        files: The raw files that were written anew.
        previous: The digest of the record that this clone made before it, once it is done.
    """

    receipt_id: str
    state: Literal["begun", "done"]
    why: str
    begun_at: str
    done_at: str | None
    table: str
    keys: int
    hashes: tuple[str, ...]
    versions: tuple[ErasedVersion, ...] = ()
    proven: tuple[Proven, ...] = ()
    runs: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    announced: tuple[Proven, ...] = ()
    rewritten: tuple[Rewritten, ...] = ()
    files: tuple[RewrittenFile, ...] = ()
    previous: str | None = None

    @property
    def short(self) -> str:
        """Name it for people."""
        return self.receipt_id[:_SHOWN]


_KINDS = {
    "versions": ErasedVersion,
    "proven": Proven,
    "announced": Proven,
    "rewritten": Rewritten,
    "files": RewrittenFile,
}


class ReceiptStore:
    """The receipts of a project.

    Args:
        project_path: The project.
    """

    def __init__(self, project_path: Path) -> None:
        self._project_path = project_path
        self._folder = project_path / PLACE

    def all(self) -> Iterator[Receipt]:
        """Yield them, whoever wrote them, in no order; raises as `with_bytes` does."""
        return (receipt for receipt, _ in self.with_bytes())

    def with_bytes(self) -> Iterator[tuple[Receipt, bytes]]:
        """Yield them with what their files hold, which says who wrote them.

        Raises:
            ReceiptError: If one is damaged: what was erased is not known then.
        """
        for path in sorted(self._folder.glob("*.json")) if self._folder.is_dir() else ():
            try:
                content = path.read_bytes()
                yield _read(path, content), content
            except Exception as error:  # whatever a document makes of who reads it
                raise ReceiptError(
                    f"The receipt {path} cannot be read ({type(error).__name__}), so what was "
                    "erased is not known. Restore it from a backup, or remove it if this project "
                    "has not erased anything then."
                ) from error

    def begun(self, table: str, texts: Sequence[str]) -> Receipt | None:
        """Find this user's erasure of the same keys that has not ended; secrets of ended ones go.

        Raises:
            ReceiptError: If a receipt is damaged.
            OutsideError: If the receipts are behind a link: then they are another project's.
        """
        for receipt, content in self.with_bytes():
            if receipt.state == "done":  # a command may have been killed before it removed it
                self._secret(receipt.receipt_id).unlink(missing_ok=True)
            if receipt.state == "begun" and receipt.table == table:
                secret = self._secret(receipt.receipt_id)
                if not secret.is_file() or hashed(texts, secret.read_bytes()) != receipt.hashes:
                    continue
                if is_written_here(content):
                    return receipt
                _LOG.warning("Not written by you here, not used: receipt %s", receipt.short)
        return None

    def begin(self, table: str, texts: Sequence[str], why: str, now: str) -> Receipt:
        """Note that an erasure begins, before anything is erased."""
        hide_from_git(self._project_path)
        # As text: what is no text would be named as a file in which the keys may be.
        receipt_id, secret = secrets.token_hex(16), secrets.token_hex(32).encode()
        by_no_link(self._project_path, PLACE).mkdir(parents=True, exist_ok=True)
        self._secret(receipt_id).touch(mode=0o600)
        self._secret(receipt_id).write_bytes(secret)
        keys = hashed(texts, secret)
        receipt = Receipt(receipt_id, "begun", why, now, None, table, len(keys), keys)
        self.put(receipt)
        return receipt

    def put(self, receipt: Receipt) -> bytes:
        """Write a receipt, in place of what it was; of one that is done the secret goes then.

        Returns:
            What was written: it names itself as records do.
        """
        content = written({"schema": 1, "run": {"run_id": receipt.receipt_id}, **asdict(receipt)})
        replace_text(self._place(receipt.receipt_id, "json"), content, 0o600)
        # Not before: without its secret a receipt that says `begun` would say so for ever.
        if receipt.state == "done":
            self._secret(receipt.receipt_id).unlink(missing_ok=True)
        return content.encode()

    def _secret(self, receipt_id: str) -> Path:
        return self._place(receipt_id, "secret")

    def _place(self, receipt_id: str, ending: str) -> Path:
        return place_of(self._project_path, receipt_id, ending)


def place_of(project_path: Path, receipt_id: str, ending: str) -> Path:
    """Say where a receipt is, or what belongs to it, by its ending.

    Raises:
        ReceiptError: If that is no id of one.
        OutsideError: If the receipts are behind a link: then they are another project's.
    """
    if not _ID.fullmatch(receipt_id):
        raise ReceiptError(f"'{receipt_id[:80]}' is no id of a receipt. Nothing was written.")
    return by_no_link(project_path, PLACE) / f"{receipt_id}.{ending}"


def _read(path: Path, content: bytes) -> Receipt:
    """Read a receipt, and hold it against the name of its file."""
    told = json.loads(content)
    schema = told.pop("schema")
    told.pop("run", None), told.pop(CODE, None)
    for name, kind in _KINDS.items():
        told[name] = tuple(kind(**one) for one in told.get(name, []))
    found = Receipt(**{key: _tuple(one) for key, one in told.items()})
    steps: tuple[Proven | Rewritten, ...] = (*found.proven, *found.announced, *found.rewritten)
    is_right = (
        schema == 1
        and all(isinstance(getattr(found, name), str) for name in _TEXTS)
        and _ID.fullmatch(found.receipt_id) is not None
        and path.name == f"{found.receipt_id}.json"
        and found.state in ("begun", "done")
        and all(one.digest_before != one.digest_after for one in steps)
        and all(one.sha256_before != one.sha256_after for one in found.files)
    )
    if not is_right:
        raise ValueError("it is not what its name says")
    return found


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
