"""Records with one or more facts that are none, through all that reads a record.

`make test-fuzz SEED=7 COUNT=500` makes a project with one run,
forges its record that often, sealed as it should be, and prints what came of it. Looked for: a file
that is written, deleted or linked outside of the project's own scratch, a process other than git
and uv, a connection, a crash, a character that steers a terminal. Whatever is found is printed with
the number by which it can be repeated (`--only N` of this module).
"""

import argparse
import base64
import copy
import hashlib
import json
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.proof.conftest import digests
from tests.proof.crafted import Asked, in_this_process
from tests.proof.parts import record_file, seal

from conftest import Project, copy_project
from lakeproof.record.code.source import tree_digest

TEXTS = (
    *("", " ", "x", "x" * 5_000, "a" * 200_000, "\0", "a\0b", "\n", "a\r\nb", "\x1b[2J\x9b31m"),
    *("\u202eevil", "\u2066", "\ud800", "e\u0301", "\ufeff", "\u2167", "\ufb01", "\U0001d7db"),
    *("null", "NaN", "1e999", "--option", "-x", "--upload-pack=touch pwned", "-c x=y"),
    *("--index-url=http://127.0.0.1:9/", "../x", "../" * 30 + "etc/passwd", "a/../../../x"),
    *("/etc/passwd", "/", ".", "..", "~", "~root", "..\\..\\x", "C:\\x", "\\\\host\\x"),
    *("file:///etc/passwd", "http://127.0.0.1:9/x", "x://y", "ext::sh -c touch% pwned"),
    *("git@-oProxyCommand=x:y", "${oc.env:HOME}", "$(touch pwned)", "`touch pwned`"),
    *("; touch pwned", "| touch pwned", "%s%n", "{0}", "{{ 7 * 7 }}", "<script>", "os.system"),
    *("numpy @ file:///tmp/x", "numpy; x", "0" * 40, "0" * 64, "HEAD", "sha256:" + "0" * 64),
    *("VICTIM", "VICTIM/precious.txt", "data/01_raw", "conf", ".git/config", ".git/hooks/x"),
    *(".lakeproof", "src", "rs1:" + "0" * 32, "2026-11-24T10:00:00.000Z", "samples", "3.11.7"),
)
NUMBERS = (-1, 0, 1, 7, 2**31, 2**63, 10**30, -(10**30), 0.5, -0.0, 1e308, 5e-324)
OTHERS = (None, True, False, [], {}, [[]], [None], {"": ""}, {"$float": "nan"}, {"$pairs": []})
KEYS = ("LD_PRELOAD", "PATH", "PYTHONSTARTUP", "params:x", "conf_source", "runner", "env")

# Of Python's audit events, those that change something, start something or ask somebody.
_CHANGES = {
    "os.mkdir": (0,),
    "os.remove": (0,),
    "os.rmdir": (0,),
    "os.rename": (0, 1),
    "os.link": (1,),
    "os.symlink": (1,),
    "os.truncate": (0,),
    "os.chmod": (0,),
    "os.utime": (0,),
    "shutil.rmtree": (0,),
    "shutil.move": (0, 1),
}
_ASKS = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "urllib.Request")
_STARTS = ("os.system", "os.exec", "os.posix_spawn", "os.startfile", "pty.spawn", "webbrowser.open")


@dataclass
class Watch:
    """What this process does while it is looked at, as far as it must not.

    Args:
        allowed: The folders and files in which anything may be written.
        found: What it did elsewhere.
        started: The programs that it started, and how often.
    """

    allowed: tuple[Path, ...]
    found: list[str] = field(default_factory=list)
    started: Counter[str] = field(default_factory=Counter)
    is_on: bool = False

    def __call__(self, event: str, args: tuple[Any, ...]) -> None:
        """Take note of an event; an audit hook must not fail."""
        if not self.is_on:
            return
        if event in _ASKS or event in _STARTS:
            self.found.append(f"{event} {args!r}"[:300])
        elif event == "subprocess.Popen":
            name = os.path.basename(os.fsdecode(args[0]))
            self.started[name] += 1
            if name not in ("git", "uv"):
                self.found.append(f"{event} {args!r}"[:300])
        elif event == "open":
            path, _, flags = args
            is_writing = (flags or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC)
            if is_writing and isinstance(path, str | bytes):
                self._written(event, path)
        elif event in _CHANGES and not any(isinstance(one, int) and one > 0 for one in args[1:]):
            # What is named below an open folder was asked for with that folder.
            for place in _CHANGES[event]:
                if isinstance(args[place], str | bytes):
                    self._written(event, args[place])

    def _written(self, event: str, path: str | bytes) -> None:
        place = os.path.realpath(os.path.dirname(os.path.abspath(os.fsdecode(path))))
        name = os.path.join(place, os.path.basename(os.fsdecode(path)))
        # A file without a name is opened by its folder.
        is_nameless = name == os.path.realpath(tempfile.gettempdir())
        is_page = os.path.basename(name).startswith(".page.html.")
        # A folder of our own for a moment, beside others'.
        moment = os.path.join(os.path.realpath(tempfile.gettempdir()), "lakeproof-")
        if is_nameless or is_page or name.startswith(moment):
            return
        if not any(name == str(one) or name.startswith(f"{one}/") for one in self.allowed):
            self.found.append(f"{event} {name}"[:300])


@contextmanager
def watched(watch: Watch) -> Iterator[Watch]:
    """Look at what this process does. The hook stays, and says nothing afterwards."""
    sys.addaudithook(watch)
    writes, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        yield watch
    finally:
        watch.is_on = False
        sys.dont_write_bytecode = writes


class Forger:
    """Make forged documents out of an honest one, each by its number.

    Args:
        content: The honest one.
        seed: Of all that is random.
        victim: A folder that is nobody's business.
    """

    def __init__(self, content: bytes, seed: int, victim: Path) -> None:
        self._content, self._seed, self._victim = content, seed, victim

    def content(self, number: int) -> tuple[bytes, list[str]]:
        """Give the forged document of a number, and what is forged in it."""
        chance = random.Random(f"{self._seed} {number}")
        document = json.loads(self._content)
        told = [self._forge(document, chance) for _ in range(chance.choice((1, 1, 1, 2, 3)))]
        if chance.random() < 0.7:
            _agree(document)
        # Half of a character is written as JSON escapes it.
        text = json.dumps(document, ensure_ascii=number % 2 == 0)
        return text.encode(errors="surrogatepass"), told

    def _forge(self, document: Any, chance: random.Random) -> str:
        places = list(_places(document))
        if chance.random() < 0.15:
            places = [place for place in places if not _is_leaf(_at(document, place))] or places
        place = chance.choice(_one_a_section(places, chance))
        holder, key = _at(document, place[:-1]), place[-1]
        value = holder[key]
        kind = chance.random()
        if kind < 0.06 and isinstance(holder, dict):
            del holder[key]
            return f"{place} deleted"
        if isinstance(value, dict) and kind < 0.6:
            name = chance.choice((*TEXTS, *KEYS)).replace("VICTIM", str(self._victim))
            value[name] = chance.choice((*value.values(), "x", None)) if value else "x"
            return f"{place} has {name[:40]!r}"
        if isinstance(value, list) and value and kind < 0.6:
            value.append(copy.deepcopy(chance.choice(value)))
            return f"{place} twice"
        holder[key] = other = self._another(value, document, chance)
        return f"{place} = {other!r:.60}"

    def _another(self, value: Any, document: Any, chance: random.Random) -> Any:
        kind = chance.random()
        if kind < 0.08:
            return copy.deepcopy(chance.choice(OTHERS))
        if isinstance(value, bool):
            return not value
        if isinstance(value, int | float) and kind < 0.9:
            return chance.choice(NUMBERS)
        if isinstance(value, str) and kind < 0.35:
            # A fact of another place, which may be one here, too.
            texts = [_at(document, place) for place in _places(document)]
            return chance.choice([text for text in texts if isinstance(text, str)])
        text = chance.choice(TEXTS).replace("VICTIM", str(self._victim))
        if isinstance(value, str) and value and kind < 0.5:
            # As it was, but for one place of it.
            at = chance.randrange(len(value))
            return value[:at] + chance.choice((text[:20], "0", "/", " ")) + value[at + 1 :]
        return text


class Fuzzer:
    """Put forged records of one run through all that reads one.

    Args:
        project: Whose run it is. What lies beside it must stay as it is.
        run_id: The run.
        ask: Asks a command in this process.
        seed: Of all that is random.
    """

    def __init__(self, project: Project, run_id: str, ask: Asked, seed: int) -> None:
        self.outcomes: Counter[str] = Counter()
        self.found: list[str] = []
        self._project, self._run_id, self._ask = project, run_id, ask
        self._content = record_file(project, run_id).read_bytes()
        victim = project.path.parent / "victim"
        victim.mkdir(exist_ok=True)
        (victim / "precious.txt").write_text("precious")
        self._forger = Forger(self._content, seed, victim)
        project_path = project.path.resolve()
        ours = ("page.html", ".lakeproof", "mlflow.db", "mlartifacts", "info.log", "logs")
        # The prefixes of folders for a moment.
        others = (Path(tempfile.gettempdir()).resolve() / name for name in ("lakeproof", "tmp"))
        self.watch = Watch((*(project_path / name for name in ours), *others, Path("/dev/null")))

    def run(self, numbers: Iterable[int]) -> None:
        """Put forged records through; then the run has its own again."""
        before = self._surroundings()
        with watched(self.watch):
            for number in numbers:
                self._one(number)
        self._put(self._content)
        after = self._surroundings()
        places = before.keys() | after.keys()
        changed = sorted(place for place in places if before.get(place) != after.get(place))
        if changed:
            self.found.append(f"changed outside of scratch: {changed[:10]}")

    def _one(self, number: int) -> None:
        content, told = self._forger.content(number)
        self._put(content)
        commands = [
            ("check", self._run_id),
            ("show", self._run_id),
            ("show", self._run_id, "--json"),
            ("show", self._run_id, "--report", "page.html"),
            ("compare", self._run_id, self._run_id),
            ("reproduce", self._run_id, "--here", "--report", "page.html"),
        ]
        if number % 5 == 0:
            commands.append(("reproduce", self._run_id, "--json"))
        said = ""
        for command in commands:
            said = self._say(command, f"{number} {command[0]} {told}")
        self.outcomes[_outcome(said)] += 1

    def _say(self, command: tuple[str, ...], name: str) -> str:
        said = ""
        self.watch.is_on = True
        try:
            said = self._ask(self._project, *command)
        except Exception as error:
            self.found.append(f"{name}: {type(error).__name__}: {error}"[:1_000])
        finally:
            self.watch.is_on = False
        page = self._project.path / "page.html"
        shown = said + (page.read_text() if page.exists() else "")
        page.unlink(missing_ok=True)
        if steering := sorted({ascii(one) for one in shown if steers(one)}):
            self.found.append(f"{name}: says {steering}")
        self.found += [f"{name}: {one}" for one in self.watch.found]
        self.watch.found.clear()
        return said

    def _put(self, content: bytes) -> None:
        record_file(self._project, self._run_id).write_bytes(content)
        seal(self._project, self._run_id, content)

    def _surroundings(self) -> dict[str, str]:
        name = self._project.path.name
        ours = tuple(
            f"{name}/{one}" for one in (".lakeproof/", "mlflow.db", "mlartifacts/", "info")
        )
        found = digests(self._project.path.parent)
        return {path: digest for path, digest in found.items() if not path.startswith(ours)}


def _outcome(said: str) -> str:
    for words, outcome in (
        ("would be started now", "reached the child"),
        ("is damaged", "refused when read"),
        ("is not a record", "refused when read"),
        ("newer Lakeproof", "refused when read"),
        ("not a number from 1", "refused when read"),
        ("INCONCLUSIVE", "inconclusive"),
        ("has no result to reproduce", "not finished"),
    ):
        if words in said:
            return outcome
    return "read"


def steers(character: str) -> bool:
    """Tell whether a terminal or a page would do more with a character than show it."""
    return not character.isprintable() and character not in "\n\t"


def _places(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items:
        yield (*way, key)
        if isinstance(item, dict | list):
            yield from _places(item, (*way, key))


def _one_a_section(places: list[Any], chance: random.Random) -> list[Any]:
    """Let a hundred files of code not be looked at a hundred times as often as a commit."""
    shapes: dict[tuple[Any, ...], list[Any]] = {}
    for place in places:
        is_name = len(place) > 2 and place[1] in ("files", "distributions", "values", "locks")
        shape = place[:2] if is_name and place[0] == "code" else place
        shape = tuple("*" if isinstance(step, int) else step for step in shape)
        shapes.setdefault(shape, []).append(place)
    return [chance.choice(found) for found in shapes.values()]


def _at(document: Any, place: tuple[Any, ...]) -> Any:
    for step in place:
        document = document[step]
    return document


def _is_leaf(value: Any) -> bool:
    return not isinstance(value, dict | list)


def _agree(document: dict[str, Any]) -> None:
    """Let what can be reckoned of a record fit what is forged, as far as it is still there."""
    try:
        code, configuration = document["code"], document["configuration"]
        for content in (*code["untracked"], *configuration["files"], code["diff"] or {}):
            held = content.get("text")
            data = held.encode() if held is not None else base64.b64decode(content["base64"])
            content.update(sha256=hashlib.sha256(data).hexdigest(), size=len(data))
        code["tree"] = tree_digest(code["files"])
        found = {file["path"]: file["sha256"] for file in configuration["files"]}
        configuration["digest"] = tree_digest(found)
    except (KeyError, TypeError, ValueError, AttributeError):
        return


def _main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seed", type=int, default=2026)
    options.add_argument("--count", type=int, default=300)
    options.add_argument("--only", type=int, help="the number of one record")
    asked = options.parse_args()
    started = time.monotonic()
    os.environ["UV_OFFLINE"] = "1"
    with (
        tempfile.TemporaryDirectory(prefix="fuzz-") as folder,
        pytest.MonkeyPatch.context() as patch,
    ):
        project = copy_project(Path(folder, "project"))
        run_id = project.kedro("run", "--pipelines", "ingest").run_id
        fuzzer = Fuzzer(project, run_id, in_this_process(patch), asked.seed)
        fuzzer.run(range(asked.count) if asked.only is None else range(asked.only, asked.only + 1))
        patch.chdir("/")
    for finding in fuzzer.found:
        print(finding)
    count, took = sum(fuzzer.outcomes.values()), time.monotonic() - started
    print(f"seed {asked.seed}: {count} records in {took:.0f} s")
    for outcome, number in fuzzer.outcomes.most_common():
        print(f"  {number:5} {outcome}")
    print(f"  started: {dict(fuzzer.watch.started)}")
    print(f"  found: {len(fuzzer.found)}")
    return bool(fuzzer.found)


if __name__ == "__main__":
    sys.exit(_main())
