"""Import SciPy without having its docstrings written anew: a twentieth of a run.

SciPy 1.17 parses the docstring of each function that takes arrays of other libraries, 300 of them,
adds a note of which libraries those are, and puts it together again. Nobody reads it in a run: the
docstrings stay as they stand in the source. Whatever else SciPy asks of one is done as before.
"""

from typing import Any

_NOTES = "Notes"


def keep_docstrings() -> None:
    """Let functions keep the docstrings that they have; before anything of SciPy is imported."""
    try:
        from scipy._lib import _docscrape
    except ImportError:
        return  # Another SciPy, which does it otherwise.
    real: Any = getattr(_docscrape, "FunctionDoc", None)
    if not isinstance(real, type):
        return

    class AsItIs(real):  # type: ignore[misc]
        """The docstring of a function, parsed when more is asked than to add a note."""

        def __init__(self, func: Any, *args: Any, **kwargs: Any) -> None:
            self._asked = func, args, kwargs
            self._is_parsed = bool(args or kwargs) or not isinstance(func.__doc__, str)
            if self._is_parsed:
                super().__init__(func, *args, **kwargs)

        def __getitem__(self, key: str) -> Any:
            if not self._is_parsed:
                if key == _NOTES:
                    return []
                self._parse_now()
            return super().__getitem__(key)

        def __setitem__(self, key: str, value: Any) -> None:
            self._parse_now()
            super().__setitem__(key, value)

        def __str__(self, *args: Any, **kwargs: Any) -> str:
            if self._is_parsed or args or kwargs:
                self._parse_now()
                return str(super().__str__(*args, **kwargs))
            # In the first line SciPy expects the signature, and takes it off.
            return f"\n{self._asked[0].__doc__}"

        def _parse_now(self) -> None:
            if not self._is_parsed:
                self._is_parsed = True
                func, args, kwargs = self._asked
                super().__init__(func, *args, **kwargs)

    _docscrape.FunctionDoc = AsItIs
