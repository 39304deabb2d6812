"""Every place passes one look: no secret in it is shown or taken on, and `file:` is a path."""

import pytest

from lakeproof.deliveries import DeliveryFolder
from lakeproof.delta import DeltaTable
from lakeproof.errors import LakeproofError, TableError
from lakeproof.model import SklearnModel
from lakeproof.stores.addresses import place_of

WITH_SECRETS = [
    "abfss://c@acct.dfs.core.windows.net/in?sv=2024&sig=SECRET",
    "s3://lake/in?X-Amz-Signature=SECRET",
    "https://acct.blob.core.windows.net/c/in?sv=1&sig=SECRET",
    "https://user:SECRET@host/in",
    "s3://SECRET@lake/in",
    "s3://AKIA:SECRET@lake/in",
    "az://k:SECRET/c",
    "abfss://k:SECRET@acct.dfs.core.windows.net/in",
    "SECRET=1 sig://k:SECRET@b",
]
MADE = [
    lambda place: DeliveryFolder(path=place, key="id"),
    lambda place: DeltaTable(filepath=place),
    lambda place: SklearnModel(filepath=place),
]


@pytest.mark.parametrize("make", MADE, ids=["deliveries", "table", "model"])
@pytest.mark.parametrize("place", WITH_SECRETS)
def test_an_address_with_a_secret_is_refused_and_not_shown(make, place):
    """By whatever entry of the catalog names it."""
    with pytest.raises(LakeproofError, match="carries credentials or a query") as caught:
        make(place)
    assert "SECRET" not in caught.value.message


@pytest.mark.parametrize("make", MADE, ids=["deliveries", "table", "model"])
def test_a_file_url_is_its_path(make, tmp_path):
    """However it is spelled."""
    for mark in ("file:", "file://", "file://localhost", "FILE:"):
        assert str(tmp_path) in str(make(f"{mark}{tmp_path}/a%20b")._describe())
        assert "file:" not in str(make(f"{mark}{tmp_path}/a%20b")._describe()).lower()
        assert "a b" in str(make(f"{mark}{tmp_path}/a%20b")._describe())


@pytest.mark.parametrize(
    "place",
    [
        "data/raw",
        "s3://lake/ü#1?+.csv",
        "abfss://container@acct.dfs.core.windows.net/in",
        "http://127.0.0.1:9000/in",
        "hdfs://node:8020/in",
        "http://[::1]:9000/in",
    ],
)
def test_any_other_place_is_left_as_it_is(place):
    """A container of Azure, a port, a question mark in a name."""
    assert place_of(place, "It", TableError) == place


@pytest.mark.parametrize("place", ["file://other/data", "file:data", "file:"])
def test_a_file_url_of_another_machine_is_refused(place):
    """So is one that is no whole path."""
    with pytest.raises(TableError, match="no absolute path of this machine"):
        place_of(place, "It", TableError)
