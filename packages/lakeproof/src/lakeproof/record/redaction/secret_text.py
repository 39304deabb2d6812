"""Find secrets in a text: by a pattern that they have, or by the name that they are assigned to."""

import re

from lakeproof.record.redaction.secret_marks import Searched
from lakeproof.record.redaction.secret_names import is_secret, is_secret_as_written
from lakeproof.record.redaction.secret_services import services_in

REDACTED = "***"

_HINTS = (
    *("pass", "pwd", "secret", "credential", "token", "key", "conn", "auth", "sas", "pw", "jwt"),
    *("dsn", "bearer", "cookie", "otp", "webhook"),
)
_PAT = re.compile(r"(?<![A-Za-z])[Pp]at(?![a-z])|PAT(?![A-Z])|[a-z]Pat(?![a-z])")
# What stands for a value that is filled in later.
_NOT = r"(?!\$|<|\*|\{|%[s({]|\.\.\.)"

# Each with the texts of which one must be there before the pattern is tried: most files hold none.
_PATTERNS = (
    (
        "a private key",
        "PRIVATE",
        r"-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----(?:.*?-----END[A-Z -]*)?"
        r"|---- BEGIN [A-Z0-9 ]*PRIVATE KEY ----(?:.*?---- END[A-Z0-9 -]*)?",
    ),
    ("a private key", "PuTTY-User-Key-File-", r"PuTTY-User-Key-File-\d:.*?(?:Private-MAC: \w+|\Z)"),
    ("an AWS access key", "AKIA ASIA", r"\bA[KS]IA[0-9A-Z]{16}\b"),
    ("a GitHub token", "ghp_ gho_ ghu_ ghs_ ghr_", r"(?<![A-Za-z0-9])gh[pousr]_[A-Za-z0-9]{20,}"),
    ("a GitHub token", "github_pat_", r"github_pat_\w{20,}"),
    ("a GitLab token", "glpat-", r"glpat-[\w-]{20,}"),
    ("a Slack token", "xox xapp-", r"(?<![A-Za-z0-9])(?:xox[a-z]|xapp-\d)-[A-Za-z0-9-]{10,}"),
    ("a Google API key", "AIza", r"AIza[\w-]{35}"),
    ("a Google token", "ya29.", r"(?<![\w.])ya29\.[\w-]{20,}"),
    ("a Google client secret", "GOCSPX-", r"(?<!\w)GOCSPX-[\w-]{20,}"),
    ("a JSON web token", "eyJ", r"(?<![A-Za-z0-9])eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"),
    ("a Databricks token", "dapi", r"(?<![A-Za-z0-9])dapi[0-9a-f]{32}(?![0-9a-f])"),
    (
        "an OpenAI or Anthropic key",
        "sk-",
        r"(?<![A-Za-z0-9])sk-(?:(?:proj|svcacct|admin|ant-\w+)-[\w-]{20,}|[A-Za-z0-9]{20,})",
    ),
    ("a Telegram token", ":AA", r"(?<![\w:-])\d{8,10}:AA[\w-]{33}(?![\w-])"),
    ("an Atlassian token", "ATATT3", r"\bATATT3[\w=-]{50,}"),
    ("a Hugging Face token", "hf_", r"(?<![A-Za-z0-9])hf_[A-Za-z0-9]{30,}"),
    ("a DigitalOcean token", "doo_v1_ dop_v1_ dor_v1_", r"(?<![A-Za-z0-9])do[opr]_v1_[0-9a-f]{64}"),
    ("an npm token", "npm_", r"(?<![A-Za-z0-9])npm_[A-Za-z0-9]{36}"),
    ("a Shopify token", "shp", r"(?<![A-Za-z0-9])shp[a-z]{2}_[0-9a-fA-F]{32}"),
    ("a Twilio key", "SK", r"(?<![A-Za-z0-9])SK[0-9a-f]{32}(?![A-Za-z0-9])"),
    ("a Vault token", "hvs. hvb.", r"(?<![\w.])hv[sb]\.[\w-]{80,}"),
    # In brackets, or this line would be one: it is in the wheel that projects carry.
    ("a token of Spark Connect", ";token=", r"(?<=;token[=])(?![${<*%])[^\s;\"']{4,}"),
    ("an Azure key", "AccountKey=", r"(?<=AccountKey=)[^\s;\"']{8,}"),
    ("an Azure key", "SharedAccess", r"(?<=SharedAccess)(?:Key|Signature)=[^\s;\"']{8,}"),
    (
        "a URL with a password",
        "://",
        r"(?<=://)(?:\$\{[^}\s]*\}|[^\s/:@\"'<>${}])*:(?![${<*%])[^\s/@\"'<>]+(?=@)",
    ),
)
_COMPILED = tuple(
    (kind, hints.split(" "), re.compile(text, re.DOTALL)) for kind, hints, text in _PATTERNS
)
# In any case, each with its hints in lower case; what is called `secret` in them is replaced.
_FORMS = (
    (
        "credentials of a request",
        "authorization",
        r"\bauthorization[\"']?\]?\s*[:=,]\s*[\"']?\s*"
        rf"(?:basic|bearer|token|digest|negotiate|apikey|[\w-]*hmac[\w-]*)\s+(?P<secret>{_NOT}[^\s\"',]{{4,}})",
    ),
    ("a bearer token", "bearer", r"\bbearer\s+(?=[^\s]*\d)(?P<secret>[\w.~+/-]{16,}=*)"),
    (
        "a key of a request",
        "x-",
        rf"\bx-(?:[a-z]+-)*(?:key|token|secret)[\"']?\s*:\s*[\"']?(?P<secret>{_NOT}[^\s\"',;]{{6,}})",
    ),
    (
        "a cookie",
        "cookie",
        rf"\b(?:set-)?cookie[\"']?\s*:\s*[\"']?\w[\w.-]*=(?P<secret>{_NOT}[^\s\"',;]{{6,}})",
    ),
    (
        "a secret in a query",
        "token= sig= auth= signature= key= secret= password= passwd= pwd= sas=",
        r"[?&](?:[a-z]+_token|token|auth|sig|signature|x-(?:amz|goog)-(?:signature|security-token)"
        r"|api_?key|apikey|subscription-key|client_secret|secret|password|passwd|pwd|sas)"
        rf"=(?P<secret>{_NOT}[^\s&\"'<>#;,]{{3,}})",
    ),
    ("a shared access signature", "sig=", r"(?<![\w.])sig=(?P<secret>[\w%+/-]{20,}=*)"),
    (
        "a password of a connection",
        "password passwd pwd",
        rf"[;,\"']\s*(?:password|passwd|pwd)\s*=\s*(?P<secret>{_NOT}[^\s;&,\"'()=]{{2,}})(?=[;\"'\s]|$)",
    ),
    (
        "a password of a connection",
        "jdbc:",
        rf"jdbc:oracle:\w+:[^\s/@:\"']+/(?P<secret>{_NOT}[^\s@\"']+)(?=@)",
    ),
    (
        "a password of .netrc",
        "password",
        rf"\b(?:machine\s+\S+|default)\s+(?:(?:login|account)\s+\S+\s+)+password\s+(?P<secret>{_NOT}\S+)",
    ),
    (
        "a login of a registry",
        "auth",
        r"[\"']auth[\"']\s*:\s*[\"'](?P<secret>[A-Za-z0-9+/]{8,}={0,2})(?=[\"'])",
    ),
)
_FORMS_COMPILED = tuple(
    (kind, hints.split(" "), re.compile(text, re.I)) for kind, hints, text in _FORMS
)

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
    _NAME + r"\s*(?:=|(?<=[\"'])\s*:|:(?=\s*[\"']))\s*(?:[rbuf]{0,2}[\"'])?(?P<value>[^\s\"',;)}]+)"
)
_NO_LITERAL = re.compile(
    r"\$|\{\{|\{\w*\}|%[s(]|<|\*+$|!|~$|(?:null|none|true|false|str|bytes|string|required)$", re.I
)
# How a request is authorised; with what stands behind it.
_SCHEME = re.compile(r"(?:basic|bearer|token|digest|negotiate|apikey)$", re.I)
# Languages in which what stands bare behind a name is a variable or a type, not a literal; a wheel
# has Python in it.
_QUOTING = (
    *(".py", ".pyi", ".ipynb", ".whl"),
    *(".sql", ".scala", ".java", ".js", ".ts", ".r", ".md", ".rst"),
)
CREDENTIALS_FILE = re.compile(
    r"(?:.*credentials?.*|secrets?)\.(?:ya?ml|json|toml|ini|cfg|txt)"
    r"|\.env(?!\.(?:example|sample|template|dist)$)(?:\.[\w.-]+)?|[._]netrc|\.pgpass|\.pypirc|\.npmrc"
    r"|\.git-credentials|\.dockercfg|\.my\.cnf|\.htpasswd|\.s3cfg|\.boto|\.vault-token|kubeconfig"
    r"|id_(?:rsa|dsa|ecdsa|ed25519)|.*\.(?:p12|pfx|jks|keystore|kdbx|ppk)",
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
    searched = Searched(text)
    for kind, pattern in _patterns_for(searched):
        if found := pattern.search(text):
            return f"it holds {kind} (by pattern{at_line(text, found.start(), ', ')})"
    for service, start, _ in services_in(searched):
        return f"it holds a secret of a service ({service}, by pattern{at_line(text, start, ', ')})"
    return None


def without_secrets(text: str) -> str:
    """Replace what a pattern or a name tells to be a secret by `***`, and leave the rest."""
    places = sorted((start, end) for _, start, end in services_in(Searched(text)))
    for start, end in reversed(_joined(places)):
        text = text[:start] + REDACTED + text[end:]
    for _, pattern in _patterns_for(Searched(text)):
        text = pattern.sub(_secret_hidden, text)
    return _IN_TEXT.sub(_value_hidden, text)


def _joined(places: list[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in places:
        if joined and start <= joined[-1][1]:
            start, end = joined[-1][0], max(end, joined.pop()[1])
        joined.append((start, end))
    return joined


def _patterns_for(searched: Searched) -> list[tuple[str, re.Pattern[str]]]:
    """Give the patterns that are worth a try, each with what it finds."""
    lowered = Searched(searched.text.lower())
    return [
        (kind, form)
        for there, forms in ((searched, _COMPILED), (lowered, _FORMS_COMPILED))
        for kind, hints, form in forms
        if any(map(there.holds, hints))
    ]


def _secret_hidden(found: re.Match[str]) -> str:
    if "secret" not in found.re.groupindex:
        return REDACTED
    start, end = (place - found.start() for place in found.span("secret"))
    return found[0][:start] + REDACTED + found[0][end:]


def named_in(text: str, filename: str) -> str | None:
    """Say where a literal is assigned to a name that secrets have."""
    is_quoting = filename.lower().endswith(_QUOTING)
    patterns = (_IS_QUOTED,) if is_quoting else (_IS_QUOTED, _IS_BARE)
    whole = Searched(text.lower())
    hints = [hint for hint in _HINTS if whole.holds(hint)]
    has_pat = whole.holds("pat") and _PAT.search(text) is not None
    if not hints and not has_pat:
        return None
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        lowered = line.lower()
        if not (any(hint in lowered for hint in hints) or (has_pat and _PAT.search(line))):
            continue
        # With the line below: YAML lets a long value begin there.
        lines_here = "\n".join(lines[number - 1 : number + 1])
        for found in (found for pattern in patterns for found in pattern.finditer(lines_here)):
            told = is_secret if found.re is _IS_QUOTED else is_secret_as_written
            if told(found["name"], found["value"]) and _is_literal(found["name"], found["value"]):
                return f"it holds a secret (by name: `{found['name']}`, line {number})"
    return None


def _is_literal(name: str, value: str) -> bool:
    if _NO_LITERAL.match(value) or len(value) < 3 or value.isspace() or value[0] in " ,:":
        return False
    if name == "credentials":  # A catalog entry names its entry in the credentials file.
        return not re.fullmatch(r"[\w.-]+", value)
    return value.lower() not in COMMON


def _value_hidden(found: re.Match[str]) -> str:
    name, value = found["name"], found["value"]
    if not is_secret_as_written(name, value) or _NO_LITERAL.match(value) or _SCHEME.match(value):
        return found[0]
    return found[0][: found.start("value") - found.start()] + REDACTED


def at_line(text: str, place: int, before: str = " in ") -> str:
    """Say on which line a place is."""
    return f"{before}line {text.count(chr(10), 0, place) + 1}"
