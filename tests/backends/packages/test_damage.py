# SPDX-License-Identifier: MIT
"""Archives that were changed anywhere: they give what they held, or an error of ours."""

from __future__ import annotations

import io
import tarfile
import zipfile

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from eoxserver.backends.packages.base import Member
from eoxserver.backends.packages.index import MemberIndex, write_index
from eoxserver.backends.packages.tar import TarPackage
from eoxserver.backends.packages.zip import ZipPackage
from eoxserver.conf.schema import Settings
from eoxserver.core.errors import AccessDenied, DataUnavailable
from tests.archives import COMPRESSIONS, compressed, tar_bytes, zip_bytes
from tests.backends.packages.reading import Kind, limited, opened
from tests.backends.packages.test_tar import END, sparse_forms
from tests.backends.packages.test_zip import deflate64, handmade

FILES = {"a.txt": b"one", "folder/b.bin": bytes(range(256)) * 12, "folder/Ω": b"", "c" * 120: bytes(900)}
LIMITS = limited(max_members=50, max_ratio=100, max_member_bytes=10_000_000)


def _archives() -> list[tuple[Kind, bytes]]:
    methods = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
    zips = [zip_bytes(FILES, method) for method in methods]
    zips.append(handmade(b"a", deflate64(FILES["folder/b.bin"]), FILES["folder/b.bin"], 9))
    zips.append(handmade(b"a", compressed(FILES["folder/b.bin"], "zstd"), FILES["folder/b.bin"], 93))
    tars = [tar_bytes(FILES, form) for form in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT)]
    tars += [sparse + END for sparse in sparse_forms().values()]
    tars += [compressed(tars[0], compression) for compression in COMPRESSIONS[1:]]
    return [*((ZipPackage, content) for content in zips), *((TarPackage, content) for content in tars)]


ARCHIVES = _archives()


def look(kind: Kind, content: bytes, settings: Settings) -> tuple[list[Member], dict[str, bytes]]:
    """List and unpack everything; errors of ours are what is expected of damage."""
    archive = opened(content, settings)
    members: list[Member] = []
    messages: list[str] = []
    contents = {}
    try:
        members.extend(kind.scan(archive))
        if kind is TarPackage and TarPackage.is_compressed(archive):
            TarPackage.expand(archive, io.BytesIO())
    except (DataUnavailable, AccessDenied) as error:
        messages.append(error.message)
    for member in members:
        target = io.BytesIO()
        try:
            kind.unpack(archive, member, target)
            if member.stored:
                kind.locate(archive, member)
            contents[member.name] = target.getvalue()
        except (DataUnavailable, AccessDenied) as error:
            messages.append(error.message)
    assert all("x.arc" in message for message in messages)
    return members, contents


@given(st.sampled_from(ARCHIVES), st.data())
def test_damaged_archives_raise_errors_of_ours_only(one: tuple[Kind, bytes], data: st.DataObject) -> None:
    kind, content = one
    changed = bytearray(content)
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, len(changed) - 1))
        match data.draw(st.sampled_from(["set", "cut", "insert", "drop", "copy"])):
            case "set":
                changed[at] = data.draw(st.sampled_from([0, 1, 0x30, 0x37, 0x7F, 0x80, 0xFF, changed[at] ^ 1]))
            case "cut":
                del changed[max(1, at) :]
            case "insert":
                changed[at:at] = data.draw(st.binary(max_size=40))
            case "drop":
                del changed[at : at + data.draw(st.integers(1, 600))]
                changed = changed or bytearray(b"\0")
            case "copy":
                changed[at:at] = changed[: data.draw(st.integers(1, 600))]
    look(kind, bytes(changed), LIMITS)


@given(st.sampled_from([ZipPackage, TarPackage]), st.binary(max_size=2000))
@example(ZipPackage, b"PK\5\6" + bytes(18))
@example(TarPackage, bytes(512))
def test_any_bytes_raise_errors_of_ours_only(kind: Kind, content: bytes) -> None:
    look(kind, content, LIMITS)


@pytest.mark.parametrize("number", range(6))
def test_one_changed_byte_of_a_zip_is_noticed_or_harmless(number: int) -> None:
    """What is given has the checksum of the list, so that it is either what was packed or nothing."""
    kind, content = ARCHIVES[number]
    _, expected = look(kind, content, LIMITS)
    for at in range(30, len(content), 7):
        changed = bytearray(content)
        changed[at] ^= 0x10
        _, contents = look(kind, bytes(changed), LIMITS)
        for found in contents.values():
            assert found in expected.values()


@pytest.mark.parametrize("number", range(len(ARCHIVES)))
def test_a_truncated_archive_gives_no_wrong_bytes(number: int) -> None:
    kind, content = ARCHIVES[number]
    _, expected = look(kind, content, LIMITS)
    assert expected
    for end in range(0, len(content), 61):
        _, contents = look(kind, content[:end], LIMITS)
        assert contents.items() <= expected.items()


NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=30)


@given(st.dictionaries(NAMES, st.binary(max_size=600), max_size=5), st.booleans())
def test_every_name_is_kept_by_the_table(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes], is_zip: bool
) -> None:
    kind: Kind = ZipPackage if is_zip else TarPackage
    content = zip_bytes(files) if is_zip else tar_bytes(files)
    members = {member.name: member for member in kind.scan(opened(content))}
    index = MemberIndex(write_index(members.values(), tmp_path_factory.mktemp("index")), "x.arc")
    assert {name: index.find(name) for name in members} == members
    usable = sorted(member.name for member in members.values() if not member.problem)
    assert list(index.names()) == usable
