# SPDX-License-Identifier: MIT
"""Transfers that break, and what is left of them."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from eoxserver.core.errors import DataUnavailable, ItemMissing, StorageUnreachable, TransferFailed
from tests.backends.storages.https import BIG, storage
from tests.fileservers import FileServer, Manners

pytestmark = pytest.mark.integration
OTHER = BIG[::-1]


@pytest.fixture
def server() -> Iterator[FileServer]:
    with FileServer({"big.bin": BIG}) as server:
        yield server


def ranges(server: FileServer) -> list[str]:
    return [asked.range for asked in server.requests("big.bin", "GET")]


def interrupt(server: FileServer, folder: Path, at: int = 2_000_000) -> None:
    """Leave the first bytes in the folder."""
    server.manners.cut_at, server.manners.cuts = at, 1
    with pytest.raises(
        TransferFailed, match=f"big.bin: storage {server.url} ended the transfer early, 1 times in a row"
    ):
        storage(server, retries=0).retrieve("big.bin", folder)
    assert not (folder / "big.bin").exists()
    server.forget()


def test_a_broken_transfer_is_gone_on_with_at_once(server: FileServer, tmp_path: Path) -> None:
    server.manners.cut_at = 1_000_000
    assert Path(storage(server).retrieve("big.bin", tmp_path)).read_bytes() == BIG
    first, second = ranges(server)
    assert first == "" and 900_000 < int(second.removeprefix("bytes=").removesuffix("-")) <= 1_000_000
    assert server.asked[1].headers["if-range"] == f'"{hashlib.md5(BIG).hexdigest()}"'
    assert server.sent() < len(BIG) + 200_000


def test_what_an_earlier_process_left_is_gone_on_with(server: FileServer, tmp_path: Path) -> None:
    interrupt(server, tmp_path)
    assert Path(storage(server).retrieve("big.bin", tmp_path)).read_bytes() == BIG
    assert len(ranges(server)) == 1 and server.sent() < 1_200_000
    assert [path.name for path in tmp_path.iterdir()] == ["big.bin"]


def test_dates_that_are_old_enough_are_strong(server: FileServer, tmp_path: Path) -> None:
    server.manners.etags = "weak"
    interrupt(server, tmp_path)
    assert Path(storage(server).retrieve("big.bin", tmp_path)).read_bytes() == BIG
    assert server.asked[0].headers["if-range"].endswith("GMT") and server.sent() < 1_200_000


@pytest.mark.parametrize(
    "manners", [Manners(etags="weak", dates=False), Manners(etags="none", dates=False), Manners(ranges=False)]
)
def test_without_strong_validators_or_ranges_all_is_fetched_again(
    server: FileServer, tmp_path: Path, manners: Manners
) -> None:
    server.manners = manners
    interrupt(server, tmp_path)
    assert Path(storage(server).retrieve("big.bin", tmp_path)).read_bytes() == BIG
    assert server.sent() == len(BIG)


def test_a_file_that_changed_since_is_begun_anew(server: FileServer, tmp_path: Path) -> None:
    for content in (OTHER, b"short", b""):
        interrupt(server, tmp_path)
        server.put("big.bin", content)
        assert Path(storage(server).retrieve("big.bin", tmp_path)).read_bytes() == content
        assert [path.name for path in tmp_path.iterdir()] == ["big.bin"]
        (tmp_path / "big.bin").unlink()
        server.put("big.bin", BIG)


def test_a_file_that_changes_half_way(server: FileServer, tmp_path: Path) -> None:
    server.manners.cut_at, server.manners.after_cut = 1_500_000, OTHER
    assert Path(storage(server).retrieve("big.bin", tmp_path)).read_bytes() == OTHER
    assert len(ranges(server)) == 2


def test_leftovers_of_a_whole_file_are_checked(server: FileServer, tmp_path: Path) -> None:
    interrupt(server, tmp_path)
    (tmp_path / ".partial").write_bytes(BIG)
    assert Path(storage(server).retrieve("big.bin", tmp_path)).read_bytes() == BIG
    assert ranges(server) == [f"bytes={len(BIG) - 1}-"]
    interrupt(server, tmp_path := tmp_path / "again")
    (tmp_path / ".partial").write_bytes(BIG)
    server.put("big.bin", OTHER)
    assert Path(storage(server).retrieve("big.bin", tmp_path)).read_bytes() == OTHER


@pytest.mark.parametrize("note", ["", "{", "[]", "{}", '{"etag": 1}', None])
def test_leftovers_without_a_readable_note_are_not_trusted(
    server: FileServer, tmp_path: Path, note: str | None
) -> None:
    (tmp_path / ".partial").write_bytes(b"rubbish")
    if note is not None:
        (tmp_path / ".partial.json").write_text(note)
    assert Path(storage(server).retrieve("big.bin", tmp_path)).read_bytes() == BIG
    assert ranges(server) == [""]


def test_the_note_has_no_address(server: FileServer, tmp_path: Path) -> None:
    server.manners.query = "sig=HUSH"
    server.manners.cut_at = 2_000_000
    with pytest.raises(TransferFailed):
        storage(server, query="?sig=HUSH", retries=0).retrieve("big.bin", tmp_path)
    assert set(json.loads((tmp_path / ".partial.json").read_text())) == {"etag", "modified", "size", "settled"}


def test_transfers_that_break_again_and_again(server: FileServer, tmp_path: Path) -> None:
    server.manners.cut_at, server.manners.cuts = 100_000, 1000
    with pytest.raises(TransferFailed, match="3 times in a row"):
        storage(server, retries=2).retrieve("big.bin", tmp_path)
    assert len(ranges(server)) == 3
    server.manners.ranges = False
    with pytest.raises(TransferFailed, match="2 times in a row"):
        storage(server, retries=1).retrieve("big.bin", tmp_path / "other")
    assert not (tmp_path / "big.bin").exists()


def test_a_connection_that_breaks_after_much_is_no_failure(server: FileServer, tmp_path: Path) -> None:
    server.put("big.bin", BIG * 3)
    server.manners.cut_at, server.manners.cuts = 2_000_000, 1000
    assert Path(storage(server, retries=1).retrieve("big.bin", tmp_path)).read_bytes() == BIG * 3


def test_lengths_that_are_lies(server: FileServer, tmp_path: Path) -> None:
    server.manners.length_lie = 1000
    with pytest.raises(TransferFailed, match="ended the transfer early"):
        storage(server).retrieve("big.bin", tmp_path)
    server.manners = Manners(range_lie=5)
    interrupt(server, tmp_path / "other")
    with pytest.raises(TransferFailed, match="was asked for the bytes from .* and answers 'bytes"):
        storage(server).retrieve("big.bin", tmp_path / "other")
    assert not list(tmp_path.rglob("big.bin"))


def test_without_length_the_end_is_the_end(server: FileServer, tmp_path: Path) -> None:
    server.manners.lengths = False
    assert Path(storage(server).retrieve("big.bin", tmp_path)).read_bytes() == BIG


def test_a_server_that_falls_silent(server: FileServer, tmp_path: Path) -> None:
    server.manners.pace = 1.5
    with pytest.raises(TransferFailed, match="nothing came for too long"):
        storage(server, retries=0, timeout=1).retrieve("big.bin", tmp_path)


def test_a_server_that_goes_away(tmp_path: Path) -> None:
    with FileServer({"big.bin": BIG}) as server:
        interrupt(server, tmp_path)
    with pytest.raises(StorageUnreachable):
        storage(server, retries=0).retrieve("big.bin", tmp_path)
    assert (tmp_path / ".partial").stat().st_size > 1_000_000


def test_an_item_that_goes_away(server: FileServer, tmp_path: Path) -> None:
    interrupt(server, tmp_path)
    server.remove("big.bin")
    with pytest.raises(ItemMissing, match=r"big\.bin"):
        storage(server).retrieve("big.bin", tmp_path)


def test_names_longer_than_files_have(tmp_path: Path) -> None:
    name = "x" * 300
    with FileServer({name: b"content"}) as server, pytest.raises(DataUnavailable, match="too long for this machine"):
        storage(server).retrieve(name, tmp_path)


def test_packed_answers(tmp_path: Path) -> None:
    manners = Manners(headers={"Content-Encoding": "gzip"})
    with FileServer({"a.txt": b"packed", "a.tar.gz": b"packed"}, manners) as server:
        for use in (storage(server).open, lambda name: storage(server).retrieve(name, tmp_path)):
            with pytest.raises(DataUnavailable, match="in the coding 'gzip'"):
                use("a.txt")
        assert Path(storage(server).retrieve("a.tar.gz", tmp_path)).read_bytes() == b"packed"
        assert all(asked.headers["accept-encoding"] == "identity" for asked in server.asked)


def test_a_full_disk_is_an_error_of_the_system(server: FileServer, tmp_path: Path) -> None:
    """A limit of file sizes stands for the full disk: writing fails half-way."""
    code = (
        "import sys; from pathlib import Path; from tests.backends.storages.https import storage\n"
        "try:\n    storage(sys.argv[1]).retrieve('big.bin', Path(sys.argv[2]))\n"
        "except OSError as error:\n    print(type(error).__name__, error.errno)"
    )

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))

    done = subprocess.run(
        [sys.executable, "-c", code, server.url, str(tmp_path)],
        preexec_fn=limit, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[3],
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    assert done.stdout.split() == ["OSError", str(errno.EFBIG)]
    assert Path(storage(server).retrieve("big.bin", tmp_path)).read_bytes() == BIG
