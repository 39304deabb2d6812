"""A record that was edited and sealed anew contradicts itself, and is refused by what it says."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from lakeproof.record.documents.document import RecordError, from_bytes, to_bytes

NAME = "The record of run 13b431cd"
CONTENT = to_bytes(from_bytes(Path(__file__).with_name("schema-1.json").read_bytes(), NAME))
OTHER = "0" * 64


def changed(change: Any) -> bytes:
    document = json.loads(CONTENT)
    change(document)
    return json.dumps(document).encode()


def of_metric(**values: Any) -> Any:
    return lambda document: document["metrics"]["accuracy"].update(values)


def of_diff(**values: Any) -> Any:
    return lambda document: document["code"]["diff"].update(values)


def of_untracked(**values: Any) -> Any:
    return lambda document: document["code"]["untracked"][0].update(values)


def of_table(**values: Any) -> Any:
    return lambda document: document["outputs"]["tables"][0].update(values)


def of_predictions(**values: Any) -> Any:
    return lambda document: document["inputs"]["tables"][-1].update(values)


def of_samples(side: str) -> Any:
    """What a node got or gave of a table."""

    def change(document: Any) -> None:
        for node in document["nodes"]:
            for crossing in node[side]:
                if crossing["dataset"] == "samples":
                    crossing["digest"] = "rs1:" + "0" * 32

    return change


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (of_metric(value=0.5), "value 0.5 and the bits '3ff0000000000000' are not one number"),
        (of_metric(bits="3fe0000000000000"), "the value 1.0 and the bits '3fe0000000000000'"),
        (of_metric(value=None), "the value None and the bits '3ff0000000000000'"),
        (of_metric(value=0.0, bits="8000000000000000"), "0.0 and the bits '8000000000000000'"),
        (of_metric(bits="7ff8000000000000"), "the value 1.0 and the bits '7ff8000000000000'"),
        (of_diff(text="+Other.\n"), "code.diff has 8 bytes, and its size is 474"),
        (of_untracked(text="y = 1\n"), "what code.untracked.0 holds is not what its sha256 says"),
        (of_untracked(sha256=OTHER), "what code.untracked.0 holds is not what its sha256 says"),
        (of_untracked(size=7), "has 6 bytes, and its size is 7"),
        (of_untracked(text=None), "code.untracked.0 is there not at all, and not withheld"),
        (of_untracked(base64="eCA9IDEK"), "code.untracked.0 is there twice, and not withheld"),
        (of_untracked(text=None, base64="x = 1\n"), "code.untracked.0.base64 is no base64"),
        (of_untracked(withheld="it is a secret"), "code.untracked.0 is withheld and there"),
        (
            lambda d: d["code"]["files"].update({"src/winery/settings.py": OTHER}),
            "code.tree is not the digest of code.files",
        ),
        (lambda d: d["code"]["files"].popitem(), "code.tree is not the digest of code.files"),
        (lambda d: d["code"].update(tree=f"sha256:{OTHER}"), "code.tree is not the digest"),
        (
            lambda d: d["configuration"]["files"].pop(),
            "configuration.digest is not that of its files",
        ),
        (
            lambda d: d["configuration"].update(digest=f"sha256:{OTHER}"),
            "configuration.digest is not that of its files",
        ),
        (of_table(digest="rs1:" + "0" * 32), "version 1 of the table 'samples' is rs1:2dcea22b"),
        (of_predictions(digest="rs1:" + "0" * 32), "version 0 of the table 'predictions' is rs1:"),
        (of_samples("outputs"), "the table 'samples' is rs1:2dcea22b431f12c8ebc26507a30843fe, and"),
        (of_samples("inputs"), "node 'build_features' got rs1:00000000000000000000000000000000"),
        (of_table(node="nobody"), "outputs.tables.0.node is 'nobody', which did not run"),
        (
            lambda d: d["models"][0].update(digest=f"model1:{OTHER}"),
            "the model 'model' is model1:0000",
        ),
        (lambda d: d["nodes"].pop(0), "which did not run"),
    ],
)
def test_a_fact_that_contradicts_another_is_refused(change, told):
    """By both, so that a reader sees what does not go together."""
    with pytest.raises(RecordError, match="it contradicts itself: ") as caught:
        from_bytes(changed(change), NAME)
    assert told in caught.value.message
    assert "Nothing was run." in caught.value.message


def test_a_forgery_that_is_consistent_is_read():
    """Only a signature could tell: the docs say so."""

    def forge(document: Any) -> None:
        content = b"x = 2\n"
        document["code"]["untracked"][0].update(
            text=None,
            base64=base64.b64encode(content).decode(),
            sha256=hashlib.sha256(content).hexdigest(),
        )
        document["metrics"]["accuracy"].update(value=0.5, bits="3fe0000000000000")

    assert from_bytes(changed(forge), NAME).metrics["accuracy"].value == 0.5
