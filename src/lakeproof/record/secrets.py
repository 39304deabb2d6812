"""Keep secrets out of whatever is recorded.

A secret is known by its name, by a pattern, or because the credentials or the environment hold it.
Never by how random it looks: the digests of a record look just as random. Names are read word by
word, so that `tokenizer`, `n_tokens` and `key` stay what they are.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, pairwise
from typing import Any
from urllib.parse import quote, unquote

REDACTED = "***"

_SECRET_WORDS = {
    *("password", "passwords", "passwd", "passphrase", "pwd", "pgpass", "secret", "secrets"),
    *("credential", "credentials", "token", "apikey", "accesskey", "secretkey", "privatekey"),
    *("accountkey", "sharedaccesskey", "authtoken", "accesstoken", "connectionstring"),
    *("authorization", "sas"),
}
_SECRET_PAIRS = {
    *(("api", "key"), ("access", "key"), ("private", "key"), ("account", "key")),
    *(("signing", "key"), ("encryption", "key"), ("storage", "key"), ("master", "key")),
    *(("connection", "string"), ("conn", "str"), ("db", "pass"), ("user", "pass")),
}
# Words that make a name speak of a secret instead of holding one: `token_pattern`, `secret_name`.
_ABOUT = {
    *("name", "names", "path", "file", "filename", "dir", "folder", "url", "uri", "endpoint"),
    *("column", "columns", "col", "field", "pattern", "regex", "length", "len", "size", "count"),
    *("type", "class", "provider", "scope", "prefix", "suffix", "env", "var", "ttl", "expiry"),
    *("lifetime", "policy", "header", "index", "format", "min", "max"),
}
# Words that make a token one of text: `pad_token`, `max_token`.
_OF_TEXT = {
    *("pad", "unk", "eos", "bos", "sep", "cls", "mask", "start", "end", "stop", "special"),
    *("first", "last", "next", "prev", "max", "min", "n", "num", "per", "new", "image"),
}
_HINTS = ("pass", "pwd", "secret", "credential", "token", "key", "conn", "authorization", "sas")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")

# Each with the text that must be there before the pattern is tried: most files hold none.
_PATTERNS = (
    ("a private key", "PRIVATE KEY", r"-----BEGIN [A-Z ]*PRIVATE KEY-----(?:.*?-----END[A-Z -]*)?"),
    ("an AWS access key", "IA", r"\bA[KS]IA[0-9A-Z]{16}\b"),
    ("a GitHub token", "gh", r"(?<![A-Za-z0-9])gh[pousr]_[A-Za-z0-9]{20,}"),
    ("a GitHub token", "github_pat_", r"github_pat_\w{20,}"),
    ("a GitLab token", "glpat-", r"glpat-[\w-]{20,}"),
    ("a Slack token", "xox", r"(?<![A-Za-z0-9])xox[a-z]-[A-Za-z0-9-]{10,}"),
    ("a Google API key", "AIza", r"AIza[\w-]{35}"),
    ("a JSON web token", "eyJ", r"(?<![A-Za-z0-9])eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"),
    ("a Databricks token", "dapi", r"(?<![A-Za-z0-9])dapi[0-9a-f]{32}(?![0-9a-f])"),
    (
        "an OpenAI or Anthropic key",
        "sk-",
        r"(?<![A-Za-z0-9])sk-(?:(?:proj|svcacct|admin|ant-\w+)-[\w-]{20,}|[A-Za-z0-9]{20,})",
    ),
    ("a Hugging Face token", "hf_", r"(?<![A-Za-z0-9])hf_[A-Za-z0-9]{30,}"),
    ("an Azure key", "AccountKey=", r"(?<=AccountKey=)[^\s;\"']{8,}"),
    ("an Azure key", "SharedAccess", r"(?<=SharedAccess)(?:Key|Signature)=[^\s;\"']{8,}"),
    (
        "a URL with a password",
        "://",
        r"(?<=://)(?:\$\{[^}\s]*\}|[^\s/:@\"'<>${}])*:(?![${<*%])[^\s/@\"'<>]+(?=@)",
    ),
)
_COMPILED = tuple((kind, hint, re.compile(text, re.DOTALL)) for kind, hint, text in _PATTERNS)

_NAME = r"(?<!\w)(?P<name>[A-Za-z_][\w.-]{0,80})[\"']?\]?"
_ANNOTATION = r"(?:[ \t]*:[ \t]*[\w.]+(?:\[[\w., |\[\]]*\])?(?:[ \t]*\|[ \t]*\w+)*)?"
_IS_QUOTED = re.compile(
    _NAME
    + _ANNOTATION
    + r"[ \t]*(?:={1,3}|:=|=>|:)[ \t]*[rbuRBU]?"
    + r"\\?(?P<quote>[\"'])(?P<value>[^\"'\\\n]+)\\?(?P=quote)"
)
_IS_BARE = re.compile(
    r"(?:^|[{,])[ \t\"'#/-]*(?:export[ \t]+)?"
    + _NAME
    + r"[ \t]*[:=][ \t]*(?P<value>[|>][-+\d]*\n[ \t]+\S+|[^\s()\[\]{},;\"'|>]+)"
    + r"[ \t]*(?=$|[,}]|[ \t]\#)",
    re.MULTILINE,
)
_IN_TEXT = re.compile(
    _NAME + r"\s*(?:=|(?<=[\"'])\s*:|:(?=\s*[\"']))\s*[\"']?(?P<value>[^\s\"',;)}]+)"
)
_NO_LITERAL = re.compile(
    r"\$|\{\{|\{\w*\}|%[s(]|<|\*+$|!|~$|(?:null|none|true|false|str|bytes|string|required)$", re.I
)
# Languages in which what stands bare behind a name is a variable or a type, not a literal.
_QUOTING = (".py", ".pyi", ".ipynb", ".sql", ".scala", ".java", ".js", ".ts", ".r", ".md", ".rst")
_CREDENTIALS_FILE = re.compile(
    r"(?:.*credentials?.*|secrets?)\.(?:ya?ml|json|toml|ini|cfg|txt)|\.env|\.netrc|\.pgpass|\.pypirc",
    re.I,
)
# What credentials files hold beside secrets, and what would tear every other text to pieces.
_COMMON = {
    *("password", "passwd", "secret", "secrets", "token", "default", "public", "private"),
    *("localhost", "example", "postgres", "master", "client", "string", "access", "bearer"),
    *("service_account", "development", "production", "staging", "project", "parameters"),
}


def is_secret_name(name: str) -> bool:
    """Tell whether a name, dotted or not, in any case, is one that secrets have."""
    words = [word.lower() for word in _WORD.findall(name)]
    if not words or words[-1] in _ABOUT:
        return False
    if any(pair in _SECRET_PAIRS for pair in pairwise(words)):
        return True
    return any(_is_secret_word(words, place) for place in range(len(words)))


def _is_secret_word(words: list[str], place: int) -> bool:
    word = words[place]
    if word == "token":
        return place == 0 or words[place - 1] not in _OF_TEXT
    if word == "sas":
        return place == len(words) - 1
    return word in _SECRET_WORDS or word.endswith(("password", "passwd"))


@dataclass(frozen=True)
class Secrets:
    """What must not be recorded.

    Args:
        values: Those that are known, longest first.
    """

    values: tuple[str, ...] = ()

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
        named = [value for name, value in variables.items() if is_secret_name(name)]
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
        return Secrets(tuple(sorted(known, key=lambda value: (-len(value), value))))

    def reason(self, content: str | bytes, path: str = "") -> str | None:
        """Say why a text must not be recorded, without repeating the secret; `None` if it may.

        Args:
            content: The text, or the bytes of a file.
            path: Its name, which tells how literals are written in it.
        """
        text = content if isinstance(content, str) else content.decode("utf-8", "replace")
        name = path.rpartition("/")[2]
        if _CREDENTIALS_FILE.fullmatch(name):
            return f"it is a file for credentials (by name: {name})"
        if self._known and (found := self._known.search(text)):
            return f"it holds a value from the credentials or the environment{_at(text, found)}"
        for kind, hint, pattern in _COMPILED:
            if hint in text and (found := pattern.search(text)):
                return f"it holds {kind} (by pattern{_at(text, found, ', ')})"
        return _named_in(text, name)

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

    def redact_text(self, text: str) -> str:
        """Replace the secrets in a text by `***` and leave the rest readable."""
        text = self._known.sub(REDACTED, text) if self._known else text
        for _, hint, pattern in _COMPILED:
            if hint in text:
                text = pattern.sub(REDACTED, text)
        return _IN_TEXT.sub(_value_hidden, text)

    def redact_command(self, arguments: Iterable[str]) -> tuple[str, ...]:
        """Replace the secrets of a command line, in options, `--params` and anywhere else."""
        shown: list[str] = []
        is_secret = False
        for argument in arguments:
            if is_secret and not argument.startswith("--"):
                shown.append(REDACTED)
                is_secret = False
                continue
            is_secret = argument.startswith("-") and "=" not in argument
            is_secret = is_secret and is_secret_name(argument)
            shown.append(self.redact_text(",".join(map(_assignment, argument.split(",")))))
        return tuple(shown)

    @cached_property
    def _known(self) -> re.Pattern[str] | None:
        return re.compile("|".join(map(_wherever, self.values))) if self.values else None

    def _is_secret(self, value: Any, name: str) -> bool:
        if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
            return False
        if is_secret_name(name) and value != REDACTED:
            return True
        return isinstance(value, str) and self.reason(value, ".py") is not None


def _named_in(text: str, filename: str) -> str | None:
    """Say where a literal is assigned to a name that secrets have."""
    is_quoting = filename.lower().endswith(_QUOTING)
    patterns = (_IS_QUOTED,) if is_quoting else (_IS_QUOTED, _IS_BARE)
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        lowered = line.lower()
        if not any(hint in lowered for hint in _HINTS):
            continue
        # With the line below: YAML lets a long value begin there.
        lines_here = "\n".join(lines[number - 1 : number + 1])
        for found in (found for pattern in patterns for found in pattern.finditer(lines_here)):
            if is_secret_name(found["name"]) and _is_literal(found["name"], found["value"]):
                return f"it holds a secret (by name: `{found['name']}`, line {number})"
    return None


def _is_literal(name: str, value: str) -> bool:
    if _NO_LITERAL.match(value) or len(value) < 3 or value.isspace() or value[0] in " ,:":
        return False
    if name == "credentials":  # A catalog entry names its entry in the credentials file.
        return not re.fullmatch(r"[\w.-]+", value)
    return value.lower() not in _COMMON


def _parts(value: str) -> Iterable[str]:
    """Yield a known value as it may be written: whole, its URL's password, quoted, escaped."""
    value = value.strip()
    if _is_common(value):
        return
    candidates = {value, quote(value, safe=""), value.replace("\n", "\\n")}
    if re.match(r"[a-z][a-z0-9+.-]*://", value):
        user_info = value.partition("://")[2].partition("/")[0].rpartition("@")[0]
        if not user_info and "?" not in value:
            return  # An endpoint.
        password = user_info.rpartition(":")[2]
        candidates = {value, password, unquote(password)}
    for candidate in candidates:
        if not _is_common(candidate):
            yield candidate


def _wherever(value: str) -> str:
    # A plain word is not looked for within other words.
    text = re.escape(value)
    return f"(?<![A-Za-z0-9]){text}(?![A-Za-z0-9])" if value.isalpha() else text


def _is_common(value: str) -> bool:
    if len(value) < 6 or value.lower() in _COMMON:
        return True
    if re.fullmatch(r"[\d.,:+-]+", value) and len(value) < 12:
        return True
    return os.path.isabs(value) and "\n" not in value and os.path.exists(value)


def _assignment(piece: str) -> str:
    name, equals, value = piece.partition("=")
    if "=" in value and name.startswith("-"):  # `--params=db.password=x`
        return f"{name}={_assignment(value)}"
    return f"{name}={REDACTED}" if equals and value and is_secret_name(name) else piece


def _value_hidden(found: re.Match[str]) -> str:
    if not is_secret_name(found["name"]) or _NO_LITERAL.match(found["value"]):
        return found[0]
    return found[0][: found.start("value") - found.start()] + REDACTED


def _at(text: str, found: re.Match[str], before: str = " in ") -> str:
    return f"{before}line {text.count(chr(10), 0, found.start()) + 1}"


def _dotted(name: str, key: Any) -> str:
    return f"{name}.{key}" if name else str(key)
