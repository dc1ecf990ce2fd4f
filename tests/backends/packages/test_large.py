# SPDX-License-Identifier: MIT
"""Archives of many members and of large ones: what is read of them, and what memory they take."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from eoxserver.backends.packages.index import write_index
from eoxserver.backends.packages.tar import TarPackage
from eoxserver.backends.packages.zip import ZipPackage
from tests.archives import COMPRESSIONS, compressed, tar_bytes, zip_bytes
from tests.backends.packages.reading import CountingStream, Kind, members_of, opened
from tests.backends.packages.test_tar import END, blocks, header

MANY = 100_000

LOOK_UP = """
import io, json, sys
from eoxserver.backends.packages.index import MemberIndex
from eoxserver.backends.packages.tar import TarPackage
from tests.backends.packages.reading import CountingStream, opened

index, archive = MemberIndex(sys.argv[1], "large.tar"), sys.argv[2]
with open(archive, "rb") as file:
    reads = []
    read = file.read
    class Stream(io.RawIOBase):
        def read(self, size=-1):
            reads.append(size)
            return read(size)
        seek, tell = file.seek, file.tell
    target = io.BytesIO()
    TarPackage.unpack(opened(Stream()), index.find("folder73/093173.txt"), target)
names = list(index.names("folder73"))
print(json.dumps([target.getvalue().decode(), len(reads), sum(reads), len(names), names[0], names[-1]]))
"""


def name_of(number: int) -> str:
    return f"folder{number % 100:02}/{number:06}.txt"


@pytest.mark.integration
def test_an_archive_of_100_000_members_is_scanned_once(tmp_path: Path, root: Path) -> None:
    path = tmp_path / "large.tar"
    with path.open("wb") as target:
        for number in range(MANY):
            target.write(header(name_of(number).encode(), b"6") + blocks(b"%06d" % number))
        target.write(END)
    stream = CountingStream(path.read_bytes())
    index = write_index(TarPackage.scan(opened(stream)), tmp_path)
    assert stream.reads < 1.01 * path.stat().st_size / (1 << 16) + 3, "small headers were read one by one"

    # Another process has the list, and reads the archive for nothing but the member.
    answer = subprocess.run(
        [sys.executable, "-c", LOOK_UP, index, str(path)], cwd=root, check=True, capture_output=True, text=True
    )
    text, reads, size, count, first, last = json.loads(answer.stdout)
    assert text == "093173"
    assert reads <= 3
    assert size <= 3 << 16
    assert (count, first, last) == (MANY // 100, name_of(73), name_of(99_973))


@pytest.mark.parametrize(
    ("kind", "pack"),
    [
        (ZipPackage, lambda plain: zip_bytes({"a": plain}, zipfile.ZIP_STORED)),
        (ZipPackage, lambda plain: zip_bytes({"a": plain}, zipfile.ZIP_DEFLATED)),
        *(
            (TarPackage, lambda plain, by=by: compressed(tar_bytes({"a": plain}), by))
            for by in COMPRESSIONS
            if by != "bzip2"
        ),
    ],
)
def test_memory_does_not_grow_with_members(kind: Kind, pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    plain = random.Random(1).randbytes(1_000_000) * 24
    path = tmp_path / "archive"
    path.write_bytes(pack(plain))
    with path.open("rb") as stream, (tmp_path / "target").open("wb") as target:
        tracemalloc.start()
        try:
            member = members_of(kind, stream)["a"]
            kind.unpack(opened(stream), member, target)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert (tmp_path / "target").read_bytes() == plain
    assert peak < len(plain) / 2, "xz has a window of 8 MiB, the others less"


def test_small_members_of_a_compressed_archive_are_listed_in_one_pass() -> None:
    plain = b"".join(header(name_of(number).encode(), b"0") for number in range(5000)) + END
    stream = CountingStream(compressed(plain, "zstd"))
    assert len(members_of(TarPackage, stream)) == 5000
    assert stream.bytes_read < 2 * len(stream.getvalue()) + (1 << 17)
