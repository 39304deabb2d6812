"""The secrets of services that are told by their form, by the patterns of detect-secrets.

Only those that begin with, or hold, a text of their own: never a name beside what looks random, nor
what our own digests, git's ids, base64 and plain words look like. Nothing is asked for over a
network. What patterns of our own find is not here (`secret_text`).
"""

import logging
import re
import warnings
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import NamedTuple

from lakeproof.record.redaction.secret_marks import Searched

# How far around a mark its secret may reach.
_BEFORE, _BEHIND = 160, 160
# What goes on behind a pattern that asks for the fewest characters.
_REST = re.compile(r"[\w-]*")


class _Service(NamedTuple):
    name: str
    module: str
    detector: str
    marks: tuple[str, ...]
    is_within: bool = False


_SERVICES = (
    _Service("AWS", "aws", "AWSKeyDetector", ("AKIA", "ASIA", "ABIA", "ACCA")),
    _Service(
        "GitHub", "github_token", "GitHubTokenDetector", ("ghp_", "gho_", "ghu_", "ghs_", "ghr_")
    ),
    _Service(
        "GitLab",
        "gitlab_token",
        "GitLabTokenDetector",
        (
            *("glpat-", "gldt-", "glft-", "glsoat-", "glrt-", "GR1348941", "glcbt-", "glimt-"),
            *("glptt-", "glagent-", "gloas-"),
        ),
    ),
    _Service(
        "Mailchimp",
        "mailchimp",
        "MailchimpDetector",
        tuple(f"-us{digit}" for digit in range(1, 10)),
        is_within=True,
    ),
    _Service("OpenAI", "openai", "OpenAIDetector", ("T3BlbkFJ",), is_within=True),
    _Service("PyPI", "pypi_token", "PypiTokenDetector", ("pypi-AgEI", "pypi-AgEN")),
    _Service("SendGrid", "sendgrid", "SendGridDetector", ("SG.",)),
    _Service("Slack", "slack", "SlackDetector", ("https://hooks.slack.com/services/",)),
    _Service("Square", "square_oauth", "SquareOAuthDetector", ("sq0csp-",)),
    _Service("Stripe", "stripe", "StripeDetector", ("sk_live_", "rk_live_")),
)


def services_in(searched: Searched) -> Iterator[tuple[str, int, int]]:
    """Give the secrets of services in a text: the service, and where each begins and ends.

    Most texts hold none of the marks, so detect-secrets is hardly ever imported.
    """
    text = searched.text
    for service in _SERVICES:
        for mark in filter(searched.holds, service.marks):
            place = text.find(mark)
            while place >= 0:
                found = _found(service, text, place)
                if found:
                    yield service.name, *found
                place = text.find(mark, max(place + 1, found[1] if found else 0))


def _found(service: _Service, text: str, place: int) -> tuple[int, int] | None:
    """Find the secret that has its mark at a place; what begins within a word is none."""
    if not service.is_within and _is_within_word(text, place):
        return None
    first = max(0, place - _BEFORE) if service.is_within else place
    for pattern in _patterns(service.module, service.detector):
        look = pattern.search if service.is_within else pattern.match
        found = look(text, first, place + _BEHIND)
        if found and not _is_within_word(text, found.start()):
            rest = _REST.match(text, found.end())
            return found.start(), rest.end() if rest else found.end()
    return None


def _is_within_word(text: str, place: int) -> bool:
    return place > 0 and text[place - 1].isalnum()


@cache
def _patterns(module: str, detector: str) -> tuple[re.Pattern[str], ...]:
    shown = warnings.showwarning
    patterns = getattr(import_module(f"detect_secrets.plugins.{module}"), detector).denylist
    if warnings.showwarning is not shown:
        # It turns warnings into log lines when it is imported (core/log.py of 1.5.0).
        logging.captureWarnings(False)
    return tuple(patterns)
