import pytest
import yaml
from lakeproof.frames import read_settings

from winery.pipelines.evaluate.settings import EvaluateSettings
from winery.pipelines.feature.settings import FeatureSettings
from winery.pipelines.train.estimators import make_estimator
from winery.pipelines.train.settings import TrainSettings

BASE_KEYS = ["engine", "example", "key", "target", "task", "schema", "csv", "sources"]


@pytest.fixture
def tables(request):
    def read(env):
        path = request.config.rootpath / "conf" / env / "globals.yml"
        return yaml.safe_load(path.read_text())

    return read


def test_globals_name_the_table_and_only_the_base_the_engine(tables):
    assert list(tables("base")) == BASE_KEYS
    assert list(tables("wine_quality")) == BASE_KEYS[1:]


@pytest.mark.parametrize(("env", "own"), [("local", "base"), ("wine_quality", "wine_quality")])
def test_the_parameters_of_each_environment_fit_its_table(conf, tables, env, own):
    """Kedro merges parameters softly: what the base says must not break another table."""
    given, table = conf(env), tables(own)
    feature = read_settings(FeatureSettings, given["feature"], "feature")
    train = read_settings(TrainSettings, given["train"], "train")
    evaluate = read_settings(EvaluateSettings, given["evaluate"], "evaluate")
    expected = (table["key"], table["target"])
    assert {(part.key, part.target) for part in (feature, train, evaluate)} == {expected}
    assert {train.task, evaluate.task} == {table["task"]}
    used = {
        *expected,
        *feature.columns,
        *(name for pair in feature.ratios.values() for name in pair),
    }
    assert used <= set(table["schema"])
    make_estimator(
        train.task,
        train.estimator,
        hyperparameters=train.own_hyperparameters,
        seed=train.seed,
    )


def test_wine_quality_is_the_published_forest(conf):
    train = read_settings(TrainSettings, conf("wine_quality")["train"], "train")
    assert (train.task, train.estimator) == ("regression", "random_forest")
    assert train.own_hyperparameters == {"n_estimators": 1000, "max_features": "sqrt"}


def test_another_estimator_is_one_parameter_away(conf):
    train = read_settings(TrainSettings, conf(train={"estimator": "linear"})["train"], "train")
    assert (train.estimator, train.own_hyperparameters) == ("linear", {})


def test_each_task_draws_its_own_picture(request):
    """The picture that does not suit stays in memory, so that no empty file is made."""
    conf = request.config.rootpath / "conf"
    base = yaml.safe_load((conf / "base/catalog.yml").read_text())
    regression = yaml.safe_load((conf / "wine_quality/catalog.yml").read_text())
    pictures = ("confusion_matrix", "residual_plot")
    assert [base[name]["type"] == "MemoryDataset" for name in pictures] == [False, True]
    assert [regression[name]["type"] == "MemoryDataset" for name in pictures] == [True, False]
    assert set(regression) == set(pictures)
