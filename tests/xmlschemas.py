# SPDX-License-Identifier: MIT
"""Validation of answers against the schemas of OGC and W3C, without the network.

The schemas lie in the folder ``schemas`` of the shared material; a validator is compiled once a test run. Those of CIS
1.1 and WCS 2.1, which are not there, are restated in ``tests/schemas``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TypeAlias

from lxml import etree

__all__ = ["NS", "ValidateXml", "check", "parse_xml", "texts", "validator"]

NS = {
    "crs": "http://www.opengis.net/wcs/crs/1.0",
    "gml": "http://www.opengis.net/gml/3.2",
    "cis11": "http://www.opengis.net/cis/1.1/gml",
    "gmlcov": "http://www.opengis.net/gmlcov/1.0",
    "gmlrgrid": "http://www.opengis.net/gml/3.3/rgrid",
    "int": "http://www.opengis.net/wcs/interpolation/1.0",
    "ogc": "http://www.opengis.net/ogc",
    "ows": "http://www.opengis.net/ows/2.0",
    "swe": "http://www.opengis.net/swe/2.0",
    "wcs": "http://www.opengis.net/wcs/2.0",
    "wcs21": "http://www.opengis.net/wcs/2.1/gml",
    "wms": "http://www.opengis.net/wms",
    "xlink": "http://www.w3.org/1999/xlink",
}
"""Prefixes for XPath in tests."""

ValidateXml: TypeAlias = Callable[[bytes], etree._Element]
"""What the fixture ``validate_xml`` is: from a document to its root element; fails when it is not valid."""

ROOTS = {
    NS["wcs"]: (
        (NS["wcs"], "wcs/2.0/wcsAll.xsd"),
        (NS["ows"], "ows/2.0/owsAll.xsd"),
        (NS["gmlcov"], "gmlcov/1.0/gmlcovAll.xsd"),
        (NS["gmlrgrid"], "gml/3.3/referenceableGrid.xsd"),
    ),
    NS["cis11"]: ((NS["cis11"], "cis/1.1/gml/cisAll.xsd"),),
    NS["wcs21"]: ((NS["wcs21"], "wcs/2.1/gml/wcsAll.xsd"),),
    NS["wms"]: ((NS["wms"], "wms/1.3.0/capabilities_1_3_0.xsd"),),
    NS["ogc"]: ((NS["ogc"], "wms/1.3.0/exceptions_1_3_0.xsd"),),
}
"""Which schemas make one validator. A namespace that is not named here is looked up in the first one."""

_PLACES = {
    "http://schemas.opengis.net/": "opengis",
    "https://schemas.opengis.net/": "opengis",
    "http://www.w3.org/": "w3",
    "https://www.w3.org/": "w3",
}
_RESTATED = {
    "http://schemas.opengis.net/cis/1.1/gml/cisAll.xsd": "cis11.xsd",
    "http://schemas.opengis.net/wcs/2.1/gml/wcsAll.xsd": "wcs21.xsd",
}


class _LocalSchemas(etree.Resolver):
    """Finds schemas in the folder instead of in the web."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    # lxml-stubs leaves out the context, and resolve_filename.
    def resolve(self, system_url: str, public_id: str, context: object) -> object:  # type: ignore[override]
        if system_url in _RESTATED:
            own = Path(__file__).parent / "schemas" / _RESTATED[system_url]
            return self.resolve_filename(str(own), context)  # type: ignore[attr-defined]
        for start, place in _PLACES.items():
            if system_url.startswith(start):
                path = self._folder / place / system_url.removeprefix(start)
                assert path.is_file(), f"no schema {path} for {system_url}"
                return self.resolve_filename(str(path), context)  # type: ignore[attr-defined]
        return None


def parse_xml(document: bytes) -> etree._Element:
    """Answer the root element of a document, which must be well-formed."""
    return etree.fromstring(document, etree.XMLParser(no_network=True, resolve_entities=False))


def texts(root: etree._Element, path: str) -> list[str]:
    """Answer the texts that an XPath ending in ``text()`` or ``@name`` selects."""
    found = root.xpath(path, namespaces=NS)
    assert isinstance(found, list)
    return [str(text) for text in found]


@lru_cache(maxsize=8)
def validator(folder: Path, namespace: str) -> etree.XMLSchema:
    """Compile the schemas for documents whose root is in ``namespace``."""
    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(_LocalSchemas(folder))
    imports = "".join(
        f'<xs:import namespace="{uri}" schemaLocation="http://schemas.opengis.net/{path}"/>'
        for uri, path in ROOTS.get(namespace, ROOTS[NS["wcs"]])
    )
    text = f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">{imports}</xs:schema>'
    return etree.XMLSchema(etree.fromstring(text, parser))


def check(folder: Path, document: bytes) -> etree._Element:
    """Answer the root element; fails with what the validator says when the document is not valid."""
    root = parse_xml(document)
    schema = validator(folder, str(etree.QName(root).namespace or ""))
    assert schema.validate(root), str(schema.error_log)
    return root
