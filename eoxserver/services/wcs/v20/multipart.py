# SPDX-License-Identifier: MIT
"""Coverages as ``multipart/related``: the GML document, then the values in a binary format.

GMLCOV 1.0 (OGC 09-146r2) clause 8 and RFC 2387. The range set of the GML refers to the second part by its
content id.
"""

from __future__ import annotations

from collections.abc import Iterable

from eoxserver.core.coverage import Coverage
from eoxserver.services.gmlcov.gml import GML
from eoxserver.services.gmlcov.gmlcoverage import gml_document
from eoxserver.services.ows.multipart import Part
from eoxserver.services.ows.xml import attributes, element

__all__ = ["coverage_parts"]

_ROLE = "http://www.opengis.net/spec/GMLCOV/1.0/conf/multipart"


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
