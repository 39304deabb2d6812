"""What is set for one statement of Spark stands for no other."""

from unittest.mock import MagicMock

import pytest

from lakeproof.delta.spark import spark_merge


class Conf(dict):
    """A session's settings, one of which may not be changed, as on a server."""

    def set(self, key: str, value: str) -> None:
        if key == "fixed":
            raise ValueError(key)
        self[key] = value

    def unset(self, key: str) -> None:
        self.pop(key, None)


def test_a_setting_that_is_refused_leaves_none_of_those_before_it(monkeypatch):
    """What a commit is to say, and by which number it is known, would go into the next one."""
    conf = Conf(told="before")
    monkeypatch.setattr(spark_merge, "spark", lambda: MagicMock(conf=conf))
    wanted = {"told": "now", "metadata": "this commit's", "fixed": "x"}
    with pytest.raises(ValueError, match="fixed"), spark_merge._set(wanted):
        pass
    assert conf == {"told": "before"}
