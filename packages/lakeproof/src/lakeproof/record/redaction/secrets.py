"""Keep secrets out of whatever is recorded.

A secret is known by its name, by a pattern, or because the credentials or the environment hold it.
Never by how random it looks: the digests of a record look just as random.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any
from urllib.parse import unquote

from lakeproof.record.redaction.secret_forms import forms_of
from lakeproof.record.redaction.secret_names import is_secret, is_secret_as_written
from lakeproof.record.redaction.secret_text import (
    COMMON,
    CREDENTIALS_FILE,
    REDACTED,
    at_line,
    named_in,
    patterned_in,
    without_secrets,
)


@dataclass(frozen=True)
class Secrets:
    """What must not be recorded.

    Args:
        values: Those that are known, longest first.
        are_rows_personal: Whether what a library says of its errors may hold somebody's values.
    """

    values: tuple[str, ...] = ()
    are_rows_personal: bool = False

    def redact_words(self, text: str) -> str:
        """Give what an error that is none of ours says, as it may be repeated."""
        if self.are_rows_personal:
            return "its words are not shown, since they may hold values of personal columns"
        return self.redact_text(text)

    @classmethod
    def of(cls, values: Iterable[str], environment: Mapping[str, str] | None = None) -> "Secrets":
        """Know the given values, and those of environment variables named like secrets.

        Values that are short, numbers, common words or places of files are left out: replacing them
        would tear texts to pieces and hide nothing.

        Args:
            values: What the credentials hold.
            environment: In place of this process's own.
        """
        variables = os.environ if environment is None else environment
        named = [value for name, value in variables.items() if is_secret_as_written(name, value)]
        known = {part for value in [*values, *named] for part in _parts(value)}
        return cls(tuple(sorted(known, key=lambda value: (-len(value), value))))

    def joined_by(self, given: Any) -> "Secrets":
        """Know also what stands under the name of a secret in nested mappings and lists.

        Elsewhere, as in the message of an error, the same text has no name to be known by.

        Args:
            given: Such as the parameters of a run.
        """
        found = {part for value in self._secrets_of(given) for part in _parts(str(value))}
        known = {*self.values, *found}
        ordered = tuple(sorted(known, key=lambda value: (-len(value), value)))
        return Secrets(ordered, self.are_rows_personal)

    def reason(self, content: str | bytes, path: str = "") -> str | None:
        """Say why a text must not be recorded, without repeating the secret; `None` if it may.

        Args:
            content: The text, or the bytes of a file.
            path: Its name, which tells how literals are written in it.
        """
        text = content if isinstance(content, str) else content.decode("utf-8", "replace")
        name = path.rpartition("/")[2]
        if CREDENTIALS_FILE.fullmatch(name):
            return f"it is a file for credentials (by name: {name})"
        return self.reason_of_values(text) or patterned_in(text) or named_in(text, name)

    def reason_of_values(self, content: str | bytes) -> str | None:
        """Say why a text must not be recorded that holds a known value; `None` if it has none."""
        text = content if isinstance(content, str) else content.decode("utf-8", "replace")
        if (known := self._known_in(text)) and (found := known.search(text)):
            where = at_line(text, found.start())
            return f"it holds a value from the credentials or the environment{where}"
        return None

    def redact(self, value: Any, name: str = "") -> tuple[Any, tuple[str, ...]]:
        """Replace the secret leaves of nested mappings and lists by `***`.

        Args:
            value: What to look through; it is left as it is.
            name: Its dotted name.

        Returns:
            The same without secrets, and the dotted names of the leaves that were replaced.
        """
        if isinstance(value, Mapping):
            pairs = [(key, *self.redact(item, _dotted(name, key))) for key, item in value.items()]
            return {key: item for key, item, _ in pairs}, tuple(
                chain(*(names for *_, names in pairs))
            )
        if isinstance(value, list | tuple):
            items = [self.redact(item, _dotted(name, place)) for place, item in enumerate(value)]
            return [item for item, _ in items], tuple(chain(*(names for _, names in items)))
        if self._is_secret(value, name):
            return REDACTED, (name,)
        return value, ()

    def _secrets_of(self, value: Any, name: str = "") -> Iterator[Any]:
        if isinstance(value, Mapping):
            for key, item in value.items():
                yield from self._secrets_of(item, _dotted(name, key))
        elif isinstance(value, list | tuple):
            for place, item in enumerate(value):
                yield from self._secrets_of(item, _dotted(name, place))
        elif self._is_secret(value, name):
            yield value

    def holds_variable(self, name: str) -> bool:
        """Tell whether the value of an environment variable is one: a digest could be guessed."""
        return self._is_secret(os.environ.get(name, ""), name)

    def redact_text(self, text: str) -> str:
        """Replace the secrets in a text by `***` and leave the rest readable."""
        known = self._known_in(text)
        return without_secrets(known.sub(REDACTED, text) if known else text)

    def redact_command(self, arguments: Iterable[str]) -> tuple[str, ...]:
        """Replace the secrets of a command line, in options, `--params` and anywhere else."""
        shown: list[str] = []
        option = ""
        for argument in arguments:
            if not argument.startswith("--") and is_secret_as_written(option, argument):
                shown.append(REDACTED)
                option = ""
                continue
            option = argument if argument.startswith("-") and "=" not in argument else ""
            shown.append(self.redact_text(",".join(map(_assignment, argument.split(",")))))
        return tuple(shown)

    @cached_property
    def _forms(self) -> tuple[str, ...]:
        forms = {form for value in self.values for form in forms_of(value)}
        return tuple(sorted(filter(None, forms), key=lambda form: (-len(form), form)))

    def _known_in(self, text: str) -> re.Pattern[str] | None:
        """Make a pattern of the known values that a text holds: there are few, in few texts."""
        there = [form for form in self._forms if form in text]
        return re.compile("|".join(map(_wherever, there))) if there else None

    def _is_secret(self, value: Any, name: str) -> bool:
        if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
            return False
        if is_secret(name, value) and value != REDACTED:
            return True
        return isinstance(value, str) and self.reason(value, ".py") is not None


def _parts(value: str) -> Iterable[str]:
    """Yield a known value, and its URL's password."""
    value = value.strip()
    if _is_common(value):
        return
    known = {value}
    if re.match(r"[a-z][a-z0-9+.-]*://", value):
        user_info = value.partition("://")[2].partition("/")[0].rpartition("@")[0]
        if not user_info and "?" not in value:
            return  # An endpoint.
        password = user_info.rpartition(":")[2]
        known = {value, password, unquote(password)}
    yield from (part for part in known if not _is_common(part))


def _wherever(value: str) -> str:
    # A plain word is not looked for within other words.
    text = re.escape(value)
    return f"(?<![A-Za-z0-9]){text}(?![A-Za-z0-9])" if value.isalpha() else text


def _is_common(value: str) -> bool:
    if len(value) < 6 or value.lower() in COMMON:
        return True
    if re.fullmatch(r"[\d.,:+-]+", value) and len(value) < 12:
        return True
    return os.path.isabs(value) and "\n" not in value and os.path.exists(value)


def _assignment(piece: str) -> str:
    name, equals, value = piece.partition("=")
    if "=" in value and name.startswith("-"):  # `--params=db.password=x`
        return f"{name}={_assignment(value)}"
    is_hidden = equals and value and is_secret_as_written(name, value)
    return f"{name}={REDACTED}" if is_hidden else piece


def _dotted(name: str, key: Any) -> str:
    return f"{name}.{key}" if name else str(key)
