"""A record from anybody: each of its facts is one, or the record is refused by its place."""

import json
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

from lakeproof.record import facts as all_facts
from lakeproof.record.documents import parsing, shapes
from lakeproof.record.documents.document import RecordError, from_bytes, to_bytes
from lakeproof.record.documents.rules import OPTIONS, RULES

NAME = "The record of run 13b431cd"
OLD = Path(__file__).with_name("schema-1.json").read_bytes()
CONTENT = to_bytes(from_bytes(OLD, NAME))


def put(place: str, value: Any, content: bytes = CONTENT) -> bytes:
    """The document with another value at a place; what is behind a colon is a key as it is."""
    document = json.loads(content)
    way, _, key = place.partition(":")
    *before, last = [int(step) if step.isdigit() else step for step in way.split(".")]
    if key:
        before, last = [*before, last], key
    at = document
    for step in before:
        at = at[step]
    at[last] = value
    return json.dumps(document).encode()


OUT = ["../x", "a/../../x", "/etc/x", "..\\x", "\\\\host\\x", "C:\\x", "c:/x", "a\0b", "", ".."]
OPTION = ["--option", "-x", "a\nb", "a\x1b[31m", "a\x9b31m", "a\u202eb", "", "\0"]
RUN = ["last", "13b431cd", "G" * 32, "../" * 11, "13B431CD21124DE9B160640D65E748D5", "*" * 32]
SHA = ["", "ab", "Z" * 64, "../../x", "sha256:" + "0" * 57]

REFUSED: list[tuple[str, Any]] = [
    *[("run.run_id", one) for one in RUN],
    *[("run.reproduces", one) for one in RUN],
    *[("run.kedro_env", one) for one in ["../x", "/etc", "-x", "a/../..", "a\nb"]],
    *[("configuration.environments.0", one) for one in ["../x", "/etc", "a\x1b"]],
    *[("run.pipelines.0", one) for one in OPTION],
    *[("run.started_at", one) for one in ["", "yesterday", "\x1b[2J", "2026-11-24" * 9]],
    *[("run.options:env", one) for one in ["../x", "/etc", 7, ["a"]]],
    *[("run.options:runner", one) for one in ["os.system", "subprocess.Popen", "a;b", "-x", 1]],
    *[("run.options:load_versions", one) for one in ["samples", "--x:1", "a:1,", ["a:1"], {}]],
    *[("run.options:node_names", one) for one in ["--config=x", 7, ["a"]]],
    *[("run.options:is_async", one) for one in ["true", 1]],
    *[("run.options:params", one) for one in ["a=1", [1]]],
    *[("run.options:conf_source", one) for one in ["../conf", "-x", "ext::sh", 1]],
    ("run.options:config", "/etc/x.yml"),
    ("run.options:--params", "x"),
    ("run.config:logging", {}),
    *[("code.commit", one) for one in ["HEAD", "--all", "0" * 39, "G" * 40, "main", ""]],
    *[("code.remote", one) for one in ["--upload-pack=touch x", "ext::sh -c x", "https://-x/y"]],
    *[("code.remote", one) for one in ["fd::7", "EXT::x", "git@-oProxyCommand=x:y", "a\nb"]],
    *[("code.prefix", one) for one in OUT if one],
    *[(f"code.files:{one}", "0" * 64) for one in OUT],
    *[("code.files:src/x.py", one) for one in SHA],
    *[("code.untracked.0.path", one) for one in OUT],
    *[("code.diff.sha256", one) for one in SHA if one],
    *[("configuration.files.0.path", one) for one in OUT],
    *[("configuration.source", one) for one in ["../conf", "-x", "", "a\0"]],
    *[("inputs.files.0.path", one) for one in ["../x", "a/../../x", "", "a\0", "http://host/x"]],
    *[("inputs.files.0.path", one) for one in ["https://host/x", "https://a@host/x", "..\\x"]],
    *[("inputs.files.0.sha256", one) for one in SHA],
    ("inputs.files.0.size", -1),
    ("inputs.files.0.size", 2**63),
    *[("inputs.tables.0.uri", one) for one in ["../x", "", "http://host/t", "ws://x/y", "s3://"]],
    *[("inputs.tables.0.uri", one) for one in ["https://amazonaws.com.evil.org/x", "a b://x"]],
    *[("inputs.tables.0.dataset", one) for one in OPTION],
    ("inputs.tables.0.version", -1),
    ("inputs.tables.0.rows", 10**30),
    *[("inputs.tables.0.digest", one) for one in ["rs1:", "rs1", "RS1:00", "rs1:" + "g" * 32]],
    *[("outputs.tables.0.node", one) for one in OPTION],
    ("outputs.tables.0.started_at", -5),
    *[("outputs.files.0.artifact", one) for one in ["file:///etc/x", "http://host/x", "x", ""]],
    *[
        ("outputs.files.0.artifact", one)
        for one in ["runs:/x/y", "runs:/", "models:/", "models:/m"]
    ],
    *[("outputs.files.0.artifact", f"runs:/{'0' * 32}/{one}") for one in ["../x", "a/%2e%2e/x"]],
    ("outputs.files.0.artifact", "models:/m-1/..%252fx"),
    ("outputs.files.0.artifact", "s3://bucket/x"),
    *[("nodes.0.name", one) for one in OPTION],
    *[("nodes.0.inputs.0.dataset", one) for one in OPTION],
    *[("models.0.digest", one) for one in ["", "x", "model1:\x1b"]],
    *[("metrics.accuracy.bits", one) for one in ["", "0x0", "3FF0000000000000", "3ff0"]],
    *[(f"metrics:{one}", {"value": 1.0, "bits": "3ff0000000000000"}) for one in ["a\nb", "\x1b"]],
    *[("environment.implementation", one) for one in ["/bin/sh", "C Python", "", "-x", "x@1"]],
    *[("environment.python", one) for one in ["3", "3.11; x", "/x", ">=3", "3.11\n", "-1.2"]],
    *[("environment.distributions.0.name", one) for one in ["a @ file:///x", "-r x", "a\nb", ""]],
    *[("environment.distributions.0.name", one) for one in ["../x", "a[b]", "a;b", "_a", "a b"]],
    *[
        ("environment.distributions.0.version", one)
        for one in ["1\n--x", "1 --x", "", ">=1", "1;b"]
    ],
    *[("environment.distributions.0.version", one) for one in ["1 @ x", "-1", "*", "1/../x"]],
    *[("environment.distributions.0.origin", one) for one in ["-e x", "a b", "a\n--index-url=x"]],
    *[(f"environment.locks:{one}", "sha256:" + "0" * 64) for one in OUT],
    *[(f"environment.jars:{one}", "sha256:" + "0" * 64) for one in ["../x.jar", "a/b.jar", "x"]],
    *[
        (f"compute.threads:{one}", "x")
        for one in ["LD_PRELOAD", "PATH", "PYTHONSTARTUP", "PYTHONPATH", "a=b", ""]
    ],
    *[("compute.threads:OMP_NUM_THREADS", one) for one in ["1\0", "a\nb", "$(x)", "/x"]],
    *[("compute.recipe", one) for one in ["", "set", "\x1b"]],
    *[("compute.engine", one) for one in ["", "-x", "a b"]],
    ("compute.cores", -1),
    ("lakeproof", "0.1\x1b[2J"),
]


@pytest.mark.parametrize("content", [CONTENT, OLD], ids=["today's", "schema 1"])
def test_what_is_no_such_fact_is_refused_by_its_place(content):
    """Paths that lead out, options, programs, variables, escapes, numbers of nothing: every one."""
    passed = []
    for place, value in REFUSED:
        if content is OLD and _was_allowed(place, value):
            continue
        told = refusal(put(place, value, content))
        section = place.partition(":")[0].partition(".")[0]
        is_told = told.startswith(f"{NAME} is damaged: ") and section in told
        if not (is_told and told.isprintable() and len(told) < 600):
            passed.append((place, value, told))
    assert passed == []


def refusal(content: bytes) -> str:
    """Why a document is refused; nothing where it is read."""
    try:
        from_bytes(content, NAME)
    except RecordError as error:
        return error.message
    return ""


def _was_allowed(place: str, value: Any) -> bool:
    is_place = place.endswith(("files.0.path", ".uri", "source")) and "code" not in place
    is_lost = place == "lakeproof"
    return is_lost or (is_place and place != "configuration.files.0.path" and ".." in str(value))


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("inputs.files.0.path", "/mnt/data/a file, 100%.csv"),
        ("inputs.files.0.path", "data/weiße Weine/ぶどう\u3000一.csv"),
        ("inputs.files.0.path", "data/caf\\xe9.csv"),
        ("inputs.files.0.path", "~/x.csv"),
        ("inputs.tables.0.uri", "abfss://lake@account.dfs.core.windows.net/samples"),
        ("inputs.tables.0.uri", "s3://bucket/a b/samples"),
        ("inputs.tables.0.uri", "https://account.blob.core.windows.net/lake/samples"),
        ("configuration.source", "/srv/conf"),
        ("configuration.source", "s3://bucket/conf.tar.gz"),
        ("code.remote", "git@github.com:me/wine.git"),
        ("code.remote", "../wine.git"),
        ("code.remote", "codecommit::eu-west-1://wine"),
        ("code.remote", "ssh://git@host:22/wine"),
        ("code.changed_during_run", [".git", "/srv/conf/base/catalog.yml"]),
        ("code.commit", "0" * 64),
        ("run.options:runner", "ThreadRunner"),
        ("run.options:runner", "winery.runners.SlowRunner"),
        ("run.options:load_versions", "samples:3,features:latest"),
        ("run.kedro_env", "prod/eu"),
        ("outputs.files.0.artifact", f"runs:/{'0' * 32}/plots//50% #1?.png"),
        ("outputs.files.0.artifact", "models:/m-f989bcca2d7843789c03a3b735b294a8/model.skops"),
        ("nodes.2.name", "split_data([model_input_table;params:x]) -> [X_train;X_test]" * 9),
        ("nodes.0.inputs.0.dataset", "params:naïve.ns@spark"),
        ("environment.python", "3.14.0rc1+"),
        ("environment.distributions.0.version", "2.6.0+ubuntu1"),
        ("environment.distributions.0.version", "2004d"),
        ("environment.distributions.0.origin", "git+https://host/x.git@0123"),
        ("compute.threads:OMP_NUM_THREADS", "4,2"),
        ("compute.threads:MKL_CBWR", "AVX2,STRICT"),
        ("run.error", "it said \x1b[31mno\x1b[0m\0"),
    ],
)
def test_what_is_honest_is_read(place, value):
    """However odd: a record that its own writer cannot read is worth nothing."""
    assert to_bytes(from_bytes(put(place, value), NAME))


def test_a_record_of_schema_1_may_name_a_place_outside_by_dots():
    """Catalogs have it, and today's writer spells it out; what writes or deletes asks anyhow."""
    for place in ("inputs.files.0.path", "inputs.tables.0.uri", "configuration.source"):
        assert from_bytes(put(place, "../elsewhere", OLD), NAME)


# Shown and nothing else, and spelled out where they are: free texts, and what a closed list of
# Python's types says already.
FREE = {
    "ChangedFile": {"path"},
    "CodeFacts": {"changed_during_run"},
    "ComputeFacts": {"engine_configuration", "cpu", "machine", "os"},
    "ConfigurationFacts": {"catalog_values"},
    "Content": {"path", "text", "base64", "withheld"},  # `path` where there is a digest
    "NodeIO": {"kind", "note"},
    "EnvironmentFacts": {"build", "java"},
    "FileFacts": {"text"},
    "Library": {"version", "architecture"},
    "Logged": {"kind", "name", "shown"},
    "ModelFacts": {"note", "settings"},
    "NodeFacts": {"clocks"},
    "NotControlled": {"kind", "name", "note"},
    "ParameterFacts": {"values", "sources", "redacted"},
    "Record": {"problems"},
    "RowsLeftOut": {"part", "column"},
    "RunFacts": {"status", "command", "error", "options", "config"},  # the last two by `OPTIONS`
    "SnapshotFacts": {"note", "not_bundled"},
    "Surroundings": {"time_zone", "locale", "c_library"},
    "TableRead": {"columns", "digest_from", "pin"},
    "TableWritten": {"columns", "digest_from", "handed_over"},
    "ValueFacts": {"note"},
}


def test_every_text_of_a_record_has_a_rule_or_is_free():
    """Whoever adds a key says here what it can be."""
    for name in all_facts.__all__:
        kind = getattr(all_facts, name)
        if not hasattr(kind, "__dataclass_fields__"):
            continue
        hints = get_type_hints(kind)
        texts = {field.name for field in fields(kind) if _holds_text(hints[field.name])}
        missing = texts - set(RULES.get(kind, {})) - FREE.get(name, set())
        assert not missing, f"{name}: {missing}"


def _holds_text(hint: Any) -> bool:
    if hint is str or hint is Any or isinstance(hint, str):
        return True
    return any(_holds_text(part) for part in get_args(hint))


def test_numbers_and_what_holds_facts_are_looked_at_without_a_rule_too():
    """By its type a field is passed over only where no value of it can be wrong."""
    rows = {"part": "train", "column": "quality", "rows": 1, "of": 2}
    for place, value in (
        ("rows_left_out", [{**rows, "of": -1}]),
        ("models.0.prediction_rows", 2**63),
        ("compute.libraries.0.threads", -1),
        ("nodes.0.inputs.0.rows", -1),
        ("nodes.0.not_controlled", [{"kind": "file", "name": "x", "digest": "x", "note": None}]),
    ):
        assert f"damaged: {place}" in refusal(put(place, value)), place


def test_the_options_are_kedros_own():
    """What its command line does not take, no re-run is asked for with."""
    from kedro.framework.cli.project import run

    known = {parameter.name for parameter in run.params}
    assert set(OPTIONS) - known == set()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (b'"cores": 2', b'"cores": 2, "cores": 2', "it has the key 'cores' twice"),
        (b'"cores": 2', b'"cores": NaN', "it holds NaN, which is no number of JSON"),
        (b'"cores": 2', b'"cores": -Infinity', "it holds -Infinity"),
        (b'"duration_s": 12.507', b'"duration_s": 1e999', "larger than any double"),
        (b'"cores": 2', b'"cores": ' + b"9" * 5_000, "not a record"),
        (b'"cores": 2', b'"cores": "\\ud800"', "is damaged"),
        (b'"cores": 2', b'"cores": "\xed\xa0\x80"', "not a record"),
        (b'"seed": 2026', b'"seed": ' + b"[" * 101 + b"]" * 101, "nested deeper than 100 levels"),
        (b'"seed": 2026', b'"seed": ' + b'{"a":' * 200_000, "nested deeper than 100 levels"),
        (b'"seed": 2026', b'"seed": [' + b"0," * 3_000_001 + b"0]", "more than 3,000,000 values"),
        (b"{", b"\xef\xbb\xbf{", "not a record"),
    ],
)
def test_what_two_readers_would_read_differently_is_refused(old, new, told):
    """Twice the same key, numbers that are none, texts of half a character; and what has no end."""
    content = CONTENT.replace(old, new, 1)
    assert content != CONTENT
    with pytest.raises(RecordError, match="Nothing was run") as caught:
        from_bytes(content, NAME)
    assert told in caught.value.message
    assert len(caught.value.message) < 400


def test_a_document_beyond_all_bounds_is_not_parsed(monkeypatch):
    """Its length tells."""
    monkeypatch.setattr(parsing, "MOST_BYTES", len(CONTENT))
    assert from_bytes(CONTENT, NAME)
    with pytest.raises(RecordError, match="and none has more than"):
        from_bytes(CONTENT + b" ", NAME)


def test_brackets_within_texts_do_not_count():
    """A file of the run may hold any number of them."""
    text = '[{"\\"' * 2_000
    assert from_bytes(put("parameters.values:x", text), NAME).parameters.values["x"] == text


@pytest.mark.parametrize(
    "value",
    [{"$float": 10**400}, {"$float": "1.5"}, {"$float": True}, {"$float": ["nan"]}, {"$pairs": 1}],
)
def test_what_spells_out_no_value_is_refused(value):
    """Three floats are spelled out, by three words."""
    with pytest.raises(RecordError, match="is damaged"):
        from_bytes(put("parameters.values:odd", value), NAME)


def test_a_text_that_is_too_long_for_a_name_is_not_kept():
    """Names and places that were held are remembered, a thousand of each."""
    for holds, remembered in (
        (shapes.is_name, shapes._is_name),
        (shapes.is_place, shapes._is_place),
    ):
        before = remembered.cache_info().currsize
        assert not holds("a" * 1_000_000)
        assert remembered.cache_info().currsize == before
