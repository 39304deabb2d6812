"""What an error advises, made concrete for whoever reads it."""

import sys
from pathlib import Path

import pytest

from lakeproof import advice
from lakeproof.advice import as_typed, concrete, configured_in, where_written, words_of
from lakeproof.errors import LakeproofError

ENTRY = "conf/<environment>/catalog.yml"


@pytest.fixture(autouse=True)
def nothing_read(monkeypatch):
    monkeypatch.setattr(advice, "_read", None)


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    for name, text in {
        "base/globals.yml": "# alcohol: {type: dubble}\nschema:\n  alcohol: {type: double}\n",
        "red/globals.yml": "schema:\n  ash: {type: double}\n  alcohol: {type: dubble}\n",
        "red/credentials.yml": "alcohol: dubble type\n",
    }.items():
        (tmp_path / "conf" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "conf" / name).write_text(text)
    return tmp_path / "conf"


def refused(value: str) -> str:
    return (
        f"`schema.alcohol` has type: '{value}', which must be 'double'. Nothing was read. "
        f"Correct the entry in {ENTRY}"
    )


def test_the_file_is_the_one_of_the_environment_with_its_line(conf):
    """An interpolation puts what an entry holds into another file; comments do not count."""
    configured_in(conf.parent, conf, ("red", "base"))
    assert concrete(refused("dubble")).endswith("Correct the entry in conf/red/globals.yml, line 3")
    configured_in(conf.parent, conf, ("", "base"))
    assert concrete(refused("dubble")).endswith("in conf/base/globals.yml, line 3")


def test_the_word_that_stands_in_few_lines_tells_more(conf):
    """The class of a dataset stands in many entries, its misspelt argument in one."""
    entries = "".join(f"{name}:\n  type: lake.Table\n  path: {name}\n" for name in "abc")
    (conf / "base/catalog.yml").write_text(entries + "  engin: x\n")
    configured_in(conf.parent, conf, ("base",))
    error = "unexpected argument 'engin'. Dataset 'c' must only contain those of 'lake.Table'"
    assert where_written(*words_of(error)) == "conf/base/catalog.yml, line 10"


def test_the_key_that_is_to_be_corrected_tells_most(conf):
    """A file's name and a column that nobody declared stand elsewhere by chance."""
    (conf / "base/spark.yml").write_text("spark.sql.shuffle.partitions: 2\nz: 1\n")
    configured_in(conf.parent, conf, ("red", "base"))
    error = "Delivery '2.csv', line 1: it has the column 'z'. Nothing of it was taken. Declare it "
    assert concrete(f"{error}under `schema` in catalog.yml").endswith(
        "under `schema` in conf/red/globals.yml, line 1"
    )
    assert words_of("Delivery '2.csv', column 'alcohol': 'x'") == ["alcohol", "x"]


def test_where_nothing_is_known_the_words_stay(conf):
    """In a notebook, or of a word that stands nowhere."""
    assert concrete(refused("dubble")) == refused("dubble")
    configured_in(conf.parent, conf, ("red", "base"))
    assert ENTRY in concrete(f"'nowhere' is wrong. Correct the entry in {ENTRY}")


def test_what_was_typed_wins_over_files(conf, monkeypatch):
    """`--params` overrides them."""
    configured_in(conf.parent, conf, ("red", "base"))
    monkeypatch.setattr(sys, "argv", ["kedro", "run", "--params", "alcohol=dubble,type=x"])
    assert concrete(refused("dubble")).endswith("Correct the entry in --params")


@pytest.mark.parametrize("typed", [("--env", "red"), ("-e", "red"), ("--env=red",)])
def test_a_command_on_a_table_is_advised_for_the_environment_that_was_typed(monkeypatch, typed):
    """In another one the table of that name is another."""
    monkeypatch.setattr(sys, "argv", ["/bin/kedro", "run", *typed])
    for command in ("kedro deliveries anew samples", "kedro history samples"):
        assert concrete(f"Take them: {command}") == f"Take them: {command} --env red"
    assert concrete("Take them: kedro run") == "Take them: kedro run --env red"
    assert concrete("kedro history samples --env blue").endswith("samples --env blue")
    monkeypatch.setattr(sys, "argv", ["/bin/kedro", "run"])
    assert concrete("kedro history samples") == "kedro history samples"


def test_run_again_repeats_what_was_typed(monkeypatch):
    """Quoted as a shell takes it; the error itself, which a record keeps, stays as it is."""
    error = LakeproofError("Correct the file and run again: kedro run")
    assert error.format_message().endswith("run again: kedro run")
    monkeypatch.setattr(sys, "argv", ["/bin/kedro", "run", "--params", "a=b c"])
    assert error.format_message().endswith("run again: kedro run --params 'a=b c'")
    assert error.message.endswith("run again: kedro run")
    monkeypatch.setenv("LAKEPROOF_RERUN", "request.json")
    assert error.format_message().endswith("run again: kedro run")


def test_what_is_too_long_to_be_typed_again_is_not_repeated(monkeypatch):
    """The command is named."""
    monkeypatch.setattr(sys, "argv", ["kedro", "run", "--params", "a=" + "b" * 1000])
    assert as_typed() == "kedro run …"


def test_a_secret_that_was_typed_is_not_repeated(monkeypatch):
    """Nor is it in the log of whoever runs it by a schedule."""
    typed = "db.password=hunter2,train.seed=7,api_token=x y"
    monkeypatch.setattr(sys, "argv", ["/bin/kedro", "run", "--params", typed])
    assert as_typed() == "kedro run --params 'db.password=…,train.seed=7,api_token=…'"
