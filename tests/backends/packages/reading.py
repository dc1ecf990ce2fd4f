# SPDX-License-Identifier: MIT
"""What the tests of packages do with bytes."""

from __future__ import annotations

import dataclasses
import io
from typing import BinaryIO

from eoxserver.backends.packages.base import Archive, Member
from eoxserver.backends.packages.tar import TarPackage
from eoxserver.backends.packages.zip import ZipPackage
from eoxserver.conf.schema import Packages, Settings, default_settings

__all__ = ["CountingStream", "Kind", "limited", "members_of", "opened", "unpacked"]

Kind = type[ZipPackage] | type[TarPackage]


class CountingStream(io.BytesIO):
    """Counts what is read, and answers at most 1 MiB at once, as a connection may."""

    reads = 0
    bytes_read = 0

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(1 << 20 if size is None or size < 0 else min(size, 1 << 20))
        self.reads += 1
        self.bytes_read += len(data)
        return data


def limited(
    max_members: int | None = None, max_ratio: int | None = None, max_member_bytes: int | None = None
) -> Settings:
    """Settings with other limits."""
    packages = Packages()
    packages = dataclasses.replace(
        packages,
        max_members=max_members or packages.max_members,
        max_ratio=max_ratio or packages.max_ratio,
        max_member_bytes=max_member_bytes or packages.max_member_bytes,
    )
    return dataclasses.replace(default_settings(), packages=packages)


def opened(content: bytes | BinaryIO, settings: Settings | None = None) -> Archive:
    """An archive called ``x.arc``."""
    stream = io.BytesIO(content) if isinstance(content, bytes) else content
    return Archive(stream, "x.arc", settings or default_settings())


def members_of(kind: Kind, content: bytes | BinaryIO, settings: Settings | None = None) -> dict[str, Member]:
    """The members by name."""
    return {member.name: member for member in kind.scan(opened(content, settings))}


def unpacked(kind: Kind, content: bytes | BinaryIO, name: str, settings: Settings | None = None) -> bytes:
    """The bytes of one member."""
    archive = opened(content, settings)
    (member,) = [member for member in kind.scan(archive) if member.name == name][-1:]
    target = io.BytesIO()
    kind.unpack(archive, member, target)
    return target.getvalue()
