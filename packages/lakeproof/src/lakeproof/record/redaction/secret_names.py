"""Tell by a name whether what stands under it is a secret.

Names are read word by word, so that `tokenizer`, `n_tokens` and `key` stay what they are.
"""

import re
from itertools import pairwise
from typing import Any

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
# Names of a secret if they end in it and a text stands under them: a number of passes is none.
_TEXT_WORDS = {
    *("pw", "pass", "passcode", "auth", "jwt", "pat", "dsn", "bearer", "cookie", "cookies", "otp"),
    *("webhook", "dbpass", "userpass", "rootpass", "adminpass", "smtppass", "sshpass", "mailpass"),
}
_TEXT_PAIRS = {
    *(("ssh", "key"), ("license", "key"), ("licence", "key"), ("auth", "key"), ("auth", "code")),
    *(("webhook", "url"), ("webhook", "uri"), ("deploy", "key")),
}
# Words that make a pass one of a filter or of a loop: `high_pass`, `first_pass`.
_OF_FILTER = {
    *("high", "low", "band", "all", "first", "second", "third", "last", "next", "one", "two"),
    *("single", "multi", "forward", "backward", "n", "num", "per", "is", "has", "did"),
}
# What stands under such a name and says how, not what.
_WAYS = {
    *("basic", "digest", "bearer", "token", "oauth", "oauth2", "kerberos", "ldap", "iam", "sso"),
    *("simple", "plain", "none", "anonymous", "public", "required", "optional", "disabled"),
    *("enabled", "yes", "no", "on", "off", "true", "false", "null", "ok", "failed", "default"),
    *("passthrough", "drop", "skip"),
}
_IS_NUMBER = re.compile(r"[-+]?[\d_]*\.?\d+(?:[eE][-+]?\d+)?")
_IS_PATTERN = re.compile(r"[*?^$\[\](){}|\\\s]")
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
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")


def is_secret(name: str, value: Any) -> bool:
    """Tell whether a value under a name is a secret; numbers and booleans are one by few names.

    Args:
        name: Dotted or not, in any case.
        value: What stands under it.
    """
    if is_secret_name(name):
        return True
    return is_secret_name_of_text(name) and isinstance(value, str) and not _says_how(name, value)


def is_secret_as_written(name: str, text: str) -> bool:
    """Tell the same where nothing but the spelling says whether it is a number."""
    if is_secret_name(name):
        return True
    return is_secret(name, text) and not _IS_NUMBER.fullmatch(text.strip())


def is_secret_name(name: str) -> bool:
    """Tell whether a name, dotted or not, in any case, is one that secrets have."""
    words = [word.lower() for word in _WORD.findall(name)]
    if not words or words[-1] in _ABOUT:
        return False
    if any(pair in _SECRET_PAIRS for pair in pairwise(words)):
        return True
    return any(_is_secret_word(words, place) for place in range(len(words)))


def is_secret_name_of_text(name: str) -> bool:
    """Tell whether a name is one under which a text is a secret, and anything else is none."""
    *before, last = [word.lower() for word in _WORD.findall(name.rpartition(".")[2])] or [""]
    if before and (before[-1], last) in _TEXT_PAIRS:
        return True
    is_filter = last == "pass" and bool(before) and before[-1] in _OF_FILTER
    return last in _TEXT_WORDS and not is_filter


def _says_how(name: str, value: str) -> bool:
    # `pat` is a pattern as well.
    is_pattern = name.lower().endswith("pat") and _IS_PATTERN.search(value) is not None
    return is_pattern or value.strip().lower() in _WAYS


def _is_secret_word(words: list[str], place: int) -> bool:
    word = words[place]
    if word == "token":
        return place == 0 or words[place - 1] not in _OF_TEXT
    if word == "sas":
        return place == len(words) - 1
    return word in _SECRET_WORDS or word.endswith(("password", "passwd"))
