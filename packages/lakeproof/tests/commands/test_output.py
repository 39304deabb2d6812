"""What commands print: JSON, tables for people, and files that are written whole or not at all."""

import errno
import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lakeproof.commands import output
from lakeproof.commands.command_errors import OutputError
from lakeproof.commands.output import to_json, trouble_is, write_atomically
from lakeproof.terminal import layout as table

COLUMNS = {"name": "left", "rows": "right"}


def test_the_schema_number_comes_first_and_the_keys_keep_their_order():
    """Text is written as it is, not as escapes."""
    text = to_json({"z": None, "a": "Müller"})
    assert list(json.loads(text)) == ["schema", "z", "a"]
    assert '"Müller"' in text


def test_output_goes_to_the_file_and_nothing_to_standard_output(lakehouse, tmp_path):
    """With or without --json; the file is the document that --json prints."""
    expected = lakehouse.run("history", "samples", "--json").stdout
    for extra in ([], ["--json"]):
        done = lakehouse.run("history", "samples", "--output", str(tmp_path / "h.json"), *extra)
        assert done.stdout == ""
        assert (tmp_path / "h.json").read_text() == expected
        assert f"Wrote {tmp_path / 'h.json'}" in done.stderr


def test_an_output_that_cannot_be_written_is_noticed_before_anything_is_done(lakehouse, tmp_path):
    """A pin is not written either."""
    before = lakehouse.read("conf/base/catalog.yml")
    gone = tmp_path / "gone" / "p.json"
    done = lakehouse.run("pin", "samples=0", "--output", str(gone), code=2)
    assert f"there is no folder {gone.parent}" in " ".join(done.stderr.split())
    assert lakehouse.read("conf/base/catalog.yml") == before


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        (errno.EEXIST, "Something else lies where {path} is needed"),
        (errno.ENOTDIR, "A file lies where a folder is needed, at {path}"),
        (errno.EACCES, "This user may not do that at {path}"),
        (errno.EROFS, "Nothing can be written at {path}"),
        (errno.ENOSPC, "The disk of {path} is full"),
    ],
)
def test_what_the_system_refuses_is_no_bug(tmp_path, code, advice):
    """It is told at which path, and what to do there."""
    path = str(tmp_path / "held")
    with pytest.raises(OutputError) as caught, trouble_is(2):
        raise RuntimeError("not kept") from OSError(code, os.strerror(code), path)
    assert advice.format(path=path) in caught.value.message
    assert "then type again: kedro" in caught.value.message
    assert "bug" not in caught.value.message


def test_what_nobody_knows_is_a_bug_or_not_supported():
    """No path is named, or nothing can be done there."""
    with pytest.raises(OutputError, match="This is a bug, or a case not supported"), trouble_is(2):
        raise OSError(errno.ENOSPC, "no space left")


def test_a_reader_that_has_enough_is_no_trouble():
    """`kedro show last | head`: the shell's code for a closed pipe, and not a word."""
    code = """
import sys
import click
from lakeproof.commands.output import trouble_is

@click.command()
def tell():
    with trouble_is(2):
        click.echo("the first line")
        sys.stdin.readline()
        click.echo("the second line")
tell()
"""
    command, pipe = [sys.executable, "-c", code], subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        process.stdin.write(b"go on\n")
        process.stdin.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


def on_a_terminal(monkeypatch):
    """Let standard output be a terminal of twenty columns."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(shutil, "get_terminal_size", lambda *_, **__: os.terminal_size((20, 10)))
    monkeypatch.setenv("TERM", "xterm")


def test_columns_line_up_and_a_missing_value_is_a_dash():
    """Numbers to the right; no blanks at the end of a line."""
    text = table(COLUMNS, [["a", 12345], ["bcdef", None]])
    assert text == "name    rows\na      12345\nbcdef      -"


def test_in_a_pipe_nothing_is_cut():
    """However narrow the terminal was."""
    assert "x" * 500 in table(COLUMNS, [["x" * 500, 1]])


def test_a_terminal_gets_lines_that_fit(monkeypatch):
    """The widest column gives way, down to what can still be recognised; the heading is bold."""
    on_a_terminal(monkeypatch)
    heading, line = table(COLUMNS, [["x" * 50, 7]]).splitlines()
    assert heading.startswith("\x1b[1mname")
    assert line == "x" * 13 + "…     7"
    many = table({str(i): "left" for i in range(9)}, [["y" * 50] * 9]).splitlines()[1]
    assert many == "  ".join(["yyyyyyy…"] * 9)


def test_a_terminal_that_knows_no_bold_gets_none(monkeypatch):
    """An editor's shell would show the codes."""
    on_a_terminal(monkeypatch)
    monkeypatch.setenv("TERM", "dumb")
    assert table(COLUMNS, [["a", 7]]).splitlines()[0] == "name  rows"


def test_what_looks_like_markup_is_shown_as_it_is():
    """A name in brackets is a name."""
    text = table({"[bold]x[/]": "left"}, [["[red]a[/red] :smile: https://x.org"]])
    assert text == "[bold]x[/]\n[red]a[/red] :smile: https://x.org"


def test_no_colour_is_none_where_it_is_not_wanted(monkeypatch):
    """`NO_COLOR` counts for verdicts, too."""
    written = io.StringIO()
    monkeypatch.setattr(written, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdout", written)
    for value in ("", "1"):
        monkeypatch.setenv("NO_COLOR", value)
        output.emit({}, lambda: "\x1b[32mREPEATED\x1b[0m", as_json=False, output=None)
    assert written.getvalue() == "\x1b[32mREPEATED\x1b[0m\nREPEATED\n"


def test_a_firm_column_is_cut_last():
    """A time is of no use without its end; a long name mostly is."""
    columns = {"time": "left", "name": "left"}
    rows = [["2026-11-24 01:14:08", "z" * 12]]
    cut = [table(columns, rows, width, ["time"]).splitlines()[1] for width in (30, 25, 4)]
    assert cut == [
        "2026-11-24 01:14:08  zzzzzzzz…",
        "2026-11-24 01:…  zzzzzzz…",
        "2026-11…  zzzzzzz…",
    ]


def test_wide_characters_take_two_cells_and_accents_none():
    """Columns of other scripts line up too."""
    text = table(COLUMNS, [["葡萄", 1], ["u\u0308x", 2]])
    assert text.splitlines()[1:] == ["葡萄     1", "u\u0308x       2"]
    assert table(COLUMNS, [["葡萄葡萄葡萄", 1]], width=15).splitlines()[1] == "葡萄葡萄…     1"


def test_what_would_steer_the_terminal_is_not_shown():
    """But spelled out: others write commits too."""
    assert table(COLUMNS, [["a\x1b[31m\nb", 1]]).splitlines()[1] == "a\\x1b[31m\\nb     1"


def test_a_file_is_replaced_whole_with_its_permissions(tmp_path):
    """A new one gets those of the user's mask."""
    there, new = tmp_path / "there", tmp_path / "new"
    there.write_text("old")
    there.chmod(0o604)
    umask = os.umask(0o027)
    try:
        write_atomically(there, b"content")
        write_atomically(new, b"content")
    finally:
        os.umask(umask)
    assert there.read_bytes() == new.read_bytes() == b"content"
    assert there.stat().st_mode & 0o777 == 0o604
    assert new.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("step", ["fsync", "access"])
def test_a_file_that_cannot_be_written_is_as_it_was(tmp_path, monkeypatch, step):
    """And nothing is left beside it."""
    path = tmp_path / "file"
    path.write_text("old")

    def full(*_: object) -> bool:
        if step == "access":
            return False
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(output.os, step, full)
    with pytest.raises(OutputError, match=r"cannot be written: (No space left|it is read-only)"):
        write_atomically(path, b"new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_cannot_be_removed_is_said(tmp_path):
    """A folder is none."""
    with pytest.raises(OutputError, match="cannot be removed"):
        output.remove(Path(tmp_path))
