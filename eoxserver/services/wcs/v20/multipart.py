# SPDX-License-Identifier: MIT
"""Coverages as ``multipart/related``: the GML document, then the values in a binary format.

GMLCOV 1.0 (OGC 09-146r2) clause 8 and RFC 2387. The range set of the GML refers to the second part by its
content id.
"""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass

from eoxserver.core.coverage import Coverage
from eoxserver.services.gmlcov.gml import GML
from eoxserver.services.gmlcov.gmlcoverage import gml_document
from eoxserver.services.ows.xml import attributes, element

__all__ = ["Part", "boundary", "coverage_parts", "media_type", "multipart_related"]

_ROLE = "http://www.opengis.net/spec/GMLCOV/1.0/conf/multipart"


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the message."""

    headers: Mapping[str, str]
    chunks: Iterable[bytes]


def boundary(*texts: str) -> str:
    """A boundary that is the same for the same request, so that a validator of the answer holds."""
    return f"wcs-{hashlib.sha256(chr(0).join(texts).encode()).hexdigest()[:32]}"


def media_type(limit: str) -> str:
    """The media type of a message with this boundary."""
    return f'multipart/related; boundary="{limit}"; type="{GML}"'


def coverage_parts(coverage: Coverage, chunks: Iterable[bytes], mime: str, filename: str) -> tuple[Part, Part]:
    """The GML of a coverage and its values.

    Parameters
    ----------
    chunks : iterable of bytes
        The encoded values.
    mime : str
        MIME type of the encoded values.
    """
    reference = {"xlink:href": f"cid:{filename}", "xlink:role": _ROLE, "xlink:arcrole": "fileReference"}
    file = (
        f"<gml:File>\n<gml:rangeParameters{attributes(reference)}/>\n"
        f"{element('gml:fileReference', f'cid:{filename}')}\n"
        "<gml:fileStructure>inapplicable</gml:fileStructure>\n"
        f"{element('gml:mimeType', mime)}\n</gml:File>\n"
    )
    return (
        Part({"Content-Type": GML, "Content-ID": f"<{coverage.identifier}.gml>"}, gml_document(coverage, [file])),
        Part(
            {
                "Content-Type": mime,
                "Content-ID": f"<{filename}>",
                "Content-Transfer-Encoding": "binary",
                "Content-Description": "coverage data",
                "Content-Disposition": f'inline; filename="{filename}"',
            },
            chunks,
        ),
    )


def multipart_related(parts: Iterable[Part], limit: str) -> Generator[bytes, None, None]:
    """The bytes of a message; what goes wrong before the first byte of the last part ends it at once."""
    opened = [(part, iter(part.chunks)) for part in parts]
    try:
        firsts = [next(chunks, b"") for _, chunks in opened]
        for (part, chunks), first in zip(opened, firsts, strict=True):
            headers = "".join(f"{name}: {value}\r\n" for name, value in part.headers.items())
            yield f"--{limit}\r\n{headers}\r\n".encode() + first
            yield from chunks
            yield b"\r\n"
        yield f"--{limit}--\r\n".encode()
    finally:
        for _, chunks in opened:
            close = getattr(chunks, "close", None)
            if close is not None:
                close()
