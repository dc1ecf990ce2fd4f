# SPDX-License-Identifier: MIT
from __future__ import annotations

import pytest

from eoxserver.services.wcst.errors import TransactionError
from eoxserver.services.wcst.xmlinput import children, find, one, parse_large, text_of, tokens

BOMB = '<!DOCTYPE a [<!ENTITY b "b"><!ENTITY c "&b;&b;">]><a d="&c;">&c;</a>'


@pytest.mark.parametrize(
    "data",
    [
        b"", b"words", b"<a>", BOMB.encode(), f'<?xml version="1.0"?><!-- a -->{BOMB}'.encode(),
        "<a/>".encode("utf-16"), BOMB.encode("utf-16-be"), b'<?xml version="1.0" encoding="UTF-7"?>+ADw-a/+AD4-',
        '<a d="\u00e9"/>'.encode("latin-1"), b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
    ],
)  # fmt: skip
def test_what_is_refused(data: bytes) -> None:
    with pytest.raises(TransactionError) as refused:
        parse_large(data)
    assert refused.value.code == "WCSTInvalidXML"


def test_long_texts() -> None:
    """More than libxml2 lets pass by default."""
    text = "1," * 6_000_000
    assert parse_large(f"<a>{text}</a>".encode()).text == text


def test_elements_by_name() -> None:
    root = parse_large(
        b'<?xml version="1.0" encoding="latin-1"?><a xmlns:b="urn:b"><!-- no -->'
        b"<b:RangeSet> x </b:RangeSet><c/><c/></a>"
    )
    assert text_of(one(root, "rangeSet")) == "x"
    assert len(children(root, "c")) == 2
    assert find(root, "c", "d") is None
    for name, number in (("c", "2 times"), ("d", "missing")):
        with pytest.raises(TransactionError, match=number) as refused:
            one(root, name)
        assert refused.value.code == f"WCSTMissing{name.upper()}"
    assert tokens('a "b c" 5') == ["a", '"b c"', "5"]
