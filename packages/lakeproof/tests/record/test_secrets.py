"""What counts as a secret, and what must not."""

import base64
import hashlib
import json
import random
import re
import sys
import warnings
from functools import cache
from urllib.parse import quote, quote_plus

import pytest

import lakeproof.record.redaction.secret_services as services
from lakeproof.record.redaction.secret_marks import Searched
from lakeproof.record.redaction.secret_names import is_secret, is_secret_as_written, is_secret_name
from lakeproof.record.redaction.secrets import Secrets

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
    """A hyperparameter that is hidden cannot be restored."""
    assert not is_secret_name(name)


TEXT_NAMES = [
    *("pw", "db_pw", "pass", "smtp_pass", "smtpPass", "SMTP-PASS", "dbpass", "auth", "http_auth"),
    *("jwt", "pat", "github_pat", "githubPat", "dsn", "SENTRY_DSN", "bearer", "cookie"),
    *("session_cookie", "passcode", "otp", "webhook", "slack_webhook", "slack.webhook_url"),
    *("ssh_key", "sshKey", "license_key", "licenseKey", "mail.smtp-pass"),
]


@pytest.mark.parametrize("name", TEXT_NAMES)
def test_names_under_which_a_text_is_a_secret(name):
    """In parameters, on the command line, in files and in code; a number or a boolean is none."""
    assert is_secret(name, "hunter-two")
    assert NONE.redact({name: "hunter-two"})[0] == {name: "***"}
    assert NONE.redact_command(("kedro", "run", "--params", f"{name}=hunter-two"))[-1].endswith(
        "***"
    )
    assert "by name" in NONE.reason(f"{name}: hunter-two", "a.yml")
    assert "by name" in NONE.reason(f'{name} = "hunter-two"', "a.py")
    assert Secrets.of([], {name: "hunter-two"}).values == ("hunter-two",)
    for value in (3, 2.5, True, False, None):
        assert not is_secret(name, value)
        assert NONE.redact({name: value}) == ({name: value}, ())
        assert NONE.reason(f"{name}: {json.dumps(value)}", "a.yml") is None
        assert not is_secret_as_written(name, str(value))
    assert NONE.redact_command(("kedro", "run", "--params", f"{name}=3"))[-1] == f"{name}=3"


@pytest.mark.parametrize(
    "name",
    [
        *("path", "data_path", "author", "authors", "authority", "pin", "pins", "patience"),
        *("passing", "passed", "compass", "bypass", "passenger_class", "passes", "n_pass"),
        *("high_pass", "low_pass_filter", "pass_through", "pattern", "dispatch", "spatial"),
        *("key", "keys", "key_columns", "sort_key", "key_column", "webhooks_enabled", "hotpot"),
        *("tokenizer", "max_tokens", "auth_type", "auth.method", "cookie_name", "cookies_path"),
        *("ssh_key_path", "license", "monkey", "password_column", "author_pattern", "otp_length"),
    ],
)
def test_ordinary_names_keep_their_text(name):
    """A parameter that is hidden makes a run that cannot be reproduced."""
    given = {name: "red-wine"}
    assert NONE.redact(given) == (given, ())
    assert NONE.reason(f"{name}: red-wine\n", "a.yml") is None
    assert NONE.reason(f'{name} = "red-wine"\n', "a.py") is None
    assert NONE.redact_text(f"{name}=red-wine") == f"{name}=red-wine"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("auth", "basic"),
        ("auth", "OAuth"),
        ("pat", "*.csv"),
        ("file_pat", r"^\d+$"),
        ("pass", "no"),
    ],
)
def test_a_way_or_a_pattern_is_no_secret(name, value):
    """It says how, not what."""
    assert NONE.redact({name: value}) == ({name: value}, ())


# One of each of a service's that are told by their form, made up here and put together at run time.
BY_DETECT_SECRETS = [
    ("AWS", "AB" + "IA" + "A1B2" * 4),
    ("GitHub", "gh" + "s_" + "a_1" * 12),
    *(("GitLab", mark + "-" + "a1" * 20) for mark in ("gl" + "dt", "gl" + "ptt", "gl" + "rt")),
    ("GitLab", "GR" + "1348941" + "a1" * 10),
    ("Mailchimp", "0f" * 16 + "-us" + "12"),
    ("OpenAI", "sk-" + "abc-" + "a1" * 10 + "T3Blbk" + "FJ" + "b2" * 10),
    *(
        ("PyPI", "pypi-" + mark + "a1" * 40)
        for mark in ("AgEIcHlwaS5vcmc", "AgENdGVzdC5weXBpLm9yZw")
    ),
    ("SendGrid", "SG" + "." + "a1" * 11 + "." + "b2" * 21 + "c"),
    ("Slack", "https://hooks." + "slack.com/services/" + "T1/B2/" + "a1" * 12),
    ("Square", "sq0" + "csp-" + "a1" * 21 + "b"),
    ("Stripe", "sk_" + "live_" + "a1" * 20),
    ("Stripe", "rk_" + "live_" + "a1" * 12),
]
SERVICES = [
    *(text for _, text in BY_DETECT_SECRETS),
    *("dop_" + "v1_" + "0f" * 32, "npm" + "_" + "a1" * 18, "hvs" + "." + "a1" * 50),
    *("shpat" + "_" + "0f" * 16, "xapp" + "-1-A1-22-a1b2", "SK" + "0f" * 16),
    *("123456789" + ":AA" + "b1" * 16 + "c", "ATATT3" + "a1" * 40, "ya29" + "." + "a1" * 20),
    *("GOC" + "SPX-" + "a1" * 14, "sk-" + "ant-api03-" + "a1" * 20, "hf" + "_" + "a1" * 17),
]


@pytest.mark.parametrize("text", SERVICES)
@pytest.mark.parametrize("frame", ["{}", 'x = "{}"', "x: {}\n", "[{}]", "({}, 1)", "see {}."])
def test_secrets_of_services(text, frame):
    """By their form alone, whatever stands around them."""
    whole = frame.format(text)
    assert "by pattern" in NONE.reason(whole, "a.txt")
    assert NONE.redact_text(whole) == frame.format("***")


@pytest.mark.parametrize("length", [0, 10**5])
def test_a_mark_is_found_in_a_text_of_any_length(length):
    """Of a long text only the characters that marks have are looked for."""
    searched = Searched("0,ü\n" * length + "x: [T3-q_é")
    assert searched.holds("T3-q_")
    assert searched.holds(": [")
    assert not searched.holds("3T")
    assert not searched.holds("Z")


def _found_in(text):
    return list(services.services_in(Searched(text)))


@pytest.mark.parametrize(("service", "text"), BY_DETECT_SECRETS)
def test_what_detect_secrets_knows(service, text):
    """The whole of it, wherever it stands; within a word there is none."""
    assert (service, 5, 5 + len(text)) in _found_in(f"see: {text} {text}, there")
    assert not _found_in("a" + text[: len(text) // 2])
    assert not _found_in(f"x1{text}")


def test_all_services_are_tried():
    """A service without an example is one whose detector may have gone."""
    assert {service.name for service in services._SERVICES} == {
        name for name, _ in BY_DETECT_SECRETS
    }
    for service in services._SERVICES:
        assert all(
            isinstance(pattern, re.Pattern)
            for pattern in services._patterns(service.module, service.detector)
        )


def test_digests_ids_and_base64_are_no_secrets_of_services():
    """Half a million characters of each, with the texts that the patterns begin with strewn in."""
    chance = random.Random(13)
    data = chance.randbytes(384 * 1024)
    for text in (
        data.hex(),
        base64.b64encode(data).decode(),
        base64.urlsafe_b64encode(data).decode(),
        " ".join(hashlib.sha256(data[at : at + 9]).hexdigest() for at in range(8000)),
        "\n".join(f"sha256:{hashlib.sha256(data[at:]).hexdigest()}-us1" for at in range(9)),
    ):
        assert not _found_in(text)
    words = " ".join(mark for service in services._SERVICES for mark in service.marks)
    assert not _found_in(words)
    assert not _found_in("0.1,AKIA,SG.7,the npm_config, glft-, sk_live_mode\n" * 500)


def test_detect_secrets_is_imported_for_a_text_with_a_mark_alone_and_leaves_warnings_as_they_are(
    monkeypatch,
):
    """It takes as long as a command's own code; by itself it turns warnings into log lines."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "detect_secrets"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(services, "_patterns", cache(services._patterns.__wrapped__))
    NONE.reason(
        "import os\nMSG. IMGSG.1 a,b,c\n0.5,1e-3\n" * 99 + "sha256:" + "4a402cf0" * 8, "a.py"
    )
    assert "detect_secrets" not in sys.modules
    shown = warnings.showwarning
    assert NONE.reason("SG" + "." + "a1" * 11 + "." + "b2" * 21 + "c", "a.py")
    assert "detect_secrets.plugins.sendgrid" in sys.modules
    assert warnings.showwarning is shown


REQUESTS = [
    ("curl -H 'Authorization: Bearer {}' http://host", "op3n-sesame"),
    ('headers = {{"Authorization": "Basic {}"}}', "Ym9iOnB3"),
    ("Authorization: Token {}", "op3nsesame"),
    ("-H 'X-Api-Key: {}'", "op3n-sesame"),
    ("the server said: Bearer {} has expired", "a1b2c3d4e5f6a7b8c9"),
    ("-H 'Cookie: session={}; path=/'", "op3nsesame"),
    ("GET /rows?a=1&access_token={}&b=2", "op3n-sesame"),
    ("https://host/rows.csv?sig={}&se=2026", "a%2Fb1c2"),
    ("blob?sv=2020&sr=c&sig={}", "a1B2c3D4e5"),
    ("sig={}&sv=2020", "a1B2c3D4e5f6a7b8c9d0e1f2%3D"),
    ("s3://b/k?X-Amz-Security-Token={}", "a1B2c3D4e5"),
    ("jdbc:postgresql://host/db?user=bob&password={}", "swordfish"),
    ("jdbc:sqlserver://host:1433;databaseName=d;user=sa;password={};encrypt=true", "swordfish"),
    ("jdbc:oracle:thin:scott/{}@//host:1521/x", "tiger-1"),
    ('pyodbc.connect("Driver=x;Server=h;UID=sa;PWD={};")', "swordfish"),
    ("machine host login bob password {}", "swordfish"),
    ("machine host\n  login bob\n  password {}\n", "swordfish"),
    ('{{"auths": {{"ghcr.io": {{"auth": "{}"}}}}}}', "Ym9iOnB3cHc="),
]


@pytest.mark.parametrize(("text", "secret"), REQUESTS)
def test_secrets_in_requests_and_connections(text, secret):
    """In code, in a file, and in the message of an error; the rest stays readable."""
    whole = text.format(secret)
    for name in ("a.py", "a.txt", "a.yml"):
        assert NONE.reason(whole, name) is not None
        assert secret not in NONE.reason(whole, name)
    assert NONE.redact_text(whole) == text.format("***")


@pytest.mark.parametrize(
    "text",
    [
        *("Authorization: Bearer ${TOKEN}", "Authorization: Bearer <token>", "authorization: none"),
        *('headers = {"Authorization": f"Bearer {token}"}', "Bearer authentication is used here"),
        *("https://host/rows?key=columns&page=2", "https://host/?sort=a&path=b&author=c"),
        *("jdbc:postgresql://host/db?user=bob", "jdbc:postgresql://h/d?password=${oc.env:PW}"),
        *("UID=sa;PWD=%s;", "machine learning password policy", '"auth": "basic"', "token bucket"),
        *(
            "sklearn.pipeline",
            "s.aggregate_by_something_long",
            "x-axis: alcohol",
            "signature: none",
        ),
        *("cookie: a recipe", "sha256:" + "4a402cf0" * 8, "v1.0-0f0f0f0f", "the pass: first"),
        *("model2:" + "ce06447d" * 8, "frame2:" + "0f" * 32, "rs1:" + "0f" * 16),
        "def login(password: str, pw: str = '', auth: tuple = ()): ...",
        "pip install pypi-attestations; npm_config_yes=1",
    ],
)
def test_ordinary_texts_stay(text):
    """A file that is withheld is one that others cannot have."""
    assert NONE.reason(text, "a.txt") is None
    assert NONE.redact_text(text) == text


ODD = 'p"w/ü&1\\x+ y'


@pytest.mark.parametrize(
    "spelled",
    [
        *(ODD, json.dumps(ODD), json.dumps(ODD, ensure_ascii=False), json.dumps(json.dumps(ODD))),
        *(quote(ODD), quote(ODD, safe=""), quote_plus(ODD), quote(ODD, safe="").lower()),
        base64.b64encode(ODD.encode()).decode(),
        base64.urlsafe_b64encode(ODD.encode()).decode(),
        *(base64.b64encode(f"{user}:{ODD}".encode()).decode() for user in ("a", "ab", "abc")),
        *(base64.b64encode(f"{user}:{ODD}:x".encode()).decode() for user in ("a", "ab", "abc")),
    ],
)
def test_known_values_are_found_however_they_are_written(spelled):
    """Escaped for JSON once and twice, for a URL, and in base64 at whatever place."""
    known = Secrets.of([ODD], {})
    assert "credentials" in known.reason(f"x: <{spelled}>", "a.txt")
    assert spelled.strip('"') not in known.redact_text(f"x: <{spelled}>")
    assert NONE.reason(f"x: <{spelled}>", "a.txt") is None


@pytest.mark.parametrize(
    "name",
    [
        *(".netrc", "_netrc", ".env", ".env.local", ".npmrc", ".git-credentials", ".dockercfg"),
        *("id_rsa", "id_ed25519", "store.p12", "server.keystore", ".vault-token", "kubeconfig"),
    ],
)
def test_files_that_are_for_secrets(name):
    """By their name, whatever is in them."""
    assert "by name" in NONE.reason("x", f"conf/local/{name}")


@pytest.mark.parametrize("name", [".env.example", ".envrc.md", "environment.yml", "id_rsa.pub"])
def test_files_that_only_sound_so(name):
    """Templates and public keys are to be kept."""
    assert NONE.reason("x", name) is None


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
