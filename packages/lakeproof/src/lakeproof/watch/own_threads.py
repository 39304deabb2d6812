"""Threads of the machinery's own, which nobody watches, and which work until a program ends."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from lakeproof.watch.watching import never_look

_T = TypeVar("_T")


class OwnThreads(ThreadPoolExecutor):
    """Does work beside; at once where Python takes none any more, since the program is ending.

    A run in a thread may go on when the main thread has ended, and be recorded.

    Args:
        count: How many there are at most.
    """

    def __init__(self, count: int | None = None) -> None:
        super().__init__(count, "lakeproof-record", initializer=never_look)

    def submit(self, fn: Callable[..., _T], /, *args: Any, **kwargs: Any) -> "Future[_T]":
        """Have a function called, in another thread if that can be."""
        try:
            return super().submit(fn, *args, **kwargs)
        except RuntimeError:
            done: Future[_T] = Future()
            try:
                done.set_result(fn(*args, **kwargs))
            except BaseException as error:
                done.set_exception(error)
            return done
