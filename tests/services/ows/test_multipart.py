# SPDX-License-Identifier: MIT
"""Messages of several parts."""

from __future__ import annotations

import email.policy
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage

import pytest

from eoxserver.services.ows.multipart import Part, boundary, media_type, multipart_in_turn

LIMIT = boundary("wcps", "a query")


def test_the_same_request_has_the_same_boundary() -> None:
    assert boundary("a", "b") == boundary("a", "b") != boundary("ab", "")
    assert len(boundary("wcs", "x" * 1000)) <= 70


def test_parts_in_turn_are_a_message() -> None:
    parts = [Part({"Content-Type": "image/png"}, [b"\r\n--one", b"--"]), Part({"Content-Type": "text/csv"}, [b"1,2"])]
    body = b"".join(multipart_in_turn(parts, LIMIT))
    message = message_from_bytes(
        f"Content-Type: {media_type(LIMIT, 'image/png')}\r\n\r\n".encode() + body, policy=email.policy.HTTP
    )
    assert isinstance(message, EmailMessage)
    found = [(part.get_content_type(), part.get_payload(decode=True)) for part in message.iter_parts()]
    assert found == [("image/png", b"\r\n--one--"), ("text/csv", b"1,2")]


def test_a_part_is_made_when_the_one_before_it_is_sent() -> None:
    begun: list[str] = []
    closed: list[str] = []

    def chunks(name: str) -> Iterator[bytes]:
        begun.append(name)
        try:
            yield name.encode()
            yield b"more"
        finally:
            closed.append(name)

    parts = multipart_in_turn([Part({}, chunks(name)) for name in "abc"], LIMIT)
    next(parts)
    assert begun == ["a"]
    while begun == ["a"]:
        next(parts)
    assert closed == ["a"]
    parts.close()
    assert (begun, closed) == (["a", "b"], ["a", "b"])


def test_nothing_is_sent_when_the_first_part_cannot_be_made() -> None:
    broken = (number.to_bytes() for number in (300,))
    with pytest.raises(OverflowError):
        next(multipart_in_turn([Part({}, broken)], LIMIT))
