"""What differs between the inputs of two runs: everything is named, nothing else is."""

from dataclasses import replace

import pytest

from lakeproof.record.facts import Distribution, FileFacts, Library, Surroundings
from lakeproof.reproduce.comparison.factors import factors, parameter_factors
from lakeproof.reproduce.outcomes import Factor

from .builders import a_content, a_record, a_table_read, digest, sha


def names(actual, expected=None):
    return [one.factor for one in factors(expected or a_record(), actual)]


def the_one(actual, expected=None):
    (found,) = factors(expected or a_record(), actual)
    return found


def with_tables(*tables):
    record = a_record()
    return replace(record, inputs=replace(record.inputs, tables=tables))


def with_files(*paths_and_contents):
    record = a_record()
    files = [FileFacts("labels", path, sha(text), 1) for path, text in paths_and_contents]
    return replace(record, inputs=replace(record.inputs, files=tuple(files)))


def with_compute(**changes):
    return a_record(compute=replace(a_record().compute, **changes))


def test_two_equal_runs_differ_in_nothing():
    """The check itself is no factor."""
    assert factors(a_record(), a_record()) == ()


def test_the_order_is_data_parameters_code_configuration_packages_machine():
    """What most likely matters comes first."""
    record = a_record()
    packages = (Distribution("numpy", "2.5.0"), *record.environment.distributions[1:])
    actual = a_record(
        inputs=replace(
            record.inputs,
            tables=(a_table_read(digest=digest("other"), version=4),),
            files=(FileFacts("labels", "data/labels.csv", sha("other"), 1),),
        ),
        parameters=replace(record.parameters, values={"seed": 2}),
        code=replace(record.code, tree=digest("other", "sha256")),
        configuration=replace(record.configuration, files=(a_content("base/catalog.yml", "x"),)),
        environment=replace(record.environment, python="3.12.1", distributions=packages),
        compute=replace(
            record.compute,
            threads={"OMP_NUM_THREADS": "2", "PYTHONHASHSEED": "0"},
            libraries=(Library("blas", "mkl", "2025", "AVX2", 1),),
            engine="spark",
            engine_configuration={"spark.master": "local[2]"},
            cpu="Another CPU",
            machine="arm64",
            cores=8,
            memory_gib=16,
            os="Darwin 24",
        ),
    )
    assert names(actual) == [
        "data:samples",
        "file:data/labels.csv",
        "parameter:train.trees",
        "parameter:train.rate",
        "parameter:seed",
        "code",
        "configuration:base/catalog.yml",
        "python",
        "package:numpy",
        "thread settings",
        "blas kernel",
        "blas library",
        "engine",
        "cpu",
        "machine",
        "cores",
        "memory",
        "os",
    ]
    setup = [one.factor for one in factors(record, actual) if one.is_setup]
    assert setup == names(actual)[7:]


def test_other_content_of_a_table_is_told_with_version_and_digest():
    """The version alone does not tell, where a table was made again."""
    found = the_one(with_tables(a_table_read(digest=digest("other"), version=4)))
    assert found == Factor(
        "data:samples",
        {"version": 3, "digest": digest("samples")},
        {"version": 4, "digest": digest("other")},
    )


def test_another_version_with_the_same_content_is_no_other_data():
    """Such as after a compaction."""
    assert the_one(with_tables(a_table_read(version=4))) == Factor("version:samples", 3, 4)


def test_two_versions_of_one_table_are_told_apart():
    """The second reading is compared with the second."""
    old, older = (a_table_read(version=2, digest=digest(name)) for name in ("old", "older"))
    found = the_one(with_tables(a_table_read(), older), with_tables(a_table_read(), old))
    assert found.expected == {"version": 2, "digest": digest("old")}
    found = the_one(with_tables(older, a_table_read()), with_tables(old, a_table_read()))
    assert found.actual == {"version": 2, "digest": digest("older")}


def test_what_a_run_wrote_itself_is_no_input():
    """Neither its content nor its id: a first run makes its tables."""
    own = a_table_read("features", version=9, is_own=True, digest=digest("x"), table_id="y")
    assert names(with_tables(a_table_read(), own)) == []
    record = a_record()
    own_file = FileFacts("metrics", "data/metrics.json", sha("x"), 1, is_own=True)
    files = (*record.inputs.files, own_file)
    with_own = replace(record, inputs=replace(record.inputs, files=files))
    assert names(with_own) == names(record, with_own) == []


def test_a_table_that_one_run_found_stands_beside_the_one_that_the_other_made_and_read():
    """A run of all pipelines, and one that was pinned: which data each saw is the question."""
    found = with_tables(a_table_read(version=0, digest=digest("old")))
    own = with_tables(a_table_read(version=1, is_own=True))
    old = {"version": 0, "digest": digest("old")}
    new = {"version": 1, "digest": digest("samples")}
    assert factors(found, own) == (Factor("data:samples", old, new),)
    assert factors(own, found) == (Factor("data:samples", new, old),)
    assert factors(with_tables(a_table_read(version=1)), own) == ()


def test_a_delivery_more_is_one_factor():
    """Files are matched by path, and by name in a folder that has moved."""
    red, white = ("data/red.csv", "red"), ("data/white.csv", "white")
    assert the_one(with_files(red, white), with_files(red)) == Factor(
        "file:data/white.csv", None, f"sha256:{sha('white')}"
    )
    moved = with_files(("/mnt/white.csv", "white"), ("/mnt/red.csv", "other"))
    assert the_one(moved, with_files(red, white)) == Factor(
        "file:data/red.csv", f"sha256:{sha('red')}", f"sha256:{sha('other')}"
    )
    swapped = with_files(("data/red.csv", "white"), ("data/white.csv", "red"))
    assert len(names(swapped, with_files(red, white))) == 2


@pytest.mark.parametrize(
    ("expected", "actual", "found"),
    [
        ({"a": {"b": 1}}, {"a": {"b": 2}}, [("parameter:a.b", 1, 2)]),
        ({"a": 1}, {"a": True}, [("parameter:a", 1, True)]),
        ({"a": 1}, {"a": 1.0}, [("parameter:a", 1, 1.0)]),
        ({"a": 0.0}, {"a": -0.0}, [("parameter:a", 0.0, -0.0)]),
        ({"a": "1"}, {"a": 1}, [("parameter:a", "1", 1)]),
        ({"a": [1, 2]}, {"a": [2, 1]}, [("parameter:a", [1, 2], [2, 1])]),
        ({"a": [True]}, {"a": [1]}, [("parameter:a", [True], [1])]),
        ({"a": [{"b": 1}]}, {"a": [{"b": 1.0}]}, [("parameter:a", [{"b": 1}], [{"b": 1.0}])]),
        (
            {"a": {"b": 1, "c": 2}},
            {},
            [("parameter:a.b", 1, None), ("parameter:a.c", 2, None)],
        ),
        ({}, {"a": {"b": 1}}, [("parameter:a.b", None, 1)]),
        ({"a": {"b": 1}}, {"a": 5}, [("parameter:a", {"b": 1}, 5)]),
        ({"a": {}}, {"a": {"b": 1}}, [("parameter:a.b", None, 1)]),
        ({"a": {}}, {}, [("parameter:a", {}, None)]),
        ({"a.b": 1}, {"a": {"b": 1}}, [("parameter:a.b", 1, None), ("parameter:a.b", None, 1)]),
        ({"a": float("nan"), "b": (1, 2)}, {"a": float("nan"), "b": [1, 2]}, []),
        ({}, {}, []),
    ],
)
def test_parameters_are_compared_leaf_by_leaf_with_their_types(expected, actual, found):
    """`1` is not `True`, nor `1.0`; what is not there is null."""
    told = [(one.factor, one.expected, one.actual) for one in parameter_factors(expected, actual)]
    assert [(name, repr(a), repr(b)) for name, a, b in told] == [
        (name, repr(a), repr(b)) for name, a, b in found
    ]


def test_code_is_told_with_its_changed_files_alone():
    """Another commit with the same sources is the same code."""
    record = a_record()
    code = replace(record.code, files={**record.code.files, "src/new.py": sha("new")})
    assert names(a_record(code=replace(code, commit="f" * 40))) == []
    found = the_one(a_record(code=replace(code, tree=digest("other", "sha256"))))
    assert found.factor == "code"
    assert found.expected["files"] == {"src/new.py": None}
    assert found.actual["files"] == {"src/new.py": f"sha256:{sha('new')}"}
    assert found.expected["commit"] == record.code.commit


def test_a_configuration_file_that_only_one_run_had_is_named():
    """Those that git ignores too."""
    record = a_record()
    files = (*record.configuration.files, a_content("local/globals.yml", "engine: spark\n"))
    actual = a_record(configuration=replace(record.configuration, files=files))
    assert the_one(actual) == Factor(
        "configuration:local/globals.yml", None, f"sha256:{sha('engine: spark' + chr(10))}"
    )


def test_packages_and_java_are_those_of_the_environment():
    """Once each, whoever tells them."""
    record = a_record()
    found = Distribution("extra", "1.0")
    more = (found, *record.environment.distributions)
    actual = a_record(
        environment=replace(
            record.environment, distributions=more, java="17.0.1", jars={"delta.jar": "sha256:1"}
        )
    )
    assert sorted(names(actual)) == ["jar:delta.jar", "java", "package:extra"]


def test_of_thread_settings_only_those_that_differ_are_shown():
    """What was asked for, and what the native pools made of it."""
    libraries = (replace(a_record().compute.libraries[0], threads=2),)
    found = the_one(with_compute(threads={"OMP_NUM_THREADS": None, "PYTHONHASHSEED": "0"}))
    assert (found.expected, found.actual) == (
        {"OMP_NUM_THREADS": "1"},
        {"OMP_NUM_THREADS": None},
    )
    found = the_one(with_compute(libraries=libraries))
    assert (found.factor, found.actual) == ("thread settings", {"openblas threads": 2})


def test_polars_threads_are_a_thread_setting():
    """Asked for by a variable, and told by Polars itself."""
    polars = Library("polars", "polars", "2.1.0", None, 1)
    compute = a_record().compute
    ours = with_compute(
        threads={**compute.threads, "POLARS_MAX_THREADS": "1"},
        libraries=(*compute.libraries, polars),
    )
    theirs = with_compute(
        threads={**compute.threads, "POLARS_MAX_THREADS": "4"},
        libraries=(*compute.libraries, replace(polars, threads=4)),
    )
    assert the_one(theirs, ours) == Factor(
        "thread settings",
        {"POLARS_MAX_THREADS": "1", "polars threads": 1},
        {"POLARS_MAX_THREADS": "4", "polars threads": 4},
        is_setup=True,
    )


@pytest.mark.parametrize(
    ("changes", "factor"),
    [
        ({"time_zone": "Asia/Tokyo"}, "time zone"),
        ({"locale": "de_DE.UTF-8"}, "locale"),
        ({"variables": {"LANG": "de_DE.UTF-8"}}, "locale"),
        ({"variables": {"PYTHONOPTIMIZE": "1"}}, "python settings"),
        ({"variables": {"TZ": "UTC"}}, None),
        ({"umask": "0077"}, "umask"),
        ({"c_library": "musl 1.2.4"}, "c library"),
    ],
)
def test_what_lies_around_the_process_is_a_factor_of_its_own(changes, factor):
    """The zone is what counts, not who named it."""
    here = Surroundings("UTC", "C", {}, "0022", "glibc 2.36")
    ours, theirs = (
        with_compute(surroundings=here),
        with_compute(surroundings=replace(here, **changes)),
    )
    assert [(one.factor, one.is_setup) for one in factors(ours, theirs)] == (
        [(factor, True)] if factor else []
    )


def test_the_runner_and_whether_it_waited_are_factors():
    """Threads end in another order."""
    ours = with_compute(runner="SequentialRunner", is_async=False)
    theirs = with_compute(runner="ThreadRunner", is_async=True)
    assert names(theirs, ours) == ["runner", "async"]


def test_what_an_older_record_did_not_look_at_is_no_factor():
    """Nothing is known of it; neither is that it was another."""
    here = Surroundings("UTC", "C", {}, "0022", "glibc 2.36")
    newer = with_compute(surroundings=here, runner="SequentialRunner", is_async=False)
    assert names(newer) == names(a_record(), newer) == []


def test_the_kernel_is_told_apart_from_the_library():
    """Another CPU changes the one, another wheel the other."""
    (library,) = a_record().compute.libraries
    found = the_one(with_compute(libraries=(replace(library, architecture="SkylakeX"),)))
    assert found == Factor("blas kernel", "openblas Haswell", "openblas SkylakeX", is_setup=True)
    found = the_one(with_compute(libraries=(replace(library, version="0.3.31"),)))
    assert found.factor == "blas library"


def test_a_library_that_only_one_run_happened_to_load_is_no_factor():
    """An import more on the way; one that both had and that is another still is."""
    (library,) = a_record().compute.libraries
    more = (library, replace(library, version="0.3.28", threads=2), replace(library, user_api="x"))
    assert factors(a_record(), with_compute(libraries=more)) == ()
    assert factors(with_compute(libraries=more), a_record()) == ()
    assert factors(a_record(), with_compute(libraries=())) == ()
    others = (library, replace(library, version="0.3.27"))
    found = factors(with_compute(libraries=more), with_compute(libraries=others))
    assert [one.factor for one in found] == ["blas library"]
    assert found[0].actual == "openblas 0.3.27, openblas 0.3.30"


def test_the_order_in_which_pipelines_were_named_is_no_factor():
    """Kedro orders nodes by what they need."""
    one, other = (
        a_record(run=replace(a_record().run, pipelines=names))
        for names in (("train", "evaluate"), ("evaluate", "train"))
    )
    assert factors(one, other) == ()
    assert names(a_record(run=replace(a_record().run, pipelines=("train",)))) == ["pipelines"]


def test_how_the_run_was_asked_for_is_named():
    """It explains what is missing in one of the two."""
    run = replace(a_record().run, pipelines=("train",), kedro_env="wine_quality")
    assert names(a_record(run=run)) == ["pipelines", "kedro env"]


def test_one_of_two_pools_of_a_kind_that_is_another_is_a_factor():
    """As many libraries on either side: none of them was merely loaded on the way."""
    (library,) = a_record().compute.libraries
    two = replace(a_record().compute, libraries=(library, library))
    for changed, factor in (
        (replace(library, threads=2), "thread settings"),
        (replace(library, architecture="SkylakeX"), "blas kernel"),
    ):
        other = replace(two, libraries=(library, changed))
        found = factors(a_record(compute=two), a_record(compute=other))
        assert [one.factor for one in found] == [factor]


def test_a_factor_that_a_project_added_is_compared_where_both_have_it():
    """A run from before it was there says nothing of it."""
    basel, jena = (with_compute(factors={"lab": lab}) for lab in ("Basel", "Jena"))
    assert factors(basel, jena) == (Factor("lab", "Basel", "Jena", is_setup=True),)
    assert names(basel) == names(a_record(), basel) == []
