# SPDX-License-Identifier: MIT
"""A process that uses a cache, for tests with several: ``python -m tests.backends.cache.worker FOLDER WORK [WORD...]``.

It says ``ready``, waits for a line, does its work, and says what came of it, a line each.
"""

from __future__ import annotations

import hashlib
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from eoxserver.backends.cache import Cache, room
from eoxserver.backends.cache import cache as answers
from eoxserver.backends.cache.layout import Layout
from eoxserver.core.errors import EOxServerError, ItemMissing, StorageUnreachable
from tests.backends.cache.originals import age

KEYS = tuple(f"http://host/file{number}.tif" for number in range(10))
BOUND = 160_000
STEPS = ("os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.utime")
"""Audit events (PEP 578) of what changes the folder of a cache; so does opening a file to write."""


def content(key: str, state: str) -> bytes:
    """What a key has in a state; tells by itself whether it is whole."""
    text = f"{key} {state} ".encode() * random.Random(key + state).randrange(1000, 2000)
    return hashlib.sha256(text).digest() + text


def is_whole(path: str | Path) -> bool:
    """Whether a file has the content of some state, all of it."""
    found = Path(path).read_bytes()
    return hashlib.sha256(found[32:]).digest() == found[:32]


def say(text: object) -> None:
    """Write a line for the test."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


class Server:
    """Where the originals are: files in a folder with the state of each, and a list of the transfers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self.transfers = folder / "transfers"

    def state(self, key: str) -> str:
        """The state of an original now."""
        path = self.folder / key.rpartition("/")[2]
        return path.read_text() if path.exists() else "0"

    def change(self, key: str, state: str) -> None:
        """Change an original."""
        path = self.folder / key.rpartition("/")[2]
        new = path.with_suffix(f".{os.getpid()}")
        new.write_text(state)
        new.replace(path)

    def fetch(self, key: str, pause: float = 0.0) -> Callable[[Path], str]:
        """A transfer, in several pieces."""

        def fetch(folder: Path) -> str:
            self.note(key)
            whole = content(key, self.state(key))
            path = folder / key.rpartition("/")[2]
            with path.open("wb") as file:
                for start in range(0, len(whole), 20000):
                    file.write(whole[start : start + 20000])
                    file.flush()
                    time.sleep(pause)
            return str(path)

        return fetch

    def note(self, key: str) -> None:
        """Note that a transfer begins."""
        descriptor = os.open(self.transfers, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(descriptor, f"{key}\n".encode())
        os.close(descriptor)

    def count(self) -> int:
        """How many transfers began."""
        return len(self.transfers.read_text().splitlines()) if self.transfers.exists() else 0


def hasten(grace: float, lease: float = 900.0, touch: float = 1.0) -> None:
    """Let copies go earlier after they were used, in this process."""
    for module, name, seconds in (
        (room, "GRACE_SECONDS", grace), (room, "LEASE_SECONDS", lease), (answers, "TOUCH_SECONDS", touch),
    ):  # fmt: skip
        setattr(module, name, seconds)


# -- work -----------------------------------------------------------------------------------------


def get(folder: Path) -> None:
    """Get one file that takes half a second."""
    key = KEYS[0]
    path = Cache(folder, 10**9, 86400, 60).get(key, Server(folder / "server").fetch(key, 0.2), lambda: "1")
    say("whole" if is_whole(path) else "broken")


def fail(folder: Path) -> None:
    """Get one file whose transfer fails after half a second."""

    def fetch(into: Path) -> str:
        Server(folder / "server").note("failing")
        (into / "part").write_bytes(b"part")
        time.sleep(0.5)
        raise ItemMissing("a.tif: no such file in storage http://host/", locator="a.tif")

    try:
        Cache(folder, 10**9, 86400, 60).get("failing", fetch, lambda: "1")
    except EOxServerError as error:
        say(f"{type(error).__name__} {error.locator} {error.message}")


def stall(folder: Path) -> None:
    """Get one file whose transfer never ends."""

    def fetch(into: Path) -> str:
        Server(folder / "server").note(KEYS[0])
        (into / "file0.tif").write_bytes(b"half")
        say("half")
        time.sleep(3600)
        raise AssertionError("an hour has passed")

    Cache(folder, 10**9, 86400, 60).get(KEYS[0], fetch, lambda: "1")


def hammer(folder: Path, rounds: str, seed: str, max_bytes: str) -> None:
    """Get, hold and read files that change, in a cache that is too small for them; one in ten cannot be asked for."""
    hasten(grace=0.5, lease=1.0, touch=0.1)
    cache, server = Cache(folder, int(max_bytes), 86400, 0), Server(folder / "server")
    chance = random.Random(int(seed))
    for number in range(int(rounds)):
        key = chance.choice(KEYS)

        def ask(key: str = key) -> str:
            if chance.random() < 0.1:
                raise StorageUnreachable("http://host: does not answer")
            return server.state(key)

        if chance.random() < 0.05:
            server.change(key, f"{seed}-{number}")
        try:
            path = cache.get(key, server.fetch(key), ask)
            with cache.hold(path):
                time.sleep(chance.random() / 200)
                if not is_whole(path):
                    say(f"broken {path}")
        except StorageUnreachable:
            say("unreachable")
        if chance.random() < 0.02:
            cache.evict()
    say(f"done {cache.counters.misses} {cache.counters.evictions}")


def scenario(folder: Path) -> None:
    """Everything that changes a cache: new copies, changed ones, evicted ones, cleared ones, failed transfers."""
    hasten(grace=0.0)
    cache, server = Cache(folder, BOUND, 86400, 0), Server(folder / "server")
    for number, key in enumerate((*KEYS[:2], KEYS[0])):
        server.change(key, f"{os.getpid()} {number}")
        path = cache.get(key, server.fetch(key), partial(server.state, key))
        with cache.hold(path):
            if not is_whole(path):
                say(f"broken {path}")
    age(folder, KEYS[0], 5000)
    age(folder, KEYS[1], 4000)
    cache.get(KEYS[2], server.fetch(KEYS[2]), lambda: "0")
    with suppress(ItemMissing):
        cache.get(KEYS[1], _failing, lambda: "another")
    cache.evict()
    cache.verify()
    age(folder, KEYS[2], 5000)
    cache.clear()


def _failing(folder: Path) -> str:
    (folder / "part").write_bytes(bytes(1000))
    raise ItemMissing("gone")


def die(folder: Path) -> None:
    """End before each step of the scenario in turn; say what was wrong with what was left, and how many steps."""
    steps = 0
    while True:
        steps += 1
        with child(partial(_until_step, steps, folder)) as process:
            ended = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
        for problem in problems(folder, f"step {steps}"):
            say(problem)
        if ended != -signal.SIGKILL:
            say(f"ended with {ended} after {steps} steps")
            return


def _until_step(number: int, folder: Path) -> None:
    """The scenario, until one of its steps."""
    left = number

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal left
        writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
        if event in STEPS or writes:
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)
    scenario(folder)


def killed(folder: Path, times: str, seed: str) -> None:
    """Kill processes that work on one cache at any moment; say what was wrong with what was left."""
    chance = random.Random(int(seed))
    for number in range(int(times)):
        with child(lambda: _forever(folder)) as one, child(lambda: _forever(folder)) as other:
            time.sleep(chance.random() / 20)
            for process in (one, other):
                os.kill(process, signal.SIGKILL)
                os.waitpid(process, 0)
        for problem in problems(folder, f"round {number}"):
            say(problem)
    say("done")


def _forever(folder: Path) -> None:
    while True:
        scenario(folder)


@contextmanager
def child(work: Callable[[], None]) -> Iterator[int]:
    """A forked process that works; yields its id."""
    process = os.fork()
    if process:
        yield process
        return
    code = 1
    try:
        work()
        code = 0
    finally:
        os._exit(code)


def problems(folder: Path, when: str) -> Iterator[str]:
    """What is wrong with a cache that processes left when they ended."""
    hasten(grace=0.0)
    for entry in Cache(folder, BOUND, 86400, 0).entries():
        if not is_whole(entry.path):
            yield f"{when}: {entry.key} is answered and not whole"
    cache = Cache(folder, BOUND, 86400, 0)
    server = Server(folder / "server")
    for key in KEYS[:3]:
        path = cache.get(key, server.fetch(key), partial(server.state, key))
        if Path(path).read_bytes() != content(key, server.state(key)):
            yield f"{when}: {key} is not as it should be"
    for broken in cache.verify().broken:
        yield f"{when}: {broken.key} {broken.reason}"
    cache.verify()
    layout = Layout(folder)
    if (left := [*layout.trash.iterdir(), *layout.root.rglob("transfer"), *layout.root.rglob("*.new")]) != []:
        yield f"{when}: {left} is left"
    usage = cache.usage()
    if cache.size() != usage.bytes + usage.superseded_bytes:
        yield f"{when}: {cache.size()} bytes are counted, and there are {usage}"


WORK: dict[str, Callable[..., None]] = {
    work.__name__: work for work in (get, fail, stall, hammer, scenario, die, killed)
}


if __name__ == "__main__":
    say("ready")
    sys.stdin.readline()
    WORK[sys.argv[2]](Path(sys.argv[1]), *sys.argv[3:])
