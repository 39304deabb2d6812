"""Stages say what they would do, one evaluator carries them out, and a failed one is named."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_args

import deltalake
import polars as pl
import pytest

from lakeproof.errors import LakeproofError
from lakeproof.record.facts import FileFacts, ModelRead
from lakeproof.reproduce.needed_tables import find_tables
from lakeproof.reproduce.outcomes import Factor
from lakeproof.reproduce.plan import Plan
from lakeproof.reproduce.stages import dry_run
from lakeproof.reproduce.stages import execute as evaluator
from lakeproof.reproduce.stages.dry_run import DryRun, describe
from lakeproof.reproduce.stages.execute import execute
from lakeproof.reproduce.stages.stage_results import Context, StageError
from lakeproof.reproduce.stages.stage_types import (
    BuildEnvironment,
    CheckOut,
    Compare,
    Keep,
    KnownFaults,
    PlaceFiles,
    PlaceModels,
    Register,
    RunChild,
    Stage,
    StartTables,
    VerifyTables,
    stages_of,
)

from .builders import a_record, a_table_read, a_table_written, sha

ORDER = [
    VerifyTables,
    CheckOut,
    KnownFaults,
    PlaceFiles,
    PlaceModels,
    StartTables,
    BuildEnvironment,
    RunChild,
    Register,
    Compare,
    Keep,
]


def a_plan(**changes: Any) -> Plan:
    record = replace(a_record(), lakeproof="0.2.0")
    plan = Plan(record, (), {"samples": "3"}, record.environment, True, (), ())
    return replace(plan, **changes)


def an_older_plan() -> Plan:
    return a_plan(record=replace(a_record(), lakeproof=None))


@pytest.fixture
def context(tmp_path: Path) -> Context:
    """A place for stages that touches no store."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    tracking = SimpleNamespace(uri=f"sqlite:///{tmp_path}/runs.db")
    records: Any = SimpleNamespace(artifact=lambda uri: None, ended=[], tracking=tracking)
    records.client = SimpleNamespace(set_terminated=lambda *how: records.ended.append(how))
    return Context(scratch, tmp_path, lambda file: None, records, lambda line: None)


def test_a_re_run_has_nine_stages_and_one_of_an_older_version_ten():
    """What is verified comes before what is run, and what is kept comes after the verdict."""
    older = [type(stage) for stage in stages_of(an_older_plan())]
    assert older == [kind for kind in ORDER if kind is not PlaceModels]
    newer = [type(stage) for stage in stages_of(a_plan())]
    assert newer == [kind for kind in older if kind is not KnownFaults]


def test_a_model_that_the_run_loaded_from_mlflow_is_brought_before_it_runs():
    """Where it loaded none there is no such stage."""
    record = a_plan().record
    models = (ModelRead("champion", "models:/wine@best", "models:/wine/7", "sha256:" + "0" * 64),)
    record = replace(record, inputs=replace(record.inputs, models=models))
    stages = [type(stage) for stage in stages_of(a_plan(record=record))]
    assert stages == [kind for kind in ORDER if kind is not KnownFaults]


@pytest.mark.parametrize("kind", get_args(Stage))
def test_every_stage_can_be_told_and_carried_out(kind: Any):
    """A new one that only one of the two knows would be found out in the middle of a re-run."""
    assert kind in ORDER
    assert describe.dispatch(kind) is not describe.dispatch(object)
    carry_out = vars(evaluator._Evaluation)["carry_out"].dispatcher
    assert carry_out.dispatch(kind) is not carry_out.dispatch(object)
    assert len({stage.name for stage in ORDER}) == len(ORDER)


def test_a_failed_stage_says_its_name_and_no_later_one_is_begun(context: Context):
    code = replace(a_record().code, commit=None)
    begun: list[str] = []
    context = replace(context, say=begun.append)
    stages = [CheckOut(code, a_record().configuration), VerifyTables(())]

    with pytest.raises(StageError) as failed:
        execute(
            [
                *stages,
                RunChild("x", "local", {}, a_record().configuration, a_record().compute, code),
            ],
            context,
        )

    assert failed.value.stage == "check out"
    (sentence,) = failed.value.missing
    assert sentence.startswith("At stage 'check out': The run was not made from a git commit")
    assert begun == ["Checking out commit None"]


def test_a_table_of_other_content_ends_the_re_run_before_anything_is_checked_out(
    context: Context, tmp_path: Path
):
    folder = tmp_path / "data" / "samples"
    deltalake.write_deltalake(folder, pl.DataFrame({"id": ["A1"]}).to_arrow())
    read = a_table_read("samples", version=0, digest="rs1:other")
    record = a_record()
    record = replace(record, inputs=replace(record.inputs, tables=(read,)))
    tables = find_tables(record, tmp_path, lambda name: None).tables

    with pytest.raises(StageError) as failed:
        execute([VerifyTables(tables), CheckOut(record.code, record.configuration)], context)

    assert failed.value.stage == "verify tables"
    assert "recorded rs1:other. That would be no re-run." in failed.value.missing[0]
    assert not (context.scratch / "project").exists()


@pytest.mark.parametrize("stage", [PlaceFiles(()), Register("x"), Keep("x")])
def test_a_stage_without_the_one_before_it_is_a_mistake_of_who_composed_them(
    context: Context, stage: Stage
):
    with pytest.raises(RuntimeError, match=f"The stage '{stage.name}' needs the stage '.+' before"):
        execute([stage], context)


@pytest.mark.parametrize("step", ["begin", "finish"])
def test_a_verdict_is_told_before_it_is_stored_and_where_it_cannot_be(
    context: Context, monkeypatch: pytest.MonkeyPatch, step: str
):
    """A colleague with the right to read has the verdict, and a sentence."""
    said: list[Any] = []

    def refused(*_: Any) -> str:
        said.append(step)
        raise PermissionError("Permission denied")

    monkeypatch.setattr(evaluator.store_rerun, "begin", lambda *_: "77aa")
    monkeypatch.setattr(evaluator.store_rerun, step, refused)
    records: Any = context.records
    records.metrics = lambda run_id: {}
    context = replace(context, say=said.append, tell=lambda one: said.append(one.verdict))
    evaluation = evaluator._Evaluation(context)
    evaluation.result.record = a_record()

    evaluation.carry_out(Register("x"))
    evaluation.carry_out(Compare(a_record(), ()))
    evaluation.carry_out(Keep("x"))

    sentence = (
        "The re-run cannot be stored in MLflow: Permission denied. The verdict holds all the "
        "same; keep it with --json --output FILE or --report FILE."
    )
    comparison = evaluation.result.comparison
    assert comparison is not None
    if step == "begin":
        assert said == ["begin", sentence, comparison.verdict]
        assert comparison.rerun_id is None
    else:
        assert said == [comparison.verdict, "finish", sentence]
        assert comparison.rerun_id == "77aa"
        assert records.ended == [("77aa", "KILLED")]


@pytest.mark.parametrize("is_kept", [False, True])
def test_a_registered_run_without_a_verdict_does_not_seem_to_go_on(context: Context, is_kept: bool):
    evaluation = evaluator._Evaluation(context)
    evaluation.result.registered, evaluation.result.is_kept = "77aa", is_kept
    evaluation.give_up()
    assert context.records.ended == ([] if is_kept else [("77aa", "KILLED")])


def test_what_fails_after_registering_is_given_up(
    context: Context, monkeypatch: pytest.MonkeyPatch
):
    """Whatever the error is: an interrupt, too."""

    def interrupted(self: Any, stage: Any) -> None:
        self.result.registered = "77aa"
        raise KeyboardInterrupt

    monkeypatch.setattr(evaluator._Evaluation, "carry_out", interrupted)
    with pytest.raises(KeyboardInterrupt):
        execute([Register("x")], context)
    assert context.records.ended == [("77aa", "KILLED")]


def test_stages_of_two_runs_make_a_third():
    """Each holds what it needs: code of one run, files and tables of another."""
    one, other = stages_of(a_plan()), stages_of(a_plan(record=a_record(models=())))
    mixed = (*one[:2], *other[2:])
    assert [told["stage"] for told in dry_run.document(DryRun("x", mixed))["stages"]] == [
        stage.name for stage in mixed
    ]


def test_sizes_and_names_are_told(tmp_path: Path):
    folder = tmp_path / "data" / "samples"
    for _ in range(2):
        deltalake.write_deltalake(folder, pl.DataFrame({"id": ["A1"]}).to_arrow(), mode="append")
    size = sum(file.stat().st_size for file in folder.glob("*.parquet"))
    record = a_record()
    write = a_table_written("samples", mode="merge", started_at=1, started_digest="rs1:b")
    record = replace(
        record,
        inputs=replace(record.inputs, tables=()),
        outputs=replace(record.outputs, tables=(write,)),
    )
    tables = find_tables(record, tmp_path, lambda name: None).tables

    verify, start = describe(VerifyTables(tables)), describe(StartTables(tables))
    assert (verify.names, verify.size) == (("samples@1",), size)
    assert verify.does.startswith("read 1 table version (")
    assert (start.names, start.size) == (("samples@1",), size)

    file = FileFacts("raw", "data/01_raw/a.csv", sha("a"), 3 * 1024**2)
    own = replace(file, path="data/b.csv", is_own=True)
    told = describe(PlaceFiles((file, own)))
    assert (told.names, told.size) == (("a.csv",), 3 * 1024**2)
    assert told.does == "copy 1 file that the run read (3.0 MiB)"


def test_it_says_whether_the_environment_is_the_same_or_built_again():
    environment = a_record().environment
    assert "is the recorded one" in describe(BuildEnvironment(environment, True)).does
    assert "built again: Python 3." in describe(BuildEnvironment(environment, False)).does
    assert "as it is (--here)" in describe(BuildEnvironment(environment, True, True)).does


def test_pins_and_another_engine_are_told():
    run = next(stage for stage in stages_of(a_plan()) if isinstance(stage, RunChild))
    assert describe(run).does.endswith("with samples:3 pinned")
    asked: Any = SimpleNamespace(name="spark")
    assert "on the spark engine" in describe(replace(run, engine=asked)).does


def test_what_is_missing_is_said_last_and_it_could_not_start():
    factor = Factor("package:polars", "2.0", "2.1", is_setup=True)
    dry = DryRun("3f9c2a7b00", stages_of(a_plan()), ("File a.csv is not there.",), (factor,))
    text = dry_run.render(dry)
    assert "Another than recorded: package:polars" in text
    assert text.endswith(
        "Missing:\n  File a.csv is not there.\n\nIt could not start. Nothing was run."
    )
    assert dry_run.exit_code(dry) == 2
    document = dry_run.document(dry)
    assert (document["can_start"], document["missing"]) == (False, ["File a.csv is not there."])


def test_where_nothing_is_missing_it_says_what_to_type():
    dry = DryRun("3f9c2a7b00", stages_of(a_plan()))
    assert dry_run.render(dry).endswith("Nothing was run. Run it: kedro reproduce 3f9c2a7b")
    assert dry_run.exit_code(dry) == 0


def test_an_error_of_a_stage_is_one_of_ours():
    assert issubclass(StageError, LakeproofError)
