"""Find secrets in a text: by a pattern that they have, or by the name that they are assigned to."""

import re

from lakeproof.record.secret_names import is_secret_name

REDACTED = "***"

_HINTS = ("pass", "pwd", "secret", "credential", "token", "key", "conn", "authorization", "sas")

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
    ("a token of Spark Connect", ";token=", r"(?<=;token=)(?![${<*%])[^\s;\"']{4,}"),
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
CREDENTIALS_FILE = re.compile(
    r"(?:.*credentials?.*|secrets?)\.(?:ya?ml|json|toml|ini|cfg|txt)|\.env|\.netrc|\.pgpass|\.pypirc",
    re.I,
)
# What credentials files hold beside secrets, and what would tear every other text to pieces.
COMMON = {
    *("password", "passwd", "secret", "secrets", "token", "default", "public", "private"),
    *("localhost", "example", "postgres", "master", "client", "string", "access", "bearer"),
    *("service_account", "development", "production", "staging", "project", "parameters"),
}


def patterned_in(text: str) -> str | None:
    """Say which kind of secret a text holds by its pattern."""
    for kind, hint, pattern in _COMPILED:
        if hint in text and (found := pattern.search(text)):
            return f"it holds {kind} (by pattern{at_line(text, found, ', ')})"
    return None


def without_secrets(text: str) -> str:
    """Replace what a pattern or a name tells to be a secret by `***`, and leave the rest."""
    for _, hint, pattern in _COMPILED:
        if hint in text:
            text = pattern.sub(REDACTED, text)
    return _IN_TEXT.sub(_value_hidden, text)


def named_in(text: str, filename: str) -> str | None:
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
    return value.lower() not in COMMON


def _value_hidden(found: re.Match[str]) -> str:
    if not is_secret_name(found["name"]) or _NO_LITERAL.match(found["value"]):
        return found[0]
    return found[0][: found.start("value") - found.start()] + REDACTED


def at_line(text: str, found: re.Match[str], before: str = " in ") -> str:
    """Say on which line it was found."""
    return f"{before}line {text.count(chr(10), 0, found.start()) + 1}"
