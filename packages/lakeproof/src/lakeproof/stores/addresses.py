"""Which texts name something in a store, and which only look as if they did.

A text that means a bucket or a table of a catalog must not become a folder of that name: nobody
would miss what lies in it before it is needed elsewhere.
"""

import mimetypes
import os
import re
from urllib.parse import quote, unquote, urlsplit

from lakeproof.errors import LakeproofError

_SCHEMES = (
    "s3|s3a|s3n|gs|gcs|az|azure|abfs|abfss|adl|wasb|wasbs|oss|r2|hdfs|webhdfs|dbfs|http|https|ftp|sftp"
    "|ssh|memory|mem|lakefs|unity|uc|models|runs|mlflow-artifacts|hf|databricks"
)
_HALF_TYPED = re.compile(rf"(?:{_SCHEMES}):(?!//)|(?:{_SCHEMES})//", re.IGNORECASE)
_ENDINGS = re.compile(
    r"arrow|avro|cbm|db|duckdb|feather|gz|h5|hdf5|joblib|jsonl?|log|md|ndjson|np[yz]|onnx|orc|parquet"
    r"|pickle|pkl|pth?|skops|sqlite|tif|toml|ubj|ya?ml|zst"
)
# A file's name may have a question mark in it; a query has names and values.
_QUERY = re.compile(r"\?[^=]*=")
_OF_A_CATALOG = re.compile(r"[A-Za-z_][\w-]*\.[A-Za-z_][\w-]*\.[A-Za-z_][\w-]*")


def place_of(text: str, what: str, error: type[LakeproofError]) -> str:
    """Give a place as all rooms take it: a path, or an address without secrets.

    Whatever names a place passes here first: a catalog entry, and Unity Catalog.

    Args:
        text: A path, a `file:` URL, or an address.
        what: Names it, as the first words of a sentence.
        error: What is raised.

    Raises:
        LakeproofError: It carries credentials or a query, which are not shown, or it is a `file:`
            URL of another machine.
    """
    scheme, mark, rest = text.partition("://")
    if text[:5].lower() == "file:":
        return _path_of(text, what, error)
    if not mark:
        return text
    user, at, host = rest.partition("/")[0].rpartition("@")
    # Of Azure, the container stands there.
    is_user = bool(at) and (kind_of(text) != "azure" or ":" in user)
    _, colon, port = ("", "", "") if host.startswith("[") else host.partition(":")
    if is_user or (colon and not re.fullmatch("[0-9]{1,5}", port)) or _QUERY.search(rest):
        shown = scheme if re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*", scheme) else "…"
        raise error(
            f"{what} is {shown}://…, an address that carries credentials or a query. Nothing was "
            "read or written. Put them into conf/<environment>/credentials.yml, and name them "
            "under `credentials`."
        )
    return text


def _path_of(url: str, what: str, error: type[LakeproofError]) -> str:
    """Give the path of a `file:` URL, of which `file:/…` and `file:///…` are two spellings."""
    rest = url[5:]
    host, path = "", rest
    if rest.startswith("//"):
        host, slash, path = rest[2:].partition("/")
        path = slash + path
    if host not in ("", "localhost") or not path.startswith("/"):
        raise error(
            f"{what} is a `file:` URL that is no absolute path of this machine (file:///…). "
            "Nothing was read or written. Write the path."
        )
    return unquote(path)


def is_remote(text: str) -> bool:
    """Tell an address, as of a bucket, from a path of this machine."""
    return "://" in text


def misleading(text: str, *, is_folder: bool = False) -> str | None:
    """Say what a text means that would be taken for a local path, if it means anything else.

    Args:
        text: As the catalog has it.
        is_folder: Whether a folder is meant: the last of three names is no ending of a file then.

    Returns:
        What it looks like, for a sentence; `None` for a path, and for a whole address.
    """
    if is_remote(text):
        return None
    if _HALF_TYPED.match(text):
        return "an address with a slash or a colon missing (scheme://bucket/place)"
    parent, name = os.path.split(text)
    ending = name.rpartition(".")[2].lower()
    is_file = not is_folder and (_ENDINGS.fullmatch(ending) or f".{ending}" in mimetypes.types_map)
    # Kedro puts the project's folder before what it takes for a path in it.
    is_at_top = not parent or os.path.isfile(os.path.join(parent, "pyproject.toml"))
    if is_at_top and is_of_a_catalog(name) and not is_file and not os.path.exists(text):
        return "a table of a catalog (catalog.schema.table)"
    return None


def is_of_a_catalog(text: str) -> bool:
    """Tell the three names of a table of Unity Catalog."""
    return _OF_A_CATALOG.fullmatch(text) is not None


def as_url(address: str) -> str:
    """Write an address as a catalog has it, letter by letter, as delta-rs takes it: as a URL."""
    scheme, mark, rest = address.partition("://")
    bucket, slash, key = rest.partition("/")
    return f"{scheme}{mark}{bucket}{slash}{quote(key)}"


def file_url(address: str) -> str:
    """Write a file's address as `files` takes it: of its folder a URL, its name as it is."""
    folder, _, name = address.rpartition("/")
    return f"{as_url(folder)}/{name}"


def kind_of(uri: str) -> str:
    """Give the kind of store: `s3`, `azure`, `gcs`, or the scheme."""
    scheme = uri.partition("://")[0].lower()
    if scheme in ("s3", "s3a", "s3n"):
        return "s3"
    if scheme in ("az", "azure", "abfs", "abfss", "adl"):
        return "azure"
    return "gcs" if scheme in ("gs", "gcs") else scheme


def bucket_of(uri: str) -> str:
    """Give what credentials are for: the scheme's kind with the bucket, and the account if any."""
    return f"{kind_of(uri)}://{urlsplit(uri).netloc}"


def chosen_host(uri: str) -> str:
    """Give the host that an address itself decides on, to which credentials are then sent.

    Of S3, and where no account is named, the settings decide: that is "".
    """
    host = urlsplit(uri).netloc
    if kind_of(uri) == "azure":
        return host.rpartition("@")[2] if "@" in host else ""
    return host if kind_of(uri) in ("http", "https") else ""


def for_hadoop(uri: str) -> str:
    """Give the address as Hadoop, and so Spark, understands it."""
    scheme, mark, rest = uri.partition("://")
    return f"s3a://{rest}" if mark and scheme in ("s3", "s3n") else uri
