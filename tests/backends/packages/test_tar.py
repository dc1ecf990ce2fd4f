# SPDX-License-Identifier: MIT
"""Tar archives: what is unpacked, and what is refused. The contract is tested in tests/contracts."""

from __future__ import annotations

import gzip
import io
import random
import struct
import tarfile
from pathlib import Path

import pytest
import zstandard

from eoxserver.backends.packages.base import Member
from eoxserver.backends.packages.tar import TarPackage
from eoxserver.conf.schema import default_settings
from eoxserver.core.errors import AccessDenied, DataUnavailable, PackageBroken
from tests.archives import COMPRESSIONS, TarItem, compressed, tar_bytes, tar_of
from tests.backends.packages.reading import CountingStream, limited, members_of, opened, unpacked

DATA = b"".join(number.to_bytes(3) for number in range(20_000))
FORMS = [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT]


def item(name: str, content: bytes = b"", kind: bytes = tarfile.REGTYPE, link: str = "") -> TarItem:
    info = tarfile.TarInfo(name)
    info.size, info.type, info.linkname = len(content), kind, link
    return info, content


def header(name: bytes, size: bytes, kind: bytes = b"0", tail: bytes = b"") -> bytes:
    """A header of any numbers; ``tail`` is what stands behind the name of a link."""
    block = bytearray(512)
    block[:100] = name.ljust(100, b"\0")
    block[124:136] = size.ljust(12, b"\0")
    block[148:156] = b" " * 8
    block[156:157] = kind
    block[257 : 257 + len(tail)] = tail
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def blocks(content: bytes) -> bytes:
    return content + bytes(-len(content) % 512)


END = bytes(1024)


# -- what is unpacked ---------------------------------------------------------------------------


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_what_an_archive_is_compressed_by_is_told_by_its_bytes(compression: str) -> None:
    content = compressed(tar_bytes({"a": b"one", "b": DATA, "c": b""}), compression)
    members = members_of(TarPackage, content)
    assert members["b"].method == (compression or "stored")
    assert TarPackage.is_compressed(opened(content)) is bool(compression)
    for name, expected in (("a", b"one"), ("b", DATA), ("c", b"")):
        assert unpacked(TarPackage, content, name) == expected
        assert members[name].stored is not bool(compression)


@pytest.mark.parametrize("compression", COMPRESSIONS[1:])
def test_a_compressed_archive_is_expanded(compression: str) -> None:
    plain = tar_bytes({"a": b"one", "b": DATA * 20})
    content = compressed(plain, compression)
    target = io.BytesIO()
    TarPackage.expand(opened(content), target)
    assert target.getvalue() == plain
    positions = [member.position for member in members_of(TarPackage, content).values()]
    assert positions == [member.position for member in members_of(TarPackage, plain).values()]


def test_a_plain_archive_is_not_expanded() -> None:
    with pytest.raises(PackageBroken, match="is not compressed as a whole"):
        TarPackage.expand(opened(tar_bytes({"a": b"one"})), io.BytesIO())


@pytest.mark.parametrize("compression", COMPRESSIONS[1:])
def test_compressed_pieces_behind_each_other_are_one(compression: str) -> None:
    plain = tar_bytes({"a": DATA, "b": b"two"})
    parts = [compressed(plain[at : at + 20_000], compression) for at in range(0, len(plain), 20_000)]
    assert unpacked(TarPackage, b"".join(parts), "a") == DATA
    assert unpacked(TarPackage, b"".join(parts) + bytes(512), "b") == b"two"


def test_frames_that_are_skipped_are_skipped() -> None:
    skipped = struct.pack("<2L", 0x184D2A50, 4) + b"note"
    content = skipped + zstandard.ZstdCompressor().compress(tar_bytes({"a": DATA})) + skipped
    assert unpacked(TarPackage, content, "a") == DATA


def test_a_name_is_not_taken_for_a_compression() -> None:
    assert unpacked(TarPackage, tar_bytes({"BZh9.txt": b"one"}), "BZh9.txt") == b"one"


@pytest.mark.parametrize("form", FORMS)
def test_long_names_are_read(form: int) -> None:
    name = "/".join(["folder" * 8] * 4) + "/a.tif"
    assert list(members_of(TarPackage, tar_bytes({name: b"x"}, form))) == [name]


@pytest.mark.parametrize("form", FORMS[:2])
def test_very_long_names_are_read(form: int) -> None:
    name = "/".join(["folder" * 8] * 40) + "/" + "a" * 200
    content = tar_of([item(name, b"one"), item("other", kind=tarfile.LNKTYPE, link=name)], form)
    assert unpacked(TarPackage, content, name) == b"one"
    assert unpacked(TarPackage, content, "other") == b"one"


@pytest.mark.parametrize(
    ("raw", "name"), [("März.tif".encode(), "März.tif"), ("März.tif".encode("latin-1"), "März.tif")]
)
def test_names_that_are_not_ascii_are_read(raw: bytes, name: str) -> None:
    assert list(members_of(TarPackage, header(raw, b"0") + END)) == [name]


def test_names_of_folders_of_no_meaning_are_left_out() -> None:
    assert list(members_of(TarPackage, tar_bytes({"./a//b": b"x"}))) == ["a/b"]


def test_old_archives_are_read() -> None:
    content = header(b"folder/", b"0", b"\0") + header(b"folder/a", b"3 ", b"\0") + blocks(b"one") + END
    assert unpacked(TarPackage, content, "folder/a") == b"one"
    assert list(members_of(TarPackage, content)) == ["folder/a"]


def test_sizes_in_base_256_and_in_records_are_read() -> None:
    large = 10 << 30
    binary = b"\x80" + large.to_bytes(11)
    head = header(b"large", binary)
    record = header(b"pax", b"24", b"x") + blocks(b"20 size=10737418240\n4 =\n")
    for content in (head, record + header(b"large", b"0")):
        stream = io.BytesIO(content)
        with pytest.raises(PackageBroken, match=f"member 'large' ends at {large + len(content)}"):
            members_of(TarPackage, stream)


def test_a_member_beyond_a_large_one_is_read(tmp_path: Path) -> None:
    path = tmp_path / "large.tar"
    with path.open("wb") as target:
        target.write(header(b"large", b"\x80" + (9 << 30).to_bytes(11)))
        target.seek(9 << 30, 1)
        target.write(header(b"a", b"3") + blocks(b"one") + END)
    with path.open("rb") as stream:
        member = members_of(TarPackage, stream)["a"]
        assert member.start == (9 << 30) + 1024
        assert unpacked(TarPackage, stream, "a") == b"one"


def test_hard_links_are_the_member_they_name() -> None:
    content = tar_of(
        [
            item("a", b"one"),
            item("folder/b", kind=tarfile.LNKTYPE, link="a"),
            item("c", kind=tarfile.LNKTYPE, link="./folder/b"),
            item("to-nothing", kind=tarfile.LNKTYPE, link="gone"),
            item("to-outside", kind=tarfile.LNKTYPE, link="/etc/passwd"),
        ]
    )
    assert sorted(members_of(TarPackage, content)) == ["a", "c", "folder/b"]
    for name in ("a", "c", "folder/b"):
        for form in (content, gzip.compress(content)):
            assert unpacked(TarPackage, form, name) == b"one"
        member = members_of(TarPackage, content)[name]
        assert member.stored
        assert member.start == 512


def test_hard_links_between_hostile_names_are_refused_by_their_own() -> None:
    content = tar_of([item("../a", b"one"), item("b", kind=tarfile.LNKTYPE, link="../a"),
                      item("/c", kind=tarfile.LNKTYPE, link="b")])  # fmt: skip
    members = members_of(TarPackage, content)
    assert {name: bool(member.problem) for name, member in members.items()} == {"../a": True, "b": False, "/c": True}
    assert {name: member.stored for name, member in members.items()} == {"../a": False, "b": True, "/c": False}
    assert unpacked(TarPackage, content, "b") == b"one"
    with pytest.raises(AccessDenied, match=r"x\.arc: the name '/c' is absolute"):
        unpacked(TarPackage, content, "/c")


def test_links_devices_and_folders_are_no_files() -> None:
    kinds = (tarfile.SYMTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE)
    items = [item(f"x{kind.decode()}", kind=kind, link="a") for kind in kinds]
    assert list(members_of(TarPackage, tar_of([*items, item("a", b"one")]))) == ["a"]


def test_members_of_unknown_kinds_are_passed_over_with_their_data() -> None:
    content = header(b"volume", b"4", b"V") + blocks(b"data") + header(b"a", b"3") + blocks(b"one") + END
    assert list(members_of(TarPackage, content)) == ["a"]


def test_global_headers_and_comments_are_passed_over() -> None:
    target = io.BytesIO()
    with tarfile.TarFile(
        fileobj=target, mode="w", format=tarfile.PAX_FORMAT, pax_headers={"comment": "x" * 600}
    ) as made:
        made.addfile(*map_item(item("a", b"one")))
    assert unpacked(TarPackage, target.getvalue(), "a") == b"one"


def map_item(one: TarItem) -> tuple[tarfile.TarInfo, io.BytesIO]:
    return one[0], io.BytesIO(one[1])


def test_of_members_of_one_name_the_last_counts(tmp_path: Path) -> None:
    path = tmp_path / "a.tar"
    path.write_bytes(tar_of([item("a", b"first"), item("a", b"second")]))
    package = TarPackage(str(path), default_settings())
    assert Path(package.extract("a", tmp_path)).read_bytes() == b"second"
    assert list(package.list_files()) == ["a"]


def test_stored_members_are_located_without_a_read() -> None:
    content = tar_bytes({"a": b"one", "folder/b": DATA})
    stream = CountingStream(content)
    member = members_of(TarPackage, stream)["folder/b"]
    before = stream.reads
    start = TarPackage.locate(opened(stream), member)
    assert content[start : start + member.size] == DATA
    assert stream.reads == before
    with pytest.raises(PackageBroken, match="not stored in one piece"):
        TarPackage.locate(opened(stream), Member("a", 1, 0, 1))


def test_large_members_are_not_read_to_list_them() -> None:
    stream = CountingStream(tar_bytes({str(number): bytes(1_000_000) for number in range(20)}))
    assert len(members_of(TarPackage, stream)) == 20
    assert stream.reads <= 25
    assert stream.bytes_read < 2_000_000


# -- members with holes -------------------------------------------------------------------------

SPARSE = bytes(1000) + b"x" * 700 + bytes(5000) + b"y" * 12 + bytes(300)
PIECES = [(1000, 700), (6700, 12)]


def old_sparse(pieces: list[tuple[int, int]], size: int, packed: bytes) -> bytes:
    """The format of type S: four pieces in the header, 21 in each block behind it."""
    fields = [b"%011o\0%011o\0" % piece for piece in pieces]
    tail = bytes(386 - 257) + b"".join(fields[:4]).ljust(96, b"\0")
    tail += bytes([len(fields) > 4]) + b"%011o\0" % size
    more = [fields[at : at + 21] for at in range(4, len(fields), 21)]
    behind = [b"".join(part).ljust(504, b"\0") + bytes([at < len(more)]) + bytes(7) for at, part in enumerate(more, 1)]
    return header(b"s", b"%o" % len(packed), b"S", tail) + b"".join(behind) + blocks(packed)


def pax_sparse(records: list[tuple[str, str]], packed: bytes) -> bytes:
    def line(key: str, value: str) -> bytes:
        body = f" {key}={value}\n".encode()
        length = next(n for n in range(len(body), len(body) + 20) if len(str(n)) + len(body) == n)
        return str(length).encode() + body

    data = b"".join(line(*record) for record in records)
    return header(b"pax", b"%o" % len(data), b"x") + blocks(data) + header(b"s", b"%o" % len(packed)) + blocks(packed)


def sparse_forms() -> dict[str, bytes]:
    packed = b"x" * 700 + b"y" * 12
    single = [(at, 1) for at in range(0, 200, 2)]
    listed = b"2\n1000\n700\n6700\n12\n".ljust(512, b"\0")
    return {
        "old": old_sparse(PIECES, len(SPARSE), packed),
        "old-many": old_sparse([*single, *PIECES], len(SPARSE), bytes(100) + packed),
        "0.0": pax_sparse(
            [("GNU.sparse.size", str(len(SPARSE))), ("GNU.sparse.numblocks", "2"), ("GNU.sparse.offset", "1000"),
             ("GNU.sparse.numbytes", "700"), ("GNU.sparse.offset", "6700"), ("GNU.sparse.numbytes", "12")],
            packed,
        ),
        "0.1": pax_sparse(
            [("GNU.sparse.size", str(len(SPARSE))), ("GNU.sparse.name", "s"), ("GNU.sparse.map", "1000,700,6700,12")],
            packed,
        ),
        "1.0": pax_sparse(
            [("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"), ("GNU.sparse.name", "s"),
             ("GNU.sparse.realsize", str(len(SPARSE)))],
            listed + packed,
        ),
    }  # fmt: skip


@pytest.mark.parametrize("form", sparse_forms())
def test_members_with_holes_are_unpacked_with_them(form: str) -> None:
    content = tar_bytes({"before": b"one"})[:1024] + sparse_forms()[form] + header(b"a", b"3") + blocks(b"two") + END
    for whole in (content, gzip.compress(content)):
        member = members_of(TarPackage, whole)["s"]
        assert (member.size, member.stored, member.start) == (len(SPARSE), False, None)
        assert unpacked(TarPackage, whole, "s") == SPARSE
        assert unpacked(TarPackage, whole, "a") == b"two"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (old_sparse([(0, 5), (3, 5)], 100, bytes(10)), "a piece of 5 bytes at 3"),
        (old_sparse([(0, 5), (99, 5)], 100, bytes(10)), "a piece of 5 bytes at 99"),
        (old_sparse([(0, 5)], 100, bytes(10)), "pieces of another size than its data"),
        (pax_sparse([("GNU.sparse.size", "9"), ("GNU.sparse.map", "1,2,3")], b""), "a piece without size"),
        (pax_sparse([("GNU.sparse.size", "9"), ("GNU.sparse.map", "1,x")], b""), "'x' for a number"),
        (pax_sparse([("GNU.sparse.major", "1"), ("GNU.sparse.realsize", "9")], b"5\n1\n"), "list of pieces"),
        (pax_sparse([("GNU.sparse.major", "1"), ("GNU.sparse.realsize", "9")], b"1" * 512), "for a number|list of"),
        (pax_sparse([("GNU.sparse.major", "1"), ("GNU.sparse.realsize", "9")], b"99999999\n".ljust(512, b"1")),
         "more than 1048576 pieces"),
    ],
)  # fmt: skip
def test_impossible_holes_are_told(content: bytes, message: str) -> None:
    with pytest.raises(PackageBroken, match=message) as caught:
        unpacked(TarPackage, content + END, "s")
    assert caught.value.message.startswith("x.arc: member 's'")


def test_holes_are_bombs_as_well() -> None:
    content = old_sparse([(0, 5)], 10**12, bytes(5)) + END
    with pytest.raises(PackageBroken, match="member 's' becomes more than 1100 times"):
        unpacked(TarPackage, content, "s", limited(max_member_bytes=2 * 10**12))


# -- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"no archive" * 100, "is corrupt, or no tar archive; accepted: plain ones, and those compressed by gzip"),
        (gzip.compress(b"no archive" * 100, mtime=0), "there is no header at 0"),
        (gzip.compress(b"", mtime=0), "is truncated: it ends at 0"),
        (tar_bytes({"a": DATA})[:1000], "is truncated: it has 1000 bytes, member 'a' ends at 60928"),
        (tar_bytes({"a": DATA})[:60_928], "is truncated: it ends at 60928, where a header or the end mark should be"),
        (gzip.compress(tar_bytes({"a": DATA})[:1000], mtime=0), "is truncated: it ends at"),
        (gzip.compress(tar_bytes({"a": DATA}), mtime=0)[:-1], "is truncated: its packed bytes end early"),
        (gzip.compress(tar_bytes({"a": DATA}), mtime=0)[:-8] + bytes(8), "is corrupt: .*checksum"),
        (tar_bytes({"a": b"one", "b": b"two"}).replace(b"b", b"c", 1), "there is no header at 1024"),
        (header(b"a", b"9x") + END, "for a number"),
        (header(b"a", b"\xff" * 12) + END, "for a number"),
        (header(b"a", b"\x80" + b"\xff" * 11) + END, "the impossible number"),
        (header(b"l", b"7777777", b"L") + END, "the extended header at 512 has 2097151 bytes"),
        (header(b"l", b"3777", b"L") + b"short", "it ends within the extended header at 512"),
        (header(b"l", b"1", b"L") + blocks(b"x") + END, "a header is missing at 1024"),
        ((header(b"x", b"0", b"x")) * 17 + END, "more than 16 headers at 0 belong to one member"),
        (header(b"x", b"5", b"x") + blocks(b"hello") + END, "a record without length"),
        (header(b"x", b"11", b"x") + blocks(b"99 path=x\n") + END, "a record of a wrong length"),
        (header(b"x", b"10", b"x") + blocks(b"3 path=x") + END, "a record of a wrong length"),
        (pax_sparse([("size", "-5")], b"") + END, "'-5' for a number"),
        (header(b"s", b"0", b"S", bytes(225) + b"\1") + b"", "list of pieces that is cut off"),
    ],
)
def test_archives_that_are_broken_are_told(content: bytes, message: str) -> None:
    with pytest.raises(PackageBroken, match=message) as caught:
        members_of(TarPackage, content)
    assert caught.value.message.startswith("x.arc: ")


@pytest.mark.parametrize("name", ["../a", "/a", "C:\\a", "a\\b", "x/../../a", "C:a"])
def test_names_that_lead_out_are_told_and_refused(tmp_path: Path, name: str) -> None:
    content = tar_bytes({name: b"x"})
    member = members_of(TarPackage, content)[name]
    assert not member.stored
    with pytest.raises(AccessDenied, match=r"x\.arc: the name"):
        TarPackage.unpack(opened(content), member, io.BytesIO())
    path = tmp_path / "a.tar"
    path.write_bytes(content)
    (tmp_path / "unpacked").mkdir()
    with pytest.raises(AccessDenied):
        TarPackage(str(path), default_settings()).extract(name, tmp_path / "unpacked")
    assert sorted(found.name for found in tmp_path.rglob("*")) == ["a.tar", "unpacked"]


def test_an_archive_that_is_another_than_was_listed_is_told() -> None:
    member = members_of(TarPackage, tar_bytes({"a": b"one", "b": DATA}))["b"]
    for changed in ({"a": b"one", "b": b"two"}, {"a": b"one"}, {"a": DATA, "b": DATA}):
        with pytest.raises(PackageBroken, match=r"x\.arc"):
            TarPackage.unpack(opened(tar_bytes(changed)), member, io.BytesIO())


# -- limits ---------------------------------------------------------------------------------------


def test_more_members_than_allowed_are_refused() -> None:
    content = tar_bytes({str(number): b"" for number in range(5)})
    assert len(members_of(TarPackage, content, limited(max_members=5))) == 5
    with pytest.raises(PackageBroken, match="more than 4 members"):
        members_of(TarPackage, content, limited(max_members=4))


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_members_larger_than_allowed_are_refused(compression: str) -> None:
    content = compressed(tar_bytes({"a": DATA}), compression)
    assert unpacked(TarPackage, content, "a", limited(max_member_bytes=60_000)) == DATA
    with pytest.raises(PackageBroken, match="has 60000 bytes; accepted: up to 59999"):
        unpacked(TarPackage, content, "a", limited(max_member_bytes=59_999))


@pytest.mark.parametrize("compression", COMPRESSIONS[1:])
def test_bombs_are_stopped_while_they_are_decompressed(compression: str) -> None:
    content = compressed(tar_bytes({"a": bytes(50_000_000)}), compression)
    message = "x.arc: becomes more than 20 times as large as it is packed"
    with pytest.raises(PackageBroken, match=message):
        members_of(TarPackage, content, limited(max_ratio=20))
    target = io.BytesIO()
    with pytest.raises(PackageBroken, match=message):
        TarPackage.expand(opened(content, limited(max_ratio=20)), target)
    assert len(target.getvalue()) < 10_000_000


class FailingStream(io.BytesIO):
    """A connection that breaks."""

    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell() > 100_000:
            raise ConnectionResetError("reset by peer")
        return super().read(size)


@pytest.mark.parametrize("compression", ["", "gzip"])
def test_a_stream_that_fails_is_told(compression: str) -> None:
    noise = random.Random(1)
    content = compressed(tar_bytes({str(number): noise.randbytes(9000) for number in range(50)}), compression)
    stream = FailingStream(content)
    with pytest.raises(DataUnavailable, match=r"x\.arc: cannot be read: reset by peer"):
        members_of(TarPackage, stream)
