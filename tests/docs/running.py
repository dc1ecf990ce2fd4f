# SPDX-License-Identifier: MIT
"""Running the code blocks of a document, one after the other, in a folder of its own.

What a block is follows from the words after its fence:

* ``console``: lines that begin with ``$ `` are commands, the lines after one must occur in what it writes, in this
  order; ``...`` stands for anything. ``console server`` starts its last command, waits for the lines, and stops it at
  the end of the document. ``console exit=1`` expects that exit code.
* ``sh``: commands, each of which must succeed.
* ``python``: a script, which must succeed; ``#> text`` are lines it must write.
* Any language with ``file=NAME``: the content of that file.
* ``sql``: statements for the administrator of a PostgreSQL server, which the tests start.
* ``ini``, ``json``, ``toml``, ``nginx``, ``systemd``, ``xml``: checked for syntax, where this machine has a checker.
* ``text``: for reading only.

Each document finds a folder ``scenes`` with two rasters, and ``products`` with one of Sentinel-2. ``export NAME=VALUE``
holds for all that comes after it. Port 8000, at which documents let servers listen, is exchanged for a free one, the
PostgreSQL server of the documents for that of the tests, and other servers for those of ``tests.docs.places``. ``make
TARGET`` is only asked what it would do. ``pip install ./FOLDER`` puts a package into a folder of the document, without
asking the network; of anything else it is only checked that ``setup.cfg`` offers it.
"""

from __future__ import annotations

import configparser
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from lxml import etree

from tests.docs.places import Places

ROOT = Path(__file__).resolve().parent.parent.parent
FENCE = re.compile(r"^(?P<indent> *)```(?P<info>[^\n`]*)\n(?P<text>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL)
PORT = re.compile(r"(?<![0-9])8000(?![0-9])")
DATABASE = "eoxserver:secret@localhost/eoxserver"
CHECKED = ("ini", "systemd", "json", "toml", "nginx", "xml", "text")


@dataclass(frozen=True)
class Block:
    """A fenced block."""

    language: str
    words: dict[str, str]
    text: str
    line: int

    def __str__(self) -> str:
        return f"line {self.line}"


def blocks(document: str) -> Iterator[Block]:
    """The fenced blocks of a document."""
    for match in FENCE.finditer(document):
        language, *rest = match["info"].split() or [""]
        words = dict(word.partition("=")[::2] for word in rest)
        indent = len(match["indent"])
        text = "".join(line[indent:] for line in match["text"].splitlines(keepends=True))
        yield Block(language, words, text, document.count("\n", 0, match.start()) + 1)


def commands(text: str) -> list[tuple[str, list[str]]]:
    """Commands of a console block, and the lines that each must write."""
    found: list[tuple[str, list[str]]] = []
    lines = iter(text.splitlines())
    for line in lines:
        if line.startswith("$ "):
            command = line[2:]
            while command.endswith("\\"):
                command = command[:-1] + next(lines).removeprefix("> ")
            found.append((command, []))
        elif not found:
            raise AssertionError(f"'{line}' stands before any command")
        elif line.strip():
            found[-1][1].append(line.strip())
    return found


def pattern_of(wanted: str) -> re.Pattern[str]:
    """What a line must hold; ``...`` is anything, and so is the space around it."""
    return re.compile(".*".join(re.escape(part.strip()) for part in spaced(wanted).split("...")))


def spaced(line: str) -> str:
    """A line with one space where there are some."""
    return " ".join(line.split())


def check_output(command: str, expected: list[str], output: str) -> None:
    """Compare what was written with what the document shows."""
    lines = iter(output.splitlines())
    for wanted in expected:
        if wanted == "...":
            continue
        found = any(pattern_of(wanted).search(spaced(line)) for line in lines)
        assert found, f"'{wanted}' is not in what '{command}' wrote:\n{output}"


def free_port() -> str:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


class Database(Protocol):
    """A PostgreSQL server."""

    def execute(self, statement: str) -> None:
        """Run a statement as its administrator."""

    def location(self, database: str) -> str:
        """What follows ``postgresql://`` in the address of a database."""


@dataclass
class Session:
    """The reader of one document: a folder, an environment, and servers that run until the end."""

    folder: Path
    database: Callable[[], Database]
    """Starts the PostgreSQL server."""
    places: Places
    port: str = field(default_factory=free_port)
    exported: dict[str, str] = field(default_factory=dict)
    servers: list[tuple[str, subprocess.Popen[str]]] = field(default_factory=list)

    def run(self, block: Block) -> None:
        """Run, write or check a block."""
        text = self.places.known(PORT.sub(self.port, block.text))
        if DATABASE in text:
            text = text.replace(DATABASE, self.database().location("eoxserver"))
        if name := block.words.get("file"):
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            if block.language in CHECKED:
                check_syntax(block.language, text)
        elif block.language == "console":
            self._console(text, "server" in block.words, int(block.words.get("exit", "0")))
        elif block.language == "sh":
            for command, _ in commands("".join(f"$ {line}\n" for line in joined(text))):
                self._call(command, [], 0)
        elif block.language == "python":
            self._python(text)
        elif block.language == "sql":
            for statement in filter(str.strip, text.split(";")):
                self.database().execute(statement)
        else:
            check_syntax(block.language, text)

    def close(self) -> None:
        """Stop the servers; each must end well."""
        while self.servers:
            command, server = self.servers.pop()
            server.send_signal(signal.SIGTERM)
            rest, _ = server.communicate()
            assert server.returncode == 0, f"'{command}' ended with {server.returncode}:\n{rest}"
        self.places.close()

    @property
    def environment(self) -> dict[str, str]:
        """What commands find: this Python's programs, the port, packages of the document."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("EOX")}
        return kept | {
            "PATH": f"{Path(sys.executable).parent}:{self.folder / 'site' / 'bin'}:{os.environ['PATH']}",
            "PYTHONPATH": str(self.folder / "site"),
            "EOXSERVER_PORT": self.port,
            "HOME": str(self.folder),
            "COLUMNS": "200",
            "PYTHONUNBUFFERED": "1",
            **self.places.environment,
            **self.exported,
        }

    def _console(self, text: str, server: bool, code: int) -> None:
        steps = commands(text)
        for command, expected in steps[: -1 if server else None]:
            self._call(command, expected, code)
        if server:
            self._serve(*steps[-1])

    def _call(self, command: str, expected: list[str], code: int) -> None:
        folder = self.folder
        if exported := re.fullmatch(r"export (\w+)=(\S+)", command):
            self.exported[exported[1]] = exported[2]
            return
        if command.startswith("make "):
            command, folder = command.replace("make ", "make -n ", 1), ROOT
        if command.startswith("pip install "):
            command = self._pip(command.split()[-1].strip("'"))
        done = subprocess.run(
            ["bash", "-c", command], cwd=folder, env=self.environment, text=True, stderr=subprocess.STDOUT,
            stdout=subprocess.PIPE, check=False,
        )  # fmt: skip
        assert done.returncode == code, f"'{command}' ended with {done.returncode}:\n{done.stdout}"
        check_output(command, expected, done.stdout)

    def _pip(self, what: str) -> str:
        """The command that installs a folder; of anything else it is checked that we offer it."""
        if not what.startswith("./"):
            extra = re.fullmatch(r"eoxserver\[(\w+)\]", what)
            assert extra is not None and f"\n{extra[1]} =" in (ROOT / "setup.cfg").read_text(), what
            return "true"
        options = f"-q --no-deps --no-build-isolation --target {self.folder / 'site'}"
        return f"{sys.executable} -m pip install {options} {what}"

    def _serve(self, command: str, expected: list[str]) -> None:
        server = subprocess.Popen(
            ["bash", "-c", f"exec env {command}"], cwd=self.folder, env=self.environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self.servers.append((command, server))
        assert server.stdout is not None
        written = ""
        for wanted in expected:
            for line in server.stdout:
                written += line
                if pattern_of(wanted).search(spaced(line)):
                    break
            else:
                raise AssertionError(f"'{command}' ended without '{wanted}':\n{written}")

    def _python(self, text: str) -> None:
        expected = [line.strip()[2:].strip() for line in text.splitlines() if line.strip().startswith("#>")]
        done = subprocess.run(
            [sys.executable, "-"], input=text, cwd=self.folder, env=self.environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"the script ended with {done.returncode}:\n{done.stdout}"
        check_output("the script", expected, done.stdout)


def joined(text: str) -> Iterator[str]:
    """Lines of a shell script, those that end in a backslash joined with the next; comments left out."""
    for line in re.sub(r"\\\n\s*", " ", text).splitlines():
        if line.strip() and not line.startswith("#"):
            yield line


def check_syntax(language: str, text: str) -> None:
    """Check what cannot be run; fails for a language nobody knows how to check."""
    if language == "json":
        json.loads(text)
    elif language == "toml":
        tomllib.loads(text)
    elif language in ("ini", "systemd"):
        parser = configparser.ConfigParser(interpolation=None, strict=language == "ini", comment_prefixes="#")
        parser.optionxform = str  # type: ignore[assignment,method-assign]  # keys keep their case
        parser.read_string(text)
        assert parser.sections()
    elif language == "nginx":
        check_nginx(text)
    elif language == "xml":  # part of a document, mostly
        prefixes = "".join(f' xmlns:{prefix}="urn:{prefix}"' for prefix in set(re.findall(r"</?(\w+):", text)))
        etree.fromstring(f"<part{prefixes}>{text}</part>")
    else:
        assert language == "text", f"nobody knows how to run or check a block of '{language}'; see {__name__}"


def check_nginx(text: str) -> None:
    """Braces and semicolons; the whole by nginx itself where there is one."""
    assert text.count("{") == text.count("}")
    for line in text.splitlines():
        bare = line.split("#")[0].strip()
        assert not bare or bare.endswith((";", "{", "}")), f"'{line}' ends in neither ; nor a brace"
    if nginx := shutil.which("nginx"):
        whole = f"events {{}}\nhttp {{\n{text}\n}}\n"
        done = subprocess.run(
            [nginx, "-t", "-c", "/dev/stdin"], input=whole, text=True, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr
