"""A delivery on disk, as the folder would list it."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lakeproof.deliveries import Delivery, Dialect, Schema
from lakeproof.deliveries.formats import parse

WINE = {
    "sample_id": {"type": "string"},
    "alcohol": {"type": "double"},
    "hue": {"type": "double", "nullable": True},
    "proline": {"type": "long", "optional": True},
}


@pytest.fixture
def delivery(tmp_path: Path) -> Callable[..., Delivery]:
    """Write a file and return it as a delivery."""

    def make(
        content: str | bytes,
        *,
        name: str = "wine-1.csv",
        schema: dict[str, Any] | None = None,
        key: str | list[str] = "sample_id",
        csv: dict[str, Any] | None = None,
    ) -> Delivery:
        data = content if isinstance(content, bytes) else content.encode()
        (tmp_path / name).write_bytes(data)
        return Delivery(
            name,
            hashlib.sha256(data).hexdigest(),
            tmp_path / name,
            Schema.from_config(schema or WINE, key),
            parse,
            Dialect.from_config(csv),
        )

    return make


@pytest.fixture
def refused(delivery: Callable[..., Delivery]) -> Callable[..., str]:
    """Read a file that must be refused to its end and return what is said about it."""

    def read(content: str | bytes, **options: Any) -> str:
        from lakeproof.deliveries import DeliveryError

        arrived = delivery(content, **options)
        with pytest.raises(DeliveryError) as caught:
            arrived.rows().collect(engine="streaming")
        message = str(caught.value)
        assert arrived.name in message
        assert "Nothing of it was taken." in message
        assert len(message) < 700
        return message

    return read
