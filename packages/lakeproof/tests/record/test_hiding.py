"""What others are shown, and what the log gets to hold."""

import io
import logging

import pytest

from lakeproof.record.redaction.log_filter import LogWithoutSecrets, hidden, without_async_hint
from lakeproof.record.redaction.secrets import Secrets

SECRETS = Secrets.of(["open-says-me"], {})


@pytest.fixture
def log():
    """What a handler of the root logger writes."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    root = logging.getLogger()
    before = root.handlers[:]
    root.handlers[:] = [handler]
    yield stream
    root.handlers[:] = before


def test_a_value_is_shown_without_its_secret_for_a_while():
    """And is there again, the very same, afterwards; also after an error."""
    given = {"params": {"api_token": "open-says-me", "trees": 5}}
    whole = given["params"]
    with hidden(given, "params", SECRETS):
        assert given["params"] == {"api_token": "***", "trees": 5}
    assert given["params"] is whole
    with pytest.raises(KeyError), hidden(given, "params", SECRETS):
        raise KeyError
    assert given["params"] is whole


def test_the_log_holds_no_secret_until_it_is_let_go(log):
    """In the message, its arguments, a traceback; other messages are left as they are."""
    hiding = LogWithoutSecrets(SECRETS)
    logging.warning("with open-says-me")
    logging.warning("with %s", "open-says-me")
    try:
        raise ValueError("no open-says-me")
    except ValueError:
        logging.exception("it failed")
    logging.warning("%s trees", 5)
    text = log.getvalue()
    assert "open-says-me" not in text
    assert text.startswith("with ***\nwith ***\nit failed\nTraceback")
    assert text.endswith("ValueError: no ***\n5 trees\n")
    hiding.stop()
    logging.warning("with open-says-me")
    assert log.getvalue().endswith("with open-says-me\n")


def test_a_message_whose_arguments_do_not_fit_stops_nothing(log, monkeypatch):
    """Whoever logs must not fail over it."""
    monkeypatch.setattr(logging, "raiseExceptions", False)
    hiding = LogWithoutSecrets(SECRETS)
    logging.warning("%d trees", "five")
    logging.warning("on")
    hiding.stop()
    assert log.getvalue() == "on\n"


def test_kedro_recommends_no_async_while_nodes_run(caplog):
    """Other lines of its runner are left."""
    logger = logging.getLogger("kedro.runner.sequential_runner")
    hint = "Using synchronous mode for loading and saving data. Use the --async flag"
    with caplog.at_level(logging.INFO, logger.name):
        with without_async_hint():
            logger.info(hint)
            logger.info("Completed node")
        logger.info(hint)
    assert [record.message for record in caplog.records] == ["Completed node", hint]
