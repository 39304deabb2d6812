"""What a store's refusal means, in one sentence, out of what the libraries say of it.

They say it in several lines with colours, addresses and XML, which may name a key. Here is which of
a few things it is; what is none of them is cleaned and left.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from lakeproof.advice import WHERE_KEYS_ARE
from lakeproof.stores.options import is_open

_COLOUR = re.compile(r"(?:\x1b|\\x1b|\\u001b)\[[0-9;]*m")
_CALL = re.compile(r"Error performing ([A-Z]+) (\w+://[^/\s?]+)(/[^\s?]*)?")
_ANSWER = re.compile(r"status code[:\s]*(?:↳\s*)?(\d{3} [A-Za-z ]+?)(?=\s*(?:[:↳<]|\n|$))")
_CODE = re.compile(r"<Code>([\w.-]+)</Code>")
_BEFORE = re.compile(r"(?:Kernel error|object-store error|Generic \w+ error)", re.IGNORECASE)
_METADATA = "169.254.169.254"
_IS_OF_A_STORE = re.compile(
    r"Generic (?:S3|MicrosoftAzure|GCS|URL) error|Error performing [A-Z]+ \w+://"
    r"|Server returned non-2xx|object-store error",
)
_NO_KEY = ("Account must be specified", "MissingCredentials", "not find credentials", _METADATA)
_NO_BUCKET = ("NoSuchBucket", "ContainerNotFound", "The specified bucket does not exist")
_REFUSED = re.compile(
    r"InvalidAccessKeyId|SignatureDoesNotMatch|ExpiredToken|InvalidToken|TokenRefreshRequired"
    r"|AuthenticationFailed|InvalidAuthenticationInfo|401 Unauthorized"
)
_FORBIDDEN = re.compile(r"AccessDenied|AuthorizationFailure|AllAccessDisabled|403 Forbidden")
_ELSEWHERE = (
    *("incorrectly configured region", "AuthorizationHeaderMalformed", "PermanentRedirect"),
    "IllegalLocationConstraint",
)
_REGION = re.compile(r"<Region>([a-z0-9-]+)</Region>|expecting '([a-z0-9-]+)'")
_UNREACHABLE = (
    (r"dns error|failed to lookup address", "no such host"),
    (r"Connection refused", "connection refused"),
    (r"(?:No route to host|Network is unreachable)", "no route"),
    (r"certificate|TLS|ssl", "its certificate is not accepted"),
    (
        r"tcp connect error|client error \(Connect\)|connection closed|Connection reset",
        "no connection",
    ),
)


@dataclass(frozen=True)
class StoreTrouble:
    """What is wrong with a store.

    Args:
        what: A sentence.
        advice: What to do.
    """

    what: str
    advice: str


def trouble_of(text: str) -> StoreTrouble | None:
    """Tell what a store's error means; `None` where it is not about the store.

    Args:
        text: What a library said.
    """
    if not any(word in text for word in _NO_KEY) and not _IS_OF_A_STORE.search(text):
        return None
    text = _COLOUR.sub("", text)
    call = _CALL.search(text)
    method, host = (call[1], call[2]) if call else ("", "the store")
    if any(word in text for word in _NO_KEY):
        return StoreTrouble(
            "No credentials were found for the store: neither the catalog entry's, nor variables "
            "of the environment, nor a role of this machine.",
            f"Name them under `credentials` of the entry, and put them into {WHERE_KEYS_ARE}.",
        )
    is_azure = "MicrosoftAzure" in text
    if any(word in text for word in _NO_BUCKET):
        found = _bucket_of(call[3] or "", host, is_azure) if call else ""
        named = f" '{found}'" if found else ""
        return StoreTrouble(
            f"There is no {'container' if is_azure else 'bucket'}{named} at {host}.",
            "Make it, or correct the place in catalog.yml.",
        )
    if "URL scheme is not allowed" in text:
        return StoreTrouble(
            f"The store is named by an address without encryption ({host}).",
            f"Allow that for this entry: {'allow_http' if is_azure else 'AWS_ALLOW_HTTP'}: "
            f'"true" in {WHERE_KEYS_ARE}.',
        )
    if any(word in text for word in _ELSEWHERE):
        told = _REGION.search(text)
        where = f" It is in {told[1] or told[2]}." if told else ""
        return StoreTrouble(
            f"The bucket is in another region than the one that is configured.{where}",
            f"Correct AWS_REGION in {WHERE_KEYS_ARE}.",
        )
    code = _CODE.search(text)
    if refused := _REFUSED.search(text):
        return StoreTrouble(
            f"The store {host} does not accept the key ({refused[0]}).",
            f"Correct it in {WHERE_KEYS_ARE}, or in the environment's variables.",
        )
    if forbidden := _FORBIDDEN.search(text):
        doing = {"PUT": "write", "POST": "write", "DELETE": "delete"}.get(method, "read")
        said = code[1] if code else forbidden[0]
        return StoreTrouble(
            f"The store {host} does not let this key {doing} there ({said}).",
            f"Ask for the right, or name another key in {WHERE_KEYS_ARE}.",
        )
    if "timed out" in text or "TimeoutError" in text:
        return StoreTrouble(
            f"The store {host} does not answer.", "Try again later, or correct its endpoint."
        )
    for pattern, reason in _UNREACHABLE:
        if re.search(pattern, text):
            return StoreTrouble(
                f"There is no connection to the store {host} ({reason}).",
                "Start it, or correct its endpoint.",
            )
    if (answer := _ANSWER.search(text)) and not answer[1].startswith("404"):
        said = f", {code[1]}" if code else ""
        return StoreTrouble(f"The store {host} answers {answer[1].strip()}{said}.", "Try again.")
    return None


def _bucket_of(path: str, host: str, is_azure: bool) -> str:
    """Name the bucket of an address; Azure's account is before it, or a part of the host."""
    parts = path.lstrip("/").split("/")
    is_second = is_azure and ".blob." not in host and ".dfs." not in host
    return parts[1] if is_second and len(parts) > 1 else parts[0]


def plain(text: str) -> str:
    """Give what a library said of a store on one line, without colours, arrows and XML."""
    text = _COLOUR.sub("", text)
    if not _IS_OF_A_STORE.search(text):
        return text
    found = trouble_of(text)
    if found is not None:
        return f"{found.what} {found.advice}"
    code = _CODE.search(text)
    text = re.sub(r"<\?xml.*", f"({code[1]})" if code else "", text, flags=re.DOTALL)
    return " ".join(text.replace("↳", ":").split())


def without_secrets(text: str, options: Mapping[str, str] | None) -> str:
    """Give what a library said without the secrets of a store's settings, and plainly."""
    text = plain(text)
    for name, value in (options or {}).items():
        # A shorter value is a setting that would tear the text.
        if len(value) > 3 and not is_open(name):
            text = text.replace(value, "***")
    return text
