"""What stores answer, each as it does, becomes one sentence each."""

import pytest

from .refused import answering, refusal

# It answers at once, on a machine that may be busy.
_PATIENT = {"timeout": "60s", "connect_timeout": "60s"}
_AMAZON = {
    "AWS_ACCESS_KEY_ID": "AKIA-OF-THIS-TEST",
    "AWS_SECRET_ACCESS_KEY": "what-nobody-shows",
    "AWS_REGION": "us-east-1",
    "AWS_ALLOW_HTTP": "true",
}
_AZURE = {"azure_storage_account_name": "me", "azure_storage_account_key": "a2V5"}
_EXPECTS = b"the region 'eu-central-1' is wrong; expecting 'ap-south-1'"


@pytest.mark.parametrize("do", ["load", "save"])
@pytest.mark.parametrize(
    ("status", "said", "where"),
    [
        (301, b"<Code>PermanentRedirect</Code>", ""),
        (400, b"<Code>AuthorizationHeaderMalformed</Code>" + _EXPECTS, " It is in ap-south-1."),
        (400, b"<Code>IllegalLocationConstraintException</Code>", ""),
    ],
)
def test_a_bucket_in_another_region_is_told(do, status, said, where):
    """As Amazon answers: a redirect that leads nowhere, or what it expects."""
    with answering(status, said) as place:
        options = {**_AMAZON, "AWS_ENDPOINT_URL": place}
        told = refusal({"filepath": "s3://lake/t", "credentials": options}, do, **_PATIENT)
    assert f"another region than the one that is configured.{where} " in told
    assert "Correct AWS_REGION in conf/<environment>/credentials.yml" in told


@pytest.mark.parametrize("do", ["load", "save"])
@pytest.mark.parametrize(
    ("status", "said", "told"),
    [
        (404, b"<Code>ContainerNotFound</Code>", "There is no container 'lake' at http://127."),
        (403, b"<Code>AuthenticationFailed</Code>", "does not accept the key (Authentication"),
        (403, b"<Code>AuthorizationPermissionMismatch</Code>", "does not let this key"),
    ],
)
def test_what_azure_refuses_is_a_sentence(do, status, said, told):
    """In its own words for things, as it answers where its account is no part of the host."""
    with answering(status, said) as place:
        options = {**_AZURE, "allow_http": "true", "azure_storage_endpoint": f"{place}/me"}
        assert told in refusal({"filepath": "az://lake/t", "credentials": options}, do, **_PATIENT)


def test_azure_has_its_own_word_for_plain_http():
    """Not Amazon's."""
    options = {**_AZURE, "azure_storage_endpoint": "http://127.0.0.1:1/me"}
    told = refusal({"filepath": "az://lake/t", "credentials": options})
    assert ': allow_http: "true" in' in told
