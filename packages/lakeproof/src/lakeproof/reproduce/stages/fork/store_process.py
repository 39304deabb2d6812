"""MLflow's store, written by a process that has imported MLflow, for one that has not.

Both have the same code and trust each other. What is asked for is a function of a module and what
it is given; what it gives comes back, or what it raises.
"""

import logging
import os
import pickle
import signal
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Protocol

from lakeproof.errors import LakeproofError
from lakeproof.record.mlflow_store.store import RecordStore
from lakeproof.reproduce.stages.fork.fork_processes import Lines
from lakeproof.startup.quiet import silence_plugins

FUNCTION = f"{__name__}:answer"
_LENGTH = struct.Struct("!Q")


class StoreWriter(Protocol):
    """Writes into a store of MLflow's."""

    def begin_to_open(self, records: RecordStore) -> None:
        """Let the store be opened beside what follows."""
        ...

    def call(self, function: Callable[..., Any], *given: Any) -> Any:
        """Call a function of a module that writes into it."""
        ...


class InThisProcess:
    """Writes into it from here."""

    def begin_to_open(self, records: RecordStore) -> None:
        """Have a thread import MLflow."""
        records.begin_to_open()

    def call(self, function: Callable[..., Any], *given: Any) -> Any:
        """Call it."""
        return function(*given)


class InAnother:
    """Has a process write into it that answers on a line; where that has ended, this one does.

    Args:
        line: The end of it that is ours.
        pid: That process.
    """

    def __init__(self, line: socket.socket, pid: int) -> None:
        self._line, self._answers, self._pid = line, Lines(line), pid
        self._asked, self._is_over = 0, False

    def begin_to_open(self, records: RecordStore) -> None:
        """Have it opened there; nobody waits for that."""
        self._send(_open, records)

    def call(self, function: Callable[..., Any], *given: Any) -> Any:
        """Call it there.

        Raises:
            LakeproofError: If that process ends while it is at work.
            Exception: Whatever the function raises.
        """
        if not self._send(function, *given):
            return function(*given)
        try:
            while (told := _read(self._answers)) is not None:
                number, is_given, answer = pickle.loads(told)
                # Of one that nobody waited for to the end, there is no use for an answer.
                if number == self._asked and is_given:
                    return answer
                if number == self._asked:
                    raise answer
        except Exception:
            raise
        except BaseException:
            self._end()
            raise
        self._end()
        raise LakeproofError("The process that writes into the store has ended")

    def _send(self, function: Callable[..., Any], *given: Any) -> bool:
        """Ask for it; tell whether that could be done, which is not known of all that is given."""
        if self._is_over:
            return False
        try:
            asked = pickle.dumps((function, given))
        except Exception:
            return False
        self._asked += 1
        try:
            _send(self._line, (self._asked, asked))
        except OSError:
            self._end()
        return not self._is_over

    def _end(self) -> None:
        """Let nothing more be written there: whoever asked for it goes on without."""
        self._is_over = True
        with suppress(OSError):
            os.kill(self._pid, signal.SIGKILL)


def answer(line: socket.socket) -> None:
    """Call what is asked for, until nobody asks any more."""
    # As they are where Kedro has set them: MLflow tells what it does.
    logging.disable(logging.INFO)
    silence_plugins()
    asking, opened = Lines(line), dict[str, RecordStore]()
    with suppress(OSError):
        while (message := _read(asking)) is not None:
            number, asked = pickle.loads(message)
            try:
                function, given = pickle.loads(asked)
                # One that is open stays open.
                stores = (one for one in given if isinstance(one, RecordStore))
                known = {id(one): opened.setdefault(one.tracking.uri, one) for one in stores}
                told = number, True, function(*(known.get(id(one), one) for one in given))
            except Exception as error:
                told = number, False, error
            try:
                # Not all that can be sent can be read again.
                pickle.loads(pickle.dumps(told))
            except Exception:
                told = number, False, LakeproofError(" ".join(str(told[2]).split()))
            _send(line, told)


def _open(records: RecordStore) -> None:
    _ = records.client


def _send(line: socket.socket, what: Any) -> None:
    content = pickle.dumps(what)
    line.sendall(_LENGTH.pack(len(content)) + content)


def _read(lines: Lines) -> bytes | None:
    head = lines.read_bytes(_LENGTH.size)
    return lines.read_bytes(_LENGTH.unpack(head)[0]) if len(head) == _LENGTH.size else None
