"""What a logged model says it needs."""

from importlib.metadata import version

from lakeproof.model.requirements import installed_versions, locked_versions


def test_the_lock_gives_versions_for_this_platform_alone(tmp_path):
    """Without hashes, comments and other platforms' lines."""
    lock = tmp_path / "run.txt"
    lock.write_text(
        "# made by a tool\n"
        "numpy==2.4.6 ; python_full_version < '3.99' \\\n    --hash=sha256:aa \\\n"
        "    --hash=sha256:bb\n    # via x\n"
        "pywin32==1 ; sys_platform == 'none'\n"
        "skops==0.16.0\n"
    )
    assert locked_versions(lock) == ["numpy==2.4.6", "skops==0.16.0"]


def test_without_a_lock_a_model_asks_for_what_loads_it():
    """At the versions that are installed here."""
    assert f"skops=={version('skops')}" in installed_versions()
