"""What lies around a process: recorded, and restored."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from lakeproof.record.factors.surroundings import (
    gather_surroundings,
    restored_umask,
    restored_variables,
)
from lakeproof.record.facts import Surroundings

GATHER = """
import json
from dataclasses import asdict
from lakeproof.record.factors.surroundings import gather_surroundings
print(json.dumps(asdict(gather_surroundings())))
"""


@pytest.fixture
def berlin(tmp_path) -> Path:
    """A machine's `/etc/localtime`."""
    link = tmp_path / "localtime"
    link.symlink_to("/usr/share/zoneinfo/Europe/Berlin")
    return link


def a_setting(**changes) -> Surroundings:
    return replace(Surroundings("UTC", "C", {}, "0022", "glibc 2.36"), **changes)


def gathered(environ: dict[str, str]) -> Surroundings:
    """Gather in a process that has nothing but these variables and what it needs to start."""
    bare = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", GATHER], env=bare | environ, capture_output=True, check=True
    )
    return Surroundings(**json.loads(done.stdout))


@pytest.mark.parametrize(
    ("variable", "zone"),
    [
        ("Asia/Tokyo", "Asia/Tokyo"),
        (":Asia/Tokyo", "Asia/Tokyo"),
        ("/home/me/zoneinfo/Asia/Tokyo", "Asia/Tokyo"),
        ("/home/me/mine", None),
        ("", "UTC"),
        ("Etc/UTC", "UTC"),
        ("CET-1CEST", "CET-1CEST"),
    ],
)
def test_a_time_zone_is_told_by_its_name_and_never_by_its_place(berlin, variable, zone):
    """As the variable has it, which wins over the machine's."""
    found = gather_surroundings({"TZ": variable}, berlin)
    assert (found.time_zone, found.variables.get("TZ")) == (zone, zone)


def test_without_the_variable_it_is_the_machines(berlin, tmp_path):
    """A link into the database, or none at all; a file that has no name has none here either."""
    found = gather_surroundings({}, berlin)
    assert (found.time_zone, found.variables) == ("Europe/Berlin", {})
    assert gather_surroundings({}, tmp_path / "none").time_zone == "UTC"
    copied = tmp_path / "copied"
    copied.write_bytes(b"TZif2")
    assert gather_surroundings({}, copied).time_zone is None


def test_variables_that_decide_something_are_recorded_and_no_others():
    """No folder of this machine, no key of a service."""
    found = gather_surroundings(
        {
            "LANG": "de_DE.UTF-8",
            "LC_ALL": "",
            "PYTHONOPTIMIZE": "1",
            "PYTHONPATH": "/home/me",
            "PYTHONINSPECT": "1",
            "API_KEY": "none of ours",
        }
    )
    assert found.variables == {"LANG": "de_DE.UTF-8", "PYTHONOPTIMIZE": "1"}


def test_a_variable_that_is_no_text_can_be_written_down():
    """The system hands over bytes, and a record is UTF-8."""
    found = gather_surroundings({"LANG": b"de_DE.\xff".decode("utf-8", "surrogateescape")})
    assert found.variables == {"LANG": r"de_DE.\udcff"}


def test_the_machines_zone_is_set_only_where_this_machine_has_another(berlin):
    """So that a re-run at home has what the run had: nothing."""
    unset = a_setting(time_zone="Europe/Berlin")
    assert restored_variables(unset, berlin)["TZ"] is None
    elsewhere = a_setting(time_zone="Asia/Tokyo")
    assert restored_variables(elsewhere, berlin)["TZ"] == "Asia/Tokyo"
    told = a_setting(time_zone="Asia/Tokyo", variables={"TZ": "Asia/Tokyo"})
    assert restored_variables(told, berlin)["TZ"] == "Asia/Tokyo"


def test_nothing_but_these_names_is_ever_set(berlin):
    """A record may have been written by somebody else."""
    crafted = a_setting(
        variables={"PATH": "/tmp", "LD_PRELOAD": "/tmp/x.so", "PYTHONPATH": "/tmp", "LANG": "a\0b"}
    )
    given = restored_variables(crafted, berlin)
    assert not {"PATH", "LD_PRELOAD", "PYTHONPATH", "PYTHONINSPECT"} & given.keys()
    assert set(given.values()) <= {None, "UTC"}


@pytest.mark.parametrize(
    ("recorded", "umask"),
    [("0027", 0o027), ("0000", 0), ("0777", None), ("0700", None), ("9", None), (None, None)],
)
def test_a_umask_is_restored_where_its_owner_can_still_read(recorded, umask):
    """Else the re-run could not have its own files."""
    assert restored_umask(a_setting(umask=recorded)) == umask


def test_a_process_that_gets_them_has_them_again():
    """Time zone, locale, Python's own: read back by the process itself."""
    then = gathered({"TZ": "Asia/Tokyo", "LC_ALL": "C.UTF-8", "PYTHONOPTIMIZE": "1"})
    assert (then.time_zone, then.variables["PYTHONOPTIMIZE"]) == ("Asia/Tokyo", "1")
    other = {"LANG": "C", "PYTHONUTF8": "0", "PYTHONOPTIMIZE": "2"}
    assert gathered(other) != then
    wanted = {**dict.fromkeys(other), **restored_variables(then)}
    restored = {name: value for name, value in {**other, **wanted}.items() if value is not None}
    assert gathered(restored) == then
