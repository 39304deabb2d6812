"""What Unity Catalog answers, by its shape: a server may be another than it is taken for."""

from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

_FOR_AWS = (
    ("access_key_id", "AWS_ACCESS_KEY_ID"),
    ("secret_access_key", "AWS_SECRET_ACCESS_KEY"),
    ("session_token", "AWS_SESSION_TOKEN"),
)
_Key = Annotated[str, Field(pattern=r"\A[\x20-\x7e]+\z", max_length=100_000)]
_Word = Annotated[str, Field(pattern=r"\A[A-Za-z0-9_.:-]+\z", max_length=255)]


class _Answer(BaseModel):
    # A server may say more with each version.
    model_config = ConfigDict(strict=True, extra="ignore")


class TableAnswer(_Answer):
    """Of a table."""

    table_id: _Word | None = None
    table_type: _Word | None = None
    data_source_format: _Word | None = None
    storage_location: str | None = None


class _Aws(_Answer):
    access_key_id: _Key
    secret_access_key: _Key
    session_token: _Key | None = None


class _Azure(_Answer):
    sas_token: _Key


class _Google(_Answer):
    oauth_token: _Key


class KeysAnswer(_Answer):
    """Of credentials for a while."""

    aws_temp_credentials: _Aws | None = None
    azure_user_delegation_sas: _Azure | None = None
    gcp_oauth_token: _Google | None = None
    expiration_time: Annotated[int, Field(ge=0, le=10**15)] | None = None

    def options(self) -> dict[str, str]:
        """Write them as settings of a store."""
        if (aws := self.aws_temp_credentials) is not None:
            told = {ours: getattr(aws, theirs) for theirs, ours in _FOR_AWS}
            return {ours: value for ours, value in told.items() if value}
        if self.azure_user_delegation_sas is not None:
            return {"azure_storage_sas_token": self.azure_user_delegation_sas.sas_token}
        if self.gcp_oauth_token is not None:
            return {"google_bearer_token": self.gcp_oauth_token.oauth_token}
        return {}


T = TypeVar("T", bound=_Answer)


def read(kind: type[T], content: bytes) -> T | None:
    """Read an answer; `None` where it is none of that shape."""
    try:
        return kind.model_validate_json(content)
    except ValidationError:
        return None
