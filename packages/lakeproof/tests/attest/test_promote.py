"""A model gets its alias if somebody else has reproduced its run, and not otherwise."""

import pytest

from lakeproof.attest.reproduction import Verifier
from lakeproof.commands.for_others.evidence import differences
from lakeproof.commands.for_others.export import export
from lakeproof.commands.for_others.promote import promote
from lakeproof.errors import LakeproofError

from .promotions import MODEL, OTHERS, TAMPERED, US, World, by_nobodys_key, honest, world

# Kedro 1.7 registers its resolvers under the name that OmegaConf is about to drop.
pytestmark = pytest.mark.filterwarnings("ignore:register_new_resolver:UserWarning")


@pytest.fixture(scope="module")
def here(tmp_path_factory) -> World:
    with world(tmp_path_factory.mktemp("promote") / "project") as made:
        yield made


@pytest.mark.parametrize("number", range(len(OTHERS)))
def test_an_honest_run_is_promoted(here, number):
    """By another checkout, another user, another machine."""
    is_promoted, said = here.is_promoted(honest(here, number))
    assert is_promoted, said


@pytest.mark.parametrize("tampered", TAMPERED, ids=lambda one: one.__name__)
def test_what_was_tampered_with_is_not(here, tampered):
    """The alias stays where it was."""
    is_promoted, said = here.is_promoted(tampered(here))
    assert not is_promoted
    assert said


def test_who_and_when_stand_on_the_version(here):
    """As tags, for whoever looks at the registry."""
    run_id = honest(here, 0)
    done = promote(here.project, run_id, "champion", None)
    tags = here.client.get_model_version(MODEL, done.version).tags
    assert tags["lakeproof.promoted.run"] == run_id
    assert tags["lakeproof.promoted.at"] == done.at
    assert tags["lakeproof.promoted.signer"] == "me"
    assert tags["lakeproof.promoted.by_user"] == done.user


@pytest.mark.slow
def test_the_usual_policy_believes_a_record_and_no_tag(tmp_path):
    """What somebody else's re-run was compared with is compared again."""
    with world(tmp_path / "project", "verified") as here:
        run_id = here.run()
        here.add(here.first, {"lakeproof.reproduces": run_id, "lakeproof.verdict": "REPEATED"})
        here.rerun(run_id, OTHERS[0], nodes=here.first.nodes[:0], models=())
        here.rerun(run_id, US)
        is_promoted, said = here.is_promoted(run_id)
        assert not is_promoted
        for why in ("is no re-run of it", "its record says", "made by the same"):
            assert why in said
        here.rerun(run_id, OTHERS[2])
        assert here.is_promoted(run_id) == (True, "")


@pytest.mark.parametrize("kind", ["attestation", "chain"])
def test_an_attestation_that_does_not_hold_is_not_exported(here, kind):
    """It says why, and nobody is handed one."""
    with pytest.raises(LakeproofError, match=r"does not hold: No key that.* Nothing was written"):
        export(here.project, by_nobodys_key(here), kind)


def test_what_nobody_knows_is_not_another():
    """A checkout that could not write its id is nobody else's."""
    own = Verifier("a" * 32, None, "m")
    assert differences(own, Verifier(None, "u", "m"), ("checkout", "user", "machine")) == ()
    assert differences(own, Verifier("b" * 32, "u", "n"), ("machine",)) == ("machine",)
