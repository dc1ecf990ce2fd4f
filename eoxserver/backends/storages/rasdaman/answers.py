# SPDX-License-Identifier: MIT
"""What comes back from a rasdaman server: domains, array information, several texts, reports of errors.

Rasql query language guide, "Web Access to rasql" (response format) and "Retrieving Object Metadata".
"""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass
from typing import Any

__all__ = ["ArrayFacts", "Interval", "Report", "answer_text", "parse_domain", "parse_domains", "parse_facts"]


# -- domains


@dataclass(frozen=True, slots=True)
class Interval:
    """The indices of one axis, both ends included."""

    low: int
    high: int
    name: str = ""

    @property
    def size(self) -> int:
        """How many there are."""
        return self.high - self.low + 1


_DOMAIN = re.compile(r"\[[^\[\]]*\]")
_INTERVAL = re.compile(r"(?:(?P<name>[A-Za-z_]\w*)\s*\(\s*)?(?P<low>-?\d+)\s*:\s*(?P<high>-?\d+)\s*\)?")


def parse_domain(text: str) -> tuple[Interval, ...] | None:
    """The intervals of a domain; None when the text is none, or is open at an end.

    >>> parse_domain("[-17:245,x(42:227)]")
    (Interval(low=-17, high=245, name=''), Interval(low=42, high=227, name='x'))
    >>> parse_domain("[0:*,0:3]"), parse_domain("[]")
    (None, None)
    """
    plain = text.strip()
    if not _DOMAIN.fullmatch(plain):
        return None
    intervals = []
    for part in plain[1:-1].split(","):
        match = _INTERVAL.fullmatch(part.strip())
        if match is None or int(match["low"]) > int(match["high"]):
            return None
        intervals.append(Interval(int(match["low"]), int(match["high"]), match["name"] or ""))
    return tuple(intervals)


def parse_domains(text: str) -> list[tuple[Interval, ...]] | None:
    """The domains of several arrays, separated by white space; None when something else is between them.

    >>> [len(domain) for domain in parse_domains("[0:9] [0:9,0:9]") or []], parse_domains("<html>")
    ([1, 2], None)
    """
    domains = [parse_domain(part) for part in _DOMAIN.findall(text)]
    found = [domain for domain in domains if domain is not None]
    return found if len(found) == len(domains) and not _DOMAIN.sub("", text).strip() else None


# -- array information


@dataclass(frozen=True, slots=True)
class ArrayFacts:
    """What ``dbinfo`` says of an array; empty where this server does not say it."""

    base_type: str
    set_type: str
    marray_type: str
    tiles: tuple[int, ...]
    """Cells of a tile along each axis."""


def parse_facts(text: str) -> ArrayFacts | None:
    """Read the answer of ``dbinfo``; None when it is no such thing.

    >>> parse_facts('{"baseType": "marray <char>", "tiling": {"tileConfiguration": "[0:511,0:255]"}}').tiles
    (512, 256)
    """
    try:
        found = json.loads(text, strict=False)
    except ValueError:
        return None
    if not isinstance(found, dict):
        return None
    tiling = found.get("tiling")
    tiling = tiling if isinstance(tiling, dict) else {}
    tiled = tiling.get("tilingScheme") != "no_tiling"
    tile = parse_domain(_text(tiling, "tileConfiguration")) if tiled else None
    return ArrayFacts(
        _text(found, "baseType"),
        _text(found, "setTypeName"),
        _text(found, "mddTypeName"),
        tuple(interval.size for interval in tile or ()),
    )


def _text(values: dict[str, Any], key: str) -> str:
    found = values.get(key, "")
    return found if isinstance(found, str) else ""


# -- bodies


def answer_text(body: bytes, media_type: str) -> str:
    r"""The text of an answer; those of several parts one below the other.

    >>> answer_text(b"--x\r\nA: b\r\n\r\none\0\r\n--x\r\n\r\ntwo\r\n--x--", "multipart/mixed;boundary=x")
    'one\ntwo'
    """
    boundary = re.search(r'boundary="?([^";]+)', media_type)
    if not media_type.lower().startswith("multipart/") or boundary is None:
        return _decoded(body)
    parts = body.split(b"--" + boundary[1].encode())[1:-1]
    return "\n".join(_decoded(part.partition(b"\r\n\r\n")[2]) for part in parts)


def _decoded(body: bytes) -> str:
    return body.decode("utf-8", "replace").replace("\0", "\n").strip()


# -- reports of errors


@dataclass(frozen=True, slots=True)
class Report:
    """An OWS exception report."""

    code: str
    text: str
    """In one line."""


_LONGEST_TEXT = 500
_CODE = re.compile(r"exceptionCode\s*=\s*[\"']([^\"']*)")
_TEXT = re.compile(r"<(?:\w+:)?ExceptionText[^>]*>(.*?)</(?:\w+:)?ExceptionText>", re.DOTALL)


def parse_report(body: bytes) -> Report | None:
    r"""Read an OWS exception report (OGC 06-121r9, clause 8); None when the body is none.

    >>> parse_report(b'<ows:ExceptionReport><ows:Exception exceptionCode="A"><ows:ExceptionText>b &lt;\n c</ows:'
    ...              b'ExceptionText></ows:Exception></ows:ExceptionReport>')
    Report(code='A', text='b < c')
    """
    text = body.decode("utf-8", "replace")
    if "ExceptionReport" not in text:
        return None
    code = _CODE.search(text)
    said = " ".join(" ".join(html.unescape(part).split()) for part in _TEXT.findall(text))
    return Report(html.unescape(code[1]) if code else "", said[:_LONGEST_TEXT])
