"""The settings of a store, as a credentials entry has them, for each of the libraries that ask it.

One entry serves delta-rs, Polars and Spark. Names are those of delta-rs (`AWS_ACCESS_KEY_ID`,
`azure_storage_account_name`), in letters of either case.
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from lakeproof.stores.addresses import kind_of

# A store that is down or hangs has an end: no call takes longer than both together.
ANSWER_SECONDS = 30
RETRY_SECONDS = 30
_CONNECT_SECONDS = 5
_PREFIX = re.compile(r"^(?:aws|azure_storage|azure|google|object_store)_", re.IGNORECASE)
_OPEN = re.compile(
    r"(?:default_)?region(?:_name)?|endpoint(?:_url(?:_s3)?)?|allow_http|virtual_hosted_style_request"
    r"|account(?:_name)?|container(?:_name)?|bucket(?:_name)?|use_emulator|conditional_put"
    r"|copy_if_not_exists|s3_allow_unsafe_rename|skip_signature|(?:connect_|retry_)?timeout"
    r"|max_retries|allow_invalid_certificates|unsigned_payload|checksum_algorithm|authority_id",
    re.IGNORECASE,
)


def short(name: str) -> str:
    """Give a setting's name without the provider's prefix, in small letters."""
    return _PREFIX.sub("", name).lower()


def is_open(name: str) -> bool:
    """Tell a setting that is no secret: a region, an endpoint, an account."""
    return _OPEN.fullmatch(short(name)) is not None


def for_delta(uri: str, given: Mapping[str, str] | None) -> dict[str, str] | None:
    """Give the settings for delta-rs; `None` for a path."""
    if "://" not in uri or uri.startswith("file:"):
        return dict(given) if given else None
    patience = {
        "connect_timeout": f"{_CONNECT_SECONDS}s",
        "timeout": f"{ANSWER_SECONDS}s",
        "retry_timeout": f"{RETRY_SECONDS}s",
    }
    return {**_patient(patience, given), **(given or {})}


def for_polars(uri: str, given: Mapping[str, str] | None) -> dict[str, Any] | None:
    """Give the settings for Polars, which has the same names but for those of retries."""
    if "://" not in uri or uri.startswith("file:"):
        return dict(given) if given else None
    patience: dict[str, Any] = {
        "connect_timeout": f"{_CONNECT_SECONDS}s",
        "timeout": f"{ANSWER_SECONDS}s",
        "retry_timeout_ms": RETRY_SECONDS * 1000,
    }
    others = ("max_retries", "retry_timeout")
    kept = {name: value for name, value in (given or {}).items() if name.lower() not in others}
    return {**_patient(patience, given), **kept}


def for_hadoop(uri: str, given: Mapping[str, str] | None) -> dict[str, str]:
    """Give the settings for Spark: Hadoop's, of this bucket or account alone."""
    said = {short(name): value for name, value in (given or {}).items()}
    if kind_of(uri) == "s3":
        return _for_s3a(urlsplit(uri).netloc, said)
    if kind_of(uri) == "azure":
        account = said.get("account_name") or said.get("account") or _account_of(uri)
        key = said.get("account_key") or said.get("access_key")
        host = f"{account}.dfs.core.windows.net"
        return {f"fs.azure.account.key.{host}": key} if account and key else {}
    return {}


def _for_s3a(bucket: str, said: Mapping[str, str]) -> dict[str, str]:
    endpoint = said.get("endpoint_url") or said.get("endpoint")
    token = said.get("session_token") or said.get("token")
    found = {
        "access.key": said.get("access_key_id"),
        "secret.key": said.get("secret_access_key"),
        "session.token": token,
        "endpoint": endpoint,
        "endpoint.region": said.get("region") or said.get("default_region"),
    }
    if endpoint:
        # As delta-rs does where a server is named; a bucket is then no part of the host's name.
        style = said.get("virtual_hosted_style_request", "false").lower()
        found["path.style.access"] = "false" if style == "true" else "true"
        found["connection.ssl.enabled"] = str(endpoint.startswith("https:")).lower()
    if found["access.key"]:
        package = "org.apache.hadoop.fs.s3a."
        kind = "TemporaryAWSCredentialsProvider" if token else "SimpleAWSCredentialsProvider"
        found["aws.credentials.provider"] = package + kind
    return {f"fs.s3a.bucket.{bucket}.{name}": value for name, value in found.items() if value}


def _account_of(uri: str) -> str | None:
    host = urlsplit(uri).netloc.rpartition("@")[2]
    return host.partition(".")[0] if ".dfs." in host or ".blob." in host else None


def _patient(patience: Mapping[str, Any], given: Mapping[str, str] | None) -> dict[str, Any]:
    named = {name.lower() for name in given or {}}
    return {name: value for name, value in patience.items() if name not in named}
