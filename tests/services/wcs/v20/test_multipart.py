# SPDX-License-Identifier: MIT
from __future__ import annotations

import email.policy
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage, Message

import pytest

from eoxserver.services.gmlcov.gml import GML
from eoxserver.services.ows.multipart import boundary, media_type, multipart_related
from eoxserver.services.wcs.v20.multipart import coverage_parts
from tests.services.wcs.v20.coverages import rgb
from tests.xmlschemas import NS, ValidateXml, parse_xml

DATA = bytes(range(256)) * 3
LIMIT = boundary("wcs", "rgb", "image/tiff")


def message(chunks: list[bytes]) -> EmailMessage:
    body = b"".join(multipart_related(coverage_parts(rgb(), chunks, "image/tiff", "rgb.tif"), LIMIT))
    head = f"Content-Type: {media_type(LIMIT, GML)}\r\n\r\n".encode()
    parsed = message_from_bytes(head + body, policy=email.policy.HTTP)
    assert isinstance(parsed, EmailMessage)
    return parsed


def payload(part: Message) -> bytes:
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content


def test_two_parts_that_know_each_other() -> None:
    first, second = message([DATA[:100], DATA[100:]]).iter_parts()
    assert first.get_content_type() == "application/gml+xml"
    root = parse_xml(payload(first))
    reference = root.findtext(".//gml:File/gml:fileReference", namespaces=NS)
    assert reference == "cid:rgb.tif"
    assert second["Content-ID"] == "<rgb.tif>"
    assert root.findtext(".//gml:File/gml:mimeType", namespaces=NS) == second.get_content_type() == "image/tiff"
    assert root.find(".//gml:tupleList", namespaces=NS) is None
    assert payload(second) == DATA


def test_the_gml_is_valid(validate_xml: ValidateXml) -> None:
    first, _ = message([DATA]).iter_parts()
    validate_xml(payload(first))


class Chunks(Iterator[bytes]):
    """Chunks that fail at once, and know when they are closed."""

    def __init__(self, fail: bool) -> None:
        self.fail = fail
        self.closed = False

    def __next__(self) -> bytes:
        if self.fail:
            raise OSError("no data")
        return b"x"

    def close(self) -> None:
        self.closed = True


def test_nothing_is_sent_of_data_that_cannot_be_read() -> None:
    chunks = Chunks(fail=True)
    parts = multipart_related(coverage_parts(rgb(), chunks, "image/tiff", "rgb.tif"), LIMIT)
    with pytest.raises(OSError, match="no data"):
        next(parts)
    assert chunks.closed


def test_closing_the_message_closes_the_data() -> None:
    chunks = Chunks(fail=False)
    parts = multipart_related(coverage_parts(rgb(), chunks, "image/tiff", "rgb.tif"), LIMIT)
    assert next(parts)
    parts.close()
    assert chunks.closed
