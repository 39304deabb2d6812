"""Tell by a name whether what stands under it is a secret.

Names are read word by word, so that `tokenizer`, `n_tokens` and `key` stay what they are.
"""

import re
from itertools import pairwise

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
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")


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
