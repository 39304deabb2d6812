"""A receipt with a code of whoever wrote it, in the same file: no kill comes between the two.

What a clone brings along has none of this user, whatever it says (`lakeproof.vouching`). And keys,
as a receipt tells them.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from typing import Any

from lakeproof.vouching.codes import is_vouched, vouch

CODE = "code"
_PURPOSE = "receipt"


def written(told: Mapping[str, Any]) -> str:
    """Write a receipt as this user's."""
    return _text({**told, CODE: vouch(_PURPOSE, _text(told).encode())})


def is_written_here(content: bytes) -> bool:
    """Tell whether this user has written a receipt, and nobody has changed it since."""
    try:
        told = json.loads(content)
        code = told.pop(CODE, None)
        return is_vouched(_PURPOSE, _text(told).encode(), code)
    except (ValueError, TypeError, AttributeError):
        return False


def hashed(texts: Iterable[str], secret: bytes) -> tuple[str, ...]:
    """Hash keys so that only who has the secret can tell whose they are."""
    told = (hmac.new(secret, text.encode(), hashlib.sha256).hexdigest() for text in texts)
    return tuple(sorted(set(told)))


def _text(told: Mapping[str, Any]) -> str:
    return json.dumps(told, indent=1) + "\n"
