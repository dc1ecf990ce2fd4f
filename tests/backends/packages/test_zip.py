# SPDX-License-Identifier: MIT
"""ZIP archives: what is unpacked, and what is refused. The contract is tested in tests/contracts."""

from __future__ import annotations

import io
import struct
import sys
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import inflate64
import pytest
import zstandard

from eoxserver.backends.packages.base import Member
from eoxserver.backends.packages.zip import ZipPackage
from eoxserver.conf.schema import default_settings
from eoxserver.core.errors import AccessDenied, PackageBroken
from tests.archives import zip_bytes
from tests.backends.packages.reading import CountingStream, limited, members_of, opened, unpacked

DATA = b"".join(number.to_bytes(3) for number in range(20_000))


def handmade(name: bytes, packed: bytes, plain: bytes, method: int, flags: int = 0, **central: int) -> bytes:
    """An archive of one member, packed by anything; ``central`` changes what the list says."""
    checksum = zlib.crc32(plain)
    local = struct.pack(
        "<4s5H3L2H", b"PK\3\4", 63, flags, method, 0, 0, checksum, len(packed), len(plain), len(name), 0
    )
    fields = {"flags": flags, "listed": method, "crc": checksum, "packed_size": len(packed), "size": len(plain),
              "position": 0, "host": 3, "mode": 0o100644, **central}  # fmt: skip
    entry = struct.pack(
        "<4s6H3L5H2L", b"PK\1\2", fields["host"] << 8 | 63, 63, fields["flags"], fields["listed"], 0, 0, fields["crc"],
        fields["packed_size"], fields["size"], len(name), 0, 0, 0, 0, fields["mode"] << 16, fields["position"],
    )  # fmt: skip
    body = local + name + packed
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, len(entry) + len(name), len(body), 0)
    return body + entry + name + end


def raw_deflate(plain: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(plain) + packer.flush()


def deflate64(plain: bytes) -> bytes:
    packer = inflate64.Deflater()
    return bytes(packer.deflate(plain) + packer.flush())


# -- what is unpacked ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "number", "pack"),
    [
        ("stored", 0, bytes),
        ("deflate", 8, raw_deflate),
        ("deflate64", 9, deflate64),
        ("zstd", 93, zstandard.ZstdCompressor().compress),
    ],
)
def test_methods_are_unpacked(method: str, number: int, pack: Callable[[bytes], bytes]) -> None:
    content = handmade(b"a.bin", pack(DATA), DATA, number)
    assert unpacked(ZipPackage, content, "a.bin") == DATA
    member = members_of(ZipPackage, content)["a.bin"]
    assert (member.method, member.stored) == (method, number == 0)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
@pytest.mark.parametrize("plain", [b"", b"x", DATA])
def test_what_python_packs_is_unpacked(method: int, plain: bytes) -> None:
    assert unpacked(ZipPackage, zip_bytes({"a": plain}, method), "a") == plain


def test_lzma_without_an_end_mark_is_unpacked() -> None:
    content = bytearray(zip_bytes({"a": DATA}, zipfile.ZIP_LZMA))
    assert content[6] & 2, "Python writes the mark; the flag says so"
    content[6] &= ~2
    # With a mark that is not announced the size decides, and all bytes come before the mark.
    assert unpacked(ZipPackage, bytes(content), "a") == DATA


def test_data_descriptors_are_no_obstacle() -> None:
    class Pipe(io.BytesIO):
        def tell(self) -> int:
            raise OSError("a pipe")

    target = Pipe()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("a", DATA)
        made.writestr("b", b"two")
    content = target.getvalue()
    assert content[6] & 8, "no data descriptor was written"
    assert unpacked(ZipPackage, content, "a") == DATA
    assert unpacked(ZipPackage, content, "b") == b"two"


def test_zip64_is_read() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as made, made.open("a", "w", force_zip64=True) as member:
        member.write(DATA)
    with zipfile.ZipFile(target, "a") as made:
        made.writestr("b", b"two")
    assert unpacked(ZipPackage, target.getvalue(), "a") == DATA
    assert unpacked(ZipPackage, b"a program" + target.getvalue(), "b") == b"two"


def test_numbers_beyond_32_bits_are_read(tmp_path: Path) -> None:
    path = tmp_path / "large.zip"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("first", b"one")
        made.fp.seek(1 << 33)  # type: ignore[union-attr]  # a hole, as if a member of 8 GiB were there
        made.start_dir = 1 << 33
        made.writestr("second", b"two")
    with path.open("rb") as stream:
        members = members_of(ZipPackage, stream)
        assert members["second"].position == 1 << 33
        assert ZipPackage.locate(opened(stream), members["second"]) == (1 << 33) + 30 + len("second")
        assert unpacked(ZipPackage, stream, "second") == b"two"


def test_more_members_than_16_bits_count_are_listed() -> None:
    content = zip_bytes({str(number): b"" for number in range(70_000)}, zipfile.ZIP_STORED)
    assert len(members_of(ZipPackage, content)) == 70_000
    # Some programs leave the records of ZIP64 out, and the count is what fits in 16 bits.
    end = struct.unpack("<4s4H2LH", content[-22:])
    short = content[: -22 - 20 - 56] + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 4464, 4464, *end[5:])
    assert len(members_of(ZipPackage, short)) == 70_000


@pytest.mark.parametrize("prefix", [b"#!/bin/sh\nexit\n", b"PK\5\6" * 100])
def test_archives_behind_a_program_are_read(prefix: bytes) -> None:
    content = prefix + zip_bytes({"a": DATA, "b": b"two"}, zipfile.ZIP_STORED)
    assert unpacked(ZipPackage, content, "a") == DATA
    start = ZipPackage.locate(opened(content), members_of(ZipPackage, content)["b"])
    assert content[start : start + 3] == b"two"


@pytest.mark.parametrize("comment", [b"hello", b"x" * 65535, b"about PK\5\6 records"])
def test_archives_with_a_comment_are_read(comment: bytes) -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as made:
        made.writestr("a", b"one")
        made.comment = comment
    assert unpacked(ZipPackage, target.getvalue(), "a") == b"one"


def test_local_headers_of_another_length_than_the_list_are_right() -> None:
    content = handmade(b"a", b"", b"", 0)
    extra = struct.pack("<2H4s", 0x7777, 4, b"abcd")
    local = bytearray(content[:31]) + extra + DATA
    struct.pack_into("<H", local, 28, len(extra))
    tail = bytearray(content[31:])
    struct.pack_into("<3L", tail, 16, zlib.crc32(DATA), len(DATA), len(DATA))
    struct.pack_into("<L", tail, len(tail) - 6, len(local))
    whole = bytes(local + tail)
    assert ZipPackage.locate(opened(whole), members_of(ZipPackage, whole)["a"]) == 31 + len(extra)
    assert unpacked(ZipPackage, whole, "a") == DATA


def test_the_list_is_read_without_the_members() -> None:
    content = zip_bytes({f"{number}.bin": DATA for number in range(200)}, zipfile.ZIP_STORED)
    stream = CountingStream(content)
    assert len(members_of(ZipPackage, stream)) == 200
    assert stream.reads <= 4
    assert stream.bytes_read < 200_000 < len(content)


def test_a_member_is_located_by_one_small_read() -> None:
    stream = CountingStream(zip_bytes({f"{number}.bin": DATA for number in range(200)}, zipfile.ZIP_STORED))
    member = members_of(ZipPackage, stream)["150.bin"]
    before = stream.reads
    ZipPackage.locate(opened(stream), member)
    assert stream.reads == before + 1


# -- names --------------------------------------------------------------------------------------


def test_names_are_read_in_utf_8_when_they_say_so() -> None:
    assert "März/Ω.tif" in members_of(ZipPackage, zip_bytes({"März/Ω.tif": b"x"}))


@pytest.mark.parametrize(
    ("raw", "host", "name"),
    [
        ("M\u00e4rz.tif".encode("cp437"), 0, "März.tif"),
        ("M\u00e4rz.tif".encode("cp437"), 3, "März.tif"),
        ("März.tif".encode(), 3, "März.tif"),
        ("März.tif".encode(), 19, "März.tif"),
        ("März.tif".encode(), 0, "März.tif".encode().decode("cp437")),
    ],
)
def test_other_names_are_read_in_what_their_host_writes(raw: bytes, host: int, name: str) -> None:
    assert list(members_of(ZipPackage, handmade(raw, b"x", b"x", 0, host=host, mode=0))) == [name]


@pytest.mark.parametrize(("checksum", "name"), [(zlib.crc32(b"M?rz.tif"), "März.tif"), (1, "M?rz.tif")])
def test_the_field_with_the_name_in_unicode_is_used_while_it_is_of_this_name(checksum: int, name: str) -> None:
    info = zipfile.ZipInfo("M?rz.tif")
    utf8 = "März.tif".encode()
    info.extra = struct.pack("<2HBL", 0x7075, 5 + len(utf8), 1, checksum) + utf8
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as made:
        made.writestr(info, b"x")
    assert list(members_of(ZipPackage, target.getvalue())) == [name]


def test_folders_and_links_are_no_files() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as made:
        made.writestr("folder/", b"")
        link = zipfile.ZipInfo("link")
        link.create_system, link.external_attr = 3, 0o120777 << 16
        made.writestr(link, b"/etc/passwd")
        made.writestr("folder/a", b"one")
    assert list(members_of(ZipPackage, target.getvalue())) == ["folder/a"]


def test_of_members_of_one_name_the_last_counts(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("a", b"first")
        with pytest.warns(UserWarning, match="Duplicate"):
            made.writestr("a", b"second")
    package = ZipPackage(str(path), default_settings())
    assert Path(package.extract("a", tmp_path)).read_bytes() == b"second"
    assert list(package.list_files()) == ["a"]


@pytest.mark.parametrize("name", ["../a", "/a", "C:\\a", "a\\b", "x/../../a", "C:a"])
def test_names_that_lead_out_are_told_and_refused(tmp_path: Path, name: str) -> None:
    content = handmade(name.encode(), b"x", b"x", 0)
    (member,) = members_of(ZipPackage, content).values()
    assert member.name == name
    assert not member.stored
    with pytest.raises(AccessDenied, match=r"x\.arc: the name"):
        ZipPackage.unpack(opened(content), member, io.BytesIO())
    path = tmp_path / "a.zip"
    path.write_bytes(content)
    (tmp_path / "unpacked").mkdir()
    with pytest.raises(AccessDenied):
        ZipPackage(str(path), default_settings()).extract(name, tmp_path / "unpacked")
    assert sorted(found.name for found in tmp_path.rglob("*")) == ["a.zip", "unpacked"]


# -- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (handmade(b"a", b"x", b"x", 0, flags=1), "member 'a' is encrypted"),
        (handmade(b"a", b"x", b"x", 99), "packed by method 99, which is not known; accepted: stored, deflate"),
        (handmade(b"a", b"x", b"x", 0, size=2), "member 'a' is corrupt: it is stored"),
        (handmade(b"a", b"x", b"x", 0, crc=1), "member 'a' is corrupt: its checksum"),
        (handmade(b"a", raw_deflate(DATA), DATA, 8, size=len(DATA) - 1), "is longer than the 59999 bytes"),
        (handmade(b"a", raw_deflate(DATA), DATA, 8, size=len(DATA) + 1), "60000 of the 60001 bytes"),
        (handmade(b"a", raw_deflate(DATA)[:-9], DATA, 8), "member 'a' is truncated"),
        (handmade(b"a", b"\xff" * 100, DATA, 8), "member 'a' is corrupt"),
        (handmade(b"a", b"BZh9" + b"\xff" * 100, DATA, 12), "member 'a' is corrupt"),
        (handmade(b"a", b"\x28\xb5\x2f\xfd" + b"\xff" * 100, DATA, 93), "member 'a' is corrupt"),
        (handmade(b"a", b"\xff" * 100, DATA, 14), "no properties of LZMA"),
        (handmade(b"a", b"\x09\x04\x05\x00\x5d\xff\xff\xff\xff" + bytes(99), DATA, 14), "member 'a' is corrupt"),
        (handmade(b"a", b"short", DATA, 14), "no properties of LZMA"),
        (handmade(b"a", b"x", b"x", 0, listed=8), "says other things than the list"),
    ],
)
def test_members_that_cannot_be_had_are_told(content: bytes, message: str) -> None:
    with pytest.raises(PackageBroken, match=message) as caught:
        unpacked(ZipPackage, content, "a")
    assert caught.value.message.startswith("x.arc: member 'a'")
    assert caught.value.locator == "a"


def test_deflate64_names_its_extra() -> None:
    content = handmade(b"a", deflate64(DATA), DATA, 9)
    with (
        mock.patch.dict(sys.modules, {"inflate64": None}),
        pytest.raises(PackageBroken, match=r"pip install 'eoxserver\[deflate64\]'"),
    ):
        unpacked(ZipPackage, content, "a")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"PK\3\4" + bytes(100), "no ZIP archive, or truncated"),
        (zip_bytes({"a": DATA})[:-1], "no ZIP archive, or truncated"),
        (zip_bytes({"a": DATA})[100:], "does not end where it should"),
        (handmade(b"a", b"x", b"x", 0, position=2**32 - 1), "overlaps what follows"),
        (handmade(b"a", b"x", b"x", 0, packed_size=1000, size=1000), "overlaps what follows"),
        (handmade(b"a", b"x", b"x", 0).replace(b"PK\1\2", b"PK\1\3"), "entry 0 of its list is none"),
        (handmade(b"a", b"x", b"x", 0)[:-22] + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 2, 2, 47, 32, 0),
         "has 1 entries, its end record says 2"),
        (handmade(b"a", b"x", b"x", 0)[:-22] + struct.pack("<4s4H2LH", b"PK\5\6", 1, 0, 1, 1, 47, 32, 0),
         "one of several parts"),
        (bytes(100) + struct.pack("<4sLQL", b"PK\6\7", 0, 5, 1) + struct.pack("<4s4H2LH", b"PK\5\6", *[0] * 7),
         "end record of ZIP64 is not at 5"),
    ],
)  # fmt: skip
def test_archives_that_are_broken_are_told(content: bytes, message: str) -> None:
    with pytest.raises(PackageBroken, match=message) as caught:
        members_of(ZipPackage, content)
    assert caught.value.message.startswith("x.arc: ")


def test_a_member_that_is_not_where_the_list_says_is_told() -> None:
    content = zip_bytes({"a": DATA})
    member = members_of(ZipPackage, content)["a"]
    for changed in (content[1:], b"PK\3\4", content[:50]):
        with pytest.raises(PackageBroken, match="member 'a' is corrupt"):
            ZipPackage.unpack(opened(changed), member, io.BytesIO())


def test_members_that_share_bytes_are_refused() -> None:
    """The bomb of many members that quote each other, each of which has all the bytes that follow."""
    kernel = raw_deflate(bytes(1_000_000))
    body, entries, count = b"", b"", 50
    for number in range(count):
        name = b"%02d" % number
        left = (count - number - 1) * 37 + len(kernel) + 5 * (count - number - 1)
        quote = b"" if number == count - 1 else struct.pack("<B2H", 0, 32, 32 ^ 0xFFFF)
        entries += struct.pack("<4s6H3L5H2L", b"PK\1\2", 63, 63, 0, 8, 0, 0, 0, left, 1_000_000, 2, 0, 0, 0, 0, 0,
                               len(body)) + name  # fmt: skip
        body += struct.pack("<4s5H3L2H", b"PK\3\4", 63, 0, 8, 0, 0, 0, left, 1_000_000, 2, 0) + name + quote
    body += kernel
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, len(entries), len(body), 0)
    with pytest.raises(PackageBroken, match="overlaps what follows"):
        members_of(ZipPackage, body + entries + end)


# -- limits ---------------------------------------------------------------------------------------


def test_more_members_than_allowed_are_refused() -> None:
    content = zip_bytes({str(number): b"" for number in range(5)})
    assert len(members_of(ZipPackage, content, limited(max_members=5))) == 5
    with pytest.raises(PackageBroken, match="more than 4 members"):
        members_of(ZipPackage, content, limited(max_members=4))


def test_members_larger_than_allowed_are_refused() -> None:
    content = zip_bytes({"a": DATA})
    assert unpacked(ZipPackage, content, "a", limited(max_member_bytes=60_000)) == DATA
    with pytest.raises(PackageBroken, match=r"has 60000 bytes; accepted: up to 59999 \(max_member_bytes"):
        unpacked(ZipPackage, content, "a", limited(max_member_bytes=59_999))


class Target(io.BytesIO):
    """Refuses to become large."""

    def write(self, data: object, /) -> int:
        assert isinstance(data, bytes)
        assert self.tell() + len(data) < 10_000_000, "much was written before the bomb was noticed"
        return super().write(data)


@pytest.mark.parametrize(
    ("number", "pack"), [(8, raw_deflate), (9, deflate64), (93, zstandard.ZstdCompressor().compress)]
)
def test_bombs_are_stopped_while_they_are_unpacked(number: int, pack: Callable[[bytes], bytes]) -> None:
    plain = bytes(200_000_000)
    content = handmade(b"a", pack(plain), plain, number)
    member = members_of(ZipPackage, content)["a"]
    with pytest.raises(PackageBroken, match="becomes more than 20 times as large as it is packed"):
        ZipPackage.unpack(opened(content, limited(max_ratio=20)), member, Target())


def test_headers_that_lie_of_the_size_are_not_believed() -> None:
    plain = bytes(200_000_000)
    content = handmade(b"a", raw_deflate(plain), plain, 8, size=100)
    member = members_of(ZipPackage, content)["a"]
    assert member == Member("a", 100, 0, member.packed_size, method="deflate", checksum=member.checksum)
    with pytest.raises(PackageBroken, match="longer than the 100 bytes"):
        ZipPackage.unpack(opened(content), member, Target())


def test_what_compresses_well_is_no_bomb() -> None:
    plain = bytes(50_000_000)
    assert unpacked(ZipPackage, zip_bytes({"a": plain}), "a") == plain
    assert unpacked(ZipPackage, zip_bytes({"a": plain[:10_000_000]}, zipfile.ZIP_BZIP2), "a") == plain[:10_000_000]
