"""Whether an environment is that of a run, and what differs."""

from dataclasses import replace

from lakeproof.record.facts import ChangedFile
from lakeproof.reproduce.environment.same_environment import differences, is_same, patched
from lakeproof.reproduce.outcomes import Factor

from .environments import keep, with_version


def test_an_environment_is_the_same_as_itself(here):
    """And nothing differs."""
    assert is_same(here, here)
    assert differences(here, here) == ()


def test_what_is_installed_beside_is_a_factor_and_leaves_it_the_same(here):
    """It was not there to be imported, and now it is."""
    more = with_version(here, "zzz", "1.0")
    assert is_same(here, more)
    assert differences(here, more) == (Factor("package:zzz", None, "1.0", is_setup=False),)


def test_a_distribution_that_is_gone_or_of_another_version_makes_it_another(here):
    """Named with both versions."""
    older = with_version(here, "packaging", "20.0")
    version = next(each.version for each in here.distributions if each.name == "packaging")
    assert not is_same(here, older)
    assert differences(here, older) == (
        Factor("package:packaging", version, "20.0", is_setup=True),
    )
    without = keep(here, *(each.name for each in here.distributions if each.name != "packaging"))
    assert not is_same(here, without)
    assert differences(here, without) == (
        Factor("package:packaging", version, None, is_setup=True),
    )


def test_another_commit_of_one_version_is_another_distribution(here):
    """A version does not tell what a repository held."""
    first = with_version(here, "tool", "1.0", "https://host.example/tool.git@aaa")
    second = with_version(here, "tool", "1.0", "https://host.example/tool.git@bbb")
    assert not is_same(first, second)
    assert differences(first, second) == (
        Factor(
            "package:tool",
            "1.0 (https://host.example/tool.git@aaa)",
            "1.0 (https://host.example/tool.git@bbb)",
            is_setup=True,
        ),
    )


def test_the_project_itself_is_left_out(here):
    """Its code has its own digest; in a rebuilt environment it is not installed."""
    another = with_version(here, "winery", "7.0", "project")
    uninstalled = keep(here, *(each.name for each in here.distributions if each.name != "winery"))
    for facts in (another, uninstalled):
        assert is_same(here, facts)
        assert is_same(facts, here)
        assert differences(here, facts) == differences(facts, here) == ()


def test_another_interpreter_is_another_environment_and_another_build_a_factor(here):
    """A patch version can change results; two builds of one are meant to be alike."""
    patched = replace(here, python="3.11.999")
    assert not is_same(here, patched)
    assert differences(here, patched) == (Factor("python", here.python, "3.11.999", is_setup=True),)
    pypy = replace(here, implementation="PyPy")
    assert not is_same(here, pypy)
    assert differences(here, pypy)[0].actual == f"PyPy {here.python}"
    rebuilt = replace(here, build="elsewhere")
    assert is_same(here, rebuilt)
    assert differences(here, rebuilt) == (
        Factor("python build", here.build, "elsewhere", is_setup=True),
    )


def test_java_and_jars_are_factors(here):
    """Where a run had them."""
    spark = replace(here, java="17.0.9", jars={"delta-spark.jar": "sha256:aa"})
    assert [(each.factor, each.expected) for each in differences(spark, here)] == [
        ("java", "17.0.9"),
        ("jar:delta-spark.jar", "sha256:aa"),
    ]


def test_a_library_patched_in_place_makes_it_another_environment(here):
    """On whichever side; nobody else could rebuild it, and so the same patch is none either."""
    clean = replace(here, changed_files=())
    changed = ChangedFile("numpy", "numpy/core.py", "sha256:aa")
    patch = replace(here, changed_files=(changed,))
    factor = "package:numpy (changed: numpy/core.py)"
    assert differences(clean, patch) == (Factor(factor, None, "sha256:aa", is_setup=True),)
    assert differences(patch, clean) == (Factor(factor, "sha256:aa", None, is_setup=True),)
    assert not is_same(clean, patch)
    assert not is_same(patch, clean)
    gone = replace(here, changed_files=(replace(changed, digest=None),))
    assert differences(patch, gone) == (Factor(factor, "sha256:aa", "gone", is_setup=True),)
    assert differences(patch, patch) == ()
    assert patched(patch) == ("numpy (numpy/core.py)",)
    assert patched(clean) == patched(replace(here, changed_files=None)) == ()


def test_a_module_of_nobody_counts_where_a_run_imported_it(here):
    """What merely lies there does not; nor what an older record did not look for."""
    clean = replace(here, changed_files=())
    stray = ChangedFile(None, "stray.py", "sha256:aa", is_loaded=True)
    loaded, lying = (
        replace(here, changed_files=(replace(stray, is_loaded=is_loaded),))
        for is_loaded in (True, False)
    )
    assert differences(loaded, clean) == (
        Factor("installed:stray.py", "sha256:aa", None, is_setup=True),
    )
    assert not is_same(loaded, clean)
    assert differences(clean, lying) == differences(lying, clean) == ()
    assert differences(loaded, lying) == ()
    older = replace(here, changed_files=None)
    assert differences(older, loaded) == differences(loaded, older) == ()
    assert patched(loaded) == ()
