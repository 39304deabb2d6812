from dataclasses import dataclass, field
from typing import Any

import pytest

from lakeproof.frames import read_settings, with_settings


@dataclass(frozen=True)
class Split:
    salt: str | int
    share: float = 0.5


@dataclass(frozen=True)
class Settings:
    columns: tuple[str, ...]
    split: Split
    ratios: dict[str, tuple[str, str]] = field(default_factory=dict)
    by_name: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self):
        if "" in self.columns:
            raise ValueError("A column has no name.")


GIVEN = {"columns": ["a"], "split": {"salt": 1}}


def read(**given) -> Settings:
    return read_settings(Settings, GIVEN | given, "feature")


def test_settings_are_made_of_plain_values_which_stay_as_they_are():
    given = {"columns": ["a", "b"], "split": {"salt": 1}, "ratios": {"r": ["a", "b"]}}
    before = repr(given)
    settings = read_settings(Settings, given, "feature")
    assert settings == Settings(("a", "b"), Split(1, 0.5), {"r": ("a", "b")}, {})
    assert repr(given) == before


def test_null_is_an_empty_tuple_or_mapping_and_takes_an_entry_away():
    settings = read(columns=None, ratios={"r": None, "s": ["a", "b"]}, by_name=None)
    assert (settings.columns, settings.ratios, settings.by_name) == ((), {"s": ("a", "b")}, {})


def test_null_in_a_mapping_of_anything_is_a_value():
    """`max_features: null` is another forest than the default."""
    given = {"random_forest": {"max_features": None}, "linear": None}
    assert read(by_name=given).by_name == {"random_forest": {"max_features": None}}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"colums": 1}, r"'feature' has no parameter 'colums'.*takes: columns, split, ratios"),
        ({"split": {}}, "'feature.split' lacks the parameter 'salt'"),
        ({"split": {"salt": 1, "sald": 2}}, "'feature.split' has no parameter 'sald'"),
        ({"split": None}, "'feature.split' is None, not a mapping"),
        ({"ratios": 5}, "'feature.ratios' is 5, not a mapping"),
        ({"by_name": {"linear": 5}}, "'feature.by_name.linear' is 5, not a mapping"),
        ({"columns": [""]}, "A column has no name"),
    ],
)
def test_what_the_dataclass_does_not_take_is_refused_by_its_dotted_name(change, message):
    with pytest.raises(ValueError, match=message):
        read(**change)


@pytest.mark.parametrize("values", [None, "salt", ["salt"]])
def test_what_is_no_mapping_is_refused(values):
    with pytest.raises(ValueError, match="not a mapping"):
        read_settings(Settings, values, "feature")


def test_the_refusal_of_many_unknown_parameters_is_short():
    with pytest.raises(ValueError, match="has no parameter") as refusal:
        read(**{f"name_{number}": 1 for number in range(10_000)})
    assert len(str(refusal.value)) < 400


takes_split = with_settings(Split, "split")


@takes_split
def first_node(rows: list, settings: Split) -> tuple[list, Split]:
    """Say what it got."""
    return rows, settings


@takes_split
def second_node(settings: Split) -> Split:
    return settings


def test_a_node_takes_a_dataclass_where_kedro_hands_it_a_dict():
    expected = ([1], Split("a"))
    assert first_node([1], {"salt": "a"}) == first_node([1], settings={"salt": "a"}) == expected
    assert first_node([1], Split("a")) == expected
    assert (first_node.__name__, first_node.__doc__) == ("first_node", "Say what it got.")


def test_settings_are_read_once_for_all_nodes_and_again_when_they_change():
    given = {"salt": "a"}
    settings = second_node(given)
    assert first_node([], {"salt": "a"})[1] is settings
    given["salt"] = "b"
    assert second_node(given) == Split("b")
    assert second_node({"salt": 1}).salt is not second_node({"salt": True}).salt


def test_an_unknown_parameter_ends_the_node():
    with pytest.raises(ValueError, match="'split' has no parameter 'sald'"):
        second_node({"salt": 1, "sald": 2})


def test_kedro_leaves_the_dict_of_such_a_node_alone():
    """Kedro 1.7 makes a dataclass of `params:split` itself where a node's annotation names one."""
    from kedro.pipeline import Node, Pipeline
    from kedro.validation.parameter_validator import ParameterValidator

    nodes = Pipeline([Node(second_node, "params:split", "out", name="second_node")])
    given = {"split": {"salt": 1}}
    assert ParameterValidator({"__default__": nodes}).validate_raw_params(given) == given


@dataclass(frozen=True)
class Names:
    columns: str | tuple[str, ...] = "all"
    key: str | list[str] = "id"
    but: tuple[str, ...] = ()
    target: str = "y"
    name: str | None = None


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"columns": 7}, "'n.columns' is 7; it must be text or a list of names"),
        ({"columns": None}, "'n.columns' is None; it must be text or a list of names"),
        ({"columns": ["a", 7]}, "'n.columns' has 7, which is no text; put quotes around it"),
        ({"key": {"a": 1}}, r"'n.key' is {'a': 1}; it must be text or a list of names"),
        ({"but": [True]}, "'n.but' has True, which is no text"),
        ({"target": ["y"]}, r"'n.target' is \['y'\]; it must be text\."),
    ],
)
def test_what_is_neither_a_name_nor_a_list_of_names_is_refused(given, said):
    """Python would have said that a number cannot be iterated."""
    assert read_settings(Names, {"columns": ["a"], "name": None}, "n").columns == ["a"]
    with pytest.raises(ValueError, match=said):
        read_settings(Names, given, "n")
