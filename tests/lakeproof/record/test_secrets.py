"""What counts as a secret, and what must not."""

import pytest

from lakeproof.record.secret_names import is_secret_name
from lakeproof.record.secrets import Secrets

NONE = Secrets.of([], {})
KNOWN = Secrets.of(["correct-horse", "swordfish"], {})


@pytest.mark.parametrize(
    "name",
    [
        *("password", "dbPassword", "PGPASSWORD", "db.password", "user_passwd", "passphrase"),
        *("api_key", "apiKey", "API-KEY", "apikey", "access_key", "AWS_ACCESS_KEY_ID"),
        *("AWS_SECRET_ACCESS_KEY", "privateKey", "private-key", "GITHUB_TOKEN", "authToken"),
        *("token", "client_secret", "credentials.user", "credential", "connection_string"),
        *("ConnectionString", "sas", "blob_sas", "fs.azure.account.key.lake.dfs.windows.net"),
    ],
)
def test_names_of_secrets(name):
    """Snake, kebab, camel and dotted alike."""
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name",
    [
        *("tokenizer", "n_tokens", "max_tokens", "tokens", "key", "keys", "secretary", "monkey"),
        *("pad_token", "token_pattern", "secret_name", "password_column", "credentials_path"),
        *("primary_key", "sort_key", "sas7bdat", "compass", "passes", "n_estimators", ""),
    ],
)
def test_names_that_only_sound_like_secrets(name):
    """A hyperparameter that is hidden cannot be had again."""
    assert not is_secret_name(name)


PATTERNS = [
    *("AKIA" + "A1B2" * 4, "ghp_" + "a1" * 18, "github_pat_" + "a1_" * 12, "xoxb-1234567890-abc"),
    *("AIza" + "x" * 35, "eyJhbGciOiJI.eyJzdWIiOiIx.sig-nature", "dapi" + "0f" * 16),
    *("sk-" + "a1B2" * 8, "sk-proj-" + "a-B_" * 8, "AccountKey=c2VjcmV0c2VjcmV0;"),
    *("-----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY-----",),
    *("postgresql://bob:pw@host/db", "https://bob:p%40w@host"),
    "sc://host:15002/;use_ssl=true;token=open-sesame",
]


@pytest.mark.parametrize("text", PATTERNS)
def test_known_patterns(text):
    """Whatever the name beside them; the reason does not repeat them."""
    reason = NONE.reason(f"x: [{text}]", "a.py")
    assert "by pattern" in reason
    assert text not in reason
    assert text not in NONE.redact_text(f"see {text} there")
    assert NONE.reason(f"x: [{text}]".encode(), "a.bin") == reason


@pytest.mark.parametrize(
    "text",
    [
        *(
            "sha256:" + "4a402cf0" * 8,
            "rs1:" + "0f" * 16,
            "da248eb1b5643791b8c82039738786eb353d7ea5",
        ),
        *("https://host:8080/path", "postgresql://${oc.env:PW}@host", "git@github.com:org/repo"),
        *("scikit-learn-contrib-lightning-models", "task-1234567890123456789012345", "AKIA"),
    ],
)
def test_what_only_looks_random_stays(text):
    """Our own digests above all."""
    assert NONE.reason(text, "a.txt") is None
    assert NONE.redact_text(text) == text


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('password = "hunter2"', "a.py"),
        ("API_TOKEN: abc", ""),
        ("db: {user: bob, password: hunter2}", "a.yml"),
        ("password: |\n  hunter2", "a.yml"),
        ("# password: hunter2", "a.yml"),
        ('{"password": "hunter2"}', "a.json"),
        ('self.api_token: str | None = "abcdef"', "a.py"),
        ('os.environ["API_TOKEN"] = "abcdef"', "a.py"),
        ('connect(1, password="hunter2")', "a.py"),
        (r'"source": ["password = \"hunter2\"\n"]', "a.ipynb"),
        ("export API_TOKEN=abcdef", "a.sh"),
        ("catalog:\n  credentials: {secret: abcdef}", "catalog.yml"),
        ("anything", "conf/credentials.yml"),
        ("A=1", ".env"),
    ],
)
def test_literals_behind_names_of_secrets(text, path):
    """In the way of the language that the file's name tells."""
    reason = NONE.reason(text, path)
    assert "by name" in reason
    assert "hunter2" not in reason
    assert "abc" not in reason


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("def login(password: str, token: bytes, mode='fast'):", "a.py"),
        ("connect(password=password, token=get('x'))", "a.py"),
        ('token = os.getenv("API_TOKEN")', "a.py"),
        ('password = ""', "a.py"),
        ('PASSWORD = "password"', "a.py"),
        ('password = f"{given}"', "a.py"),
        ("password: ${oc.env:PW}\ntoken:\nsecret: null\napi_key: ''", "a.yml"),
        ("credentials: dev_s3", "catalog.yml"),
        ("max_tokens: 512\ntoken_pattern: abc", "parameters.yml"),
        ("The password: whatever you like", "README.md"),
    ],
)
def test_the_mere_mention_of_a_secret(text, path):
    """A name without its value hides nothing."""
    assert NONE.reason(text, path) is None


def test_known_values_are_found_wherever_they_stand():
    """In other names' places too, quoted for a URL, and in bytes that are no text."""
    assert "credentials" in KNOWN.reason("a = correct-horse", "a.py")
    assert KNOWN.reason(b"\xff\x00swordfish\x00", "a.bin")
    assert KNOWN.redact_text("x=correct-horse!") == "x=***!"
    assert KNOWN.reason("swordfishes", "a.py") is None
    assert Secrets.of(["a b/c=d"], {}).redact_text("?q=a%20b%2Fc%3Dd&x") == "?q=***&x"


def test_a_password_within_a_known_address_is_known_by_itself():
    """The credentials hold `con: …`; an error message may hold the password alone."""
    known = Secrets.of(["postgresql://bob:swordfish@host/db"], {})
    assert known.redact_text("no such password: swordfish") == "no such password: ***"


def test_values_that_would_tear_texts_are_not_known(tmp_path):
    """Short ones, numbers, common words, endpoints, and places of files."""
    values = ["abc", "12345678", "localhost", "http://localhost:9000", str(tmp_path), ""]
    assert Secrets.of(values, {}).values == ()


def test_variables_named_like_secrets_are_known():
    """And no others."""
    known = Secrets.of([], {"DB_PASSWORD": "swordfish", "USER_NAME": "somebody"})
    assert known.values == ("swordfish",)


def test_redact_replaces_leaves_and_names_them():
    """By name, by text, below a name; what is no secret keeps its type; the given is left as is."""
    given = {
        "db": {"password": "x", "port": 5432, "use_token": True, "token": None},
        "urls": ["https://host", "https://u:p@host"],
        "credentials": {"user": "bob"},
        "note": "call me swordfish",
        7: 1.5,
    }
    redacted, names = KNOWN.redact(given)
    assert redacted == {
        "db": {"password": "***", "port": 5432, "use_token": True, "token": None},
        "urls": ["https://host", "***"],
        "credentials": {"user": "***"},
        "note": "***",
        7: 1.5,
    }
    assert names == ("db.password", "urls.1", "credentials.user", "note")
    assert given["db"]["password"] == "x"


def test_redact_text_keeps_the_rest():
    """An error stays readable."""
    text = "no postgresql://bob:pw@host/x?password=hunter2, token='abc', key=3, secret: unset"
    assert NONE.redact_text(text) == (
        "no postgresql://***@host/x?password=***, token='***', key=3, secret: unset"
    )


def test_redact_command():
    """In `--params`, in options of either form, and known values anywhere."""
    given = (
        "kedro run --params a=1,db.password=x=y --params=token=5,b=2 --api-key zzz "
        "--env local swordfish --max-tokens 5"
    )
    assert " ".join(KNOWN.redact_command(given.split())) == (
        "kedro run --params a=1,db.password=*** --params=token=***,b=2 --api-key *** "
        "--env local *** --max-tokens 5"
    )
