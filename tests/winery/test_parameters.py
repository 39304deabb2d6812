from dataclasses import dataclass

import pytest

from winery.parameters import (
    checked,
    require_fraction,
    require_task,
)


@dataclass(frozen=True)
class Settings:
    salt: str
    share: float = 0.5


def test_known_parameters_come_back_as_a_copy():
    given = {"salt": "a"}
    taken = checked(Settings, given, "feature")
    taken["salt"] = "b"
    assert given == {"salt": "a"}


def test_an_unknown_parameter_is_refused_with_those_that_there_are():
    with pytest.raises(ValueError, match=r"'feature' has no parameter 'sald'.*takes: salt, share"):
        checked(Settings, {"salt": "a", "sald": "b"}, "feature")


def test_a_missing_parameter_is_refused():
    with pytest.raises(ValueError, match="'feature' lacks the parameter 'salt'"):
        checked(Settings, {"share": 0.1}, "feature")


@pytest.mark.parametrize("values", [None, "salt", ["salt"]])
def test_what_is_no_mapping_is_refused(values):
    with pytest.raises(ValueError, match="not a mapping"):
        checked(Settings, values, "feature")


def test_the_refusal_of_many_unknown_parameters_is_short():
    with pytest.raises(ValueError, match="has no parameter") as refusal:
        checked(Settings, {f"name_{number}": 1 for number in range(10_000)}, "feature")
    assert len(str(refusal.value)) < 400


def test_a_task_is_one_of_two():
    require_task("regression", "train")
    with pytest.raises(ValueError, match=r"'train.task' is 'ranking'.*classification, regression"):
        require_task("ranking", "train")


@pytest.mark.parametrize("value", [0.0001, 0.25, 1, 1.0])
def test_a_fraction_is_from_one_step_to_all(value):
    require_fraction(value, "train.sample_fraction", most=10_000)


@pytest.mark.parametrize(
    "value", [0, 0.00001, -0.5, 1.01, True, "0.1", None, float("nan"), float("inf")]
)
def test_what_is_no_fraction_is_refused_with_those_that_are(value):
    with pytest.raises(ValueError, match=r"'train.sample_fraction' is .* from 0.0001 to 1\."):
        require_fraction(value, "train.sample_fraction", most=10_000)


def test_a_split_may_not_take_all():
    with pytest.raises(ValueError, match=r"from 0.0001 to 0.9999\."):
        require_fraction(1.0, "feature.split.test_fraction", most=9_999)
