"""An attestation says who claims what, and nothing of it can be changed unnoticed."""

import json
import os
import stat
from dataclasses import replace
from itertools import islice

import pytest

from lakeproof.attest import envelope, keys, reproduction
from lakeproof.attest.attest_errors import AttestationError, KeyFileError

from ..reproduce.builders import a_record
from .mutations import (
    ATTESTED,
    KEY,
    KINDS,
    OTHER_KEY,
    honest,
    is_noticed_by_script,
    is_noticed_by_us,
    mutations,
    signed,
)

ME = {"me": KEY.public_key()}


def test_what_was_signed_is_read_by_us_and_by_the_script():
    """The script knows nothing of Lakeproof."""
    content, records = honest()
    assert not is_noticed_by_script(content, list(records))
    assert not is_noticed_by_us(content, list(records))
    assert envelope.verify(content, ME).signer == "me"


def test_the_same_claim_and_key_are_the_same_envelope():
    """Ed25519 has no chance in it."""
    _, records = honest()
    assert signed(list(records), KEY) == signed(list(records), KEY)


def test_every_change_is_noticed():
    """A sample of each kind; `benchmarks/mutations.py` makes 10,000."""
    for kind, content, records in islice(mutations(2026), 20 * len(KINDS)):
        assert is_noticed_by_script(content, records), kind
        assert kind == "reorder" or is_noticed_by_us(content, records), kind


def test_every_change_of_two_chains_is_noticed():
    """Whoever verified a run in another checkout has a chain that the run is not in."""
    content, records = honest(by_another=True)
    assert not is_noticed_by_script(content, list(records))
    for kind, content, records in islice(mutations(7, by_another=True), 20 * len(KINDS)):
        # Which chain is written first says nothing.
        assert kind == "reorder" or is_noticed_by_script(content, records), kind
    content, records = honest(by_another=True)
    twice = [*records[: ATTESTED + 1], *records]
    alone = list(records[ATTESTED + 1 :])
    assert is_noticed_by_script(content, twice)
    assert is_noticed_by_script(content, alone)


@pytest.mark.parametrize("verdict", ["DIVERGED", "INCONCLUSIVE", "WITHIN TOLERANCE"])
def test_only_a_pass_is_attested(verdict):
    """Neither written nor read."""
    _, records = honest()
    with pytest.raises(ValueError, match="not attested"):
        signed(list(records), KEY, verdict=verdict)
    payload = envelope.verify(honest()[0], ME).payload
    with pytest.raises(AttestationError, match="no pass"):
        reproduction.read(payload.replace(b"REPEATED", verdict.encode()))


def test_a_key_that_is_not_listed_is_not_believed():
    """Whatever it has signed."""
    _, records = honest()
    with pytest.raises(AttestationError, match="No key that"):
        envelope.verify(signed(list(records), OTHER_KEY), ME)


@pytest.mark.parametrize(
    "change",
    [
        {"run_id": "x"},
        {"record": "sha256:00"},
        {"head": 7},
        {"verifier": {"checkout": "../..", "user": None, "machine": None}},
        {"factors": [1]},
        {"more": 1},
        {"attested_at": "yesterday"},
    ],
)
def test_a_key_holder_too_may_claim_only_what_can_be(change):
    """Whoever has a listed key may still write nonsense."""
    document = json.loads(envelope.verify(honest()[0], ME).payload)
    document["predicate"].update(change)
    with pytest.raises(AttestationError):
        reproduction.read(json.dumps(document).encode())


def test_a_key_is_its_owners_alone(tmp_path):
    """One that others may read says nothing of who signs; one that is there is not replaced."""
    path = keys.make(tmp_path / "lakeproof")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    own = keys.load(path).public_key()
    assert keys.believed({"me": keys.as_text(own)})["me"] == own
    with pytest.raises(KeyFileError, match="There is a key"):
        keys.make(tmp_path / "lakeproof")
    os.chmod(path, 0o644)
    with pytest.raises(KeyFileError, match="Others may read"):
        keys.load(path)


@pytest.mark.parametrize(
    "text", ["ed25519:AAAA", "rsa:" + "A" * 43 + "=", "", "ed25519:" + "!" * 44]
)
def test_what_is_no_public_key_is_refused(text):
    """With the name that the project has for it."""
    with pytest.raises(KeyFileError, match="alice"):
        keys.believed({"alice": text})


def test_a_claim_about_another_run_is_not_signed():
    """The record is that of the run, or it is not written."""
    record = a_record()
    payload = reproduction.read(envelope.verify(honest()[0], ME).payload)
    with pytest.raises(ValueError, match="another run"):
        reproduction.written(record, replace(payload.claim, run_id="0" * 32))
