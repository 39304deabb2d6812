"""MLflow's store, written by a process that has imported MLflow, for one that has not.

Both have the same code and trust each other. What is asked for is a function of a module and what
it is given; what it gives comes back, or what it raises.
"""

import logging
import pickle
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, Protocol

from lakeproof.errors import LakeproofError
from lakeproof.record.mlflow_store.store import RecordStore
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
    """Has a process write into it that answers on a line.

    Args:
        line: The end of it that is ours.
    """

    def __init__(self, line: socket.socket) -> None:
        self._line, self._answers = line, _messages(line)
        self._asked = 0

    def begin_to_open(self, records: RecordStore) -> None:
        """Have it opened there; nobody waits for that."""
        self._send(_open, records)

    def call(self, function: Callable[..., Any], *given: Any) -> Any:
        """Call it there.

        Raises:
            LakeproofError: If that process has ended.
            Exception: Whatever the function raises.
        """
        number = self._send(function, *given)
        for message in self._answers:
            of, is_given, answer = pickle.loads(message)
            # Of one that nobody waited for to the end, there is no use for an answer.
            if of == number and is_given:
                return answer
            if of == number:
                raise answer
        raise LakeproofError("The process that writes into the store has ended")

    def _send(self, function: Callable[..., Any], *given: Any) -> int:
        self._asked += 1
        # One that has ended gives no answer either.
        with suppress(BrokenPipeError, ConnectionResetError):
            _send(self._line, (self._asked, pickle.dumps((function, given))))
        return self._asked


def answer(line: socket.socket) -> None:
    """Call what is asked for, until nobody asks any more."""
    # As they are where Kedro has set them: MLflow tells what it does.
    logging.disable(logging.INFO)
    logging.captureWarnings(True)
    silence_plugins()
    with suppress(BrokenPipeError):
        for message in _messages(line):
            number, asked = pickle.loads(message)
            try:
                function, given = pickle.loads(asked)
                told = number, True, function(*given)
            except Exception as error:
                told = number, False, error
            try:
                _send(line, told)
            except (TypeError, AttributeError, pickle.PicklingError):
                _send(line, (number, False, LakeproofError(" ".join(str(told[2]).split()))))


def _open(records: RecordStore) -> None:
    _ = records.client


def _send(line: socket.socket, what: Any) -> None:
    content = pickle.dumps(what)
    line.sendall(_LENGTH.pack(len(content)) + content)


def _messages(line: socket.socket) -> Iterator[bytes]:
    with line.makefile("rb") as file, suppress(ConnectionResetError):
        while len(head := file.read(_LENGTH.size)) == _LENGTH.size:
            yield file.read(_LENGTH.unpack(head)[0])
