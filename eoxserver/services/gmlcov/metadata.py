# SPDX-License-Identifier: MIT
"""What is known of a coverage beside grid and fields, as documents of coverages have it: in XML, and as JSON.

The element ``covMetadata`` (an object of that name in JSON) has names and texts, below ``bands`` and ``axes`` those of
the fields and axes that are left in a result, below ``slices`` those of the parts that meet it. A document that came as
a whole stands beside it as it is: XML as elements, anything else as text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from eoxserver.core.coverage import Coverage
from eoxserver.core.domain import Domain
from eoxserver.core.errors import InvalidRequest
from eoxserver.core.metadata import PartMetadata
from eoxserver.services.gmlcov.gml import position_text
from eoxserver.services.ows.xml import element, parse
from eoxserver.services.ows.xml import text as escaped

__all__ = ["metadata_elements", "metadata_json", "metadata_values"]

_START = (
    "A-Z_a-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c\u200d\u2070-\u218f\u2c00-\u2fef"
    "\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
"""What a name may start with (XML 1.0, fifth edition, clause 2.3), but for the colon."""
_NOT_AT_START = re.compile(f"[^{_START}]")
_NOT_IN_NAMES = re.compile(f"[^{_START}0-9.\u00b7\u0300-\u036f\u203f\u2040-]")
_PROLOGUE = re.compile(r"\s*<\?xml[^>]*\?>")


def metadata_values(coverage: Coverage) -> dict[str, Any]:
    """Everything but a document: names with texts, mappings and lists; of tie points their CRS."""
    found: dict[str, Any] = dict(coverage.metadata)
    if coverage.tie_points is not None:
        found["tie_points_crs"] = coverage.tie_points.crs.uri
    extra, domain = coverage.extra, coverage.frame
    bands = {name: extra.fields[name] for name in coverage.range_type.names if extra.fields.get(name)}
    axes = {label: extra.axes[label] for label in domain.labels if extra.axes.get(label)}
    slices = [_slice(part, domain) for part in extra.parts.within(domain)]
    parts = {"bands": bands, "axes": axes, "slices": {"slice": slices} if slices else {}}
    return found | {name: values for name, values in parts.items() if values}


def metadata_elements(coverage: Coverage) -> str:
    """The metadata as elements; empty where there are none."""
    values, document = metadata_values(coverage), coverage.extra.document
    found = ""
    if document:
        inner = _elements(document)
        found = _cov_metadata(escaped(document)) if inner is None else f"{inner}\n"
    if values:
        found += _cov_metadata("\n" + "".join(_named(name, value) for name, value in values.items()))
    return found


def metadata_json(coverage: Coverage) -> dict[str, Any]:
    """The metadata as values for JSON; empty where there are none."""
    values, document = metadata_values(coverage), coverage.extra.document
    found: dict[str, Any] = {"covMetadata": values} if values else {}
    if document:
        try:
            found["document"] = json.loads(document)
        except (ValueError, RecursionError):
            found["document"] = document
    return found


def _slice(part: PartMetadata, domain: Domain) -> dict[str, Any]:
    """A part with its envelope, on those of its axes that are left."""
    axes = [axis for axis in domain.crs_axes if axis.label in part.bounds]
    corners = [[position_text(axis, part.bounds[axis.label][end], '"') for axis in axes] for end in (0, 1)]
    envelope = {
        "axisLabels": " ".join(axis.label for axis in axes),
        "lowerCorner": " ".join(corners[0]),
        "upperCorner": " ".join(corners[1]),
    }
    return {"boundedBy": {"Envelope": envelope}, **part.values}


def _cov_metadata(content: str) -> str:
    return f'<rasdaman:covMetadata xmlns:rasdaman="http://www.rasdaman.org">{content}</rasdaman:covMetadata>\n'


def _named(name: str, value: Any) -> str:
    """A value as an element; a list as one element for each of its values."""
    if isinstance(value, list | tuple):
        return "".join(_named(name, one) for one in value)
    tag = _element_name(name)
    if isinstance(value, Mapping):
        return f"<{tag}>\n{''.join(_named(str(key), one) for key, one in value.items())}</{tag}>\n"
    content = value if isinstance(value, str) else json.dumps(value)
    inner = _elements(content)
    return f"<{tag}>{inner}</{tag}>\n" if inner is not None else f"{element(tag, content)}\n"


def _elements(content: str) -> str | None:
    """Text that is XML elements, to be written as they are; None for any other."""
    inner = _PROLOGUE.sub("", content, count=1).strip()
    if not inner.startswith("<"):
        return None
    try:
        parse(f"<_>{inner}</_>".encode())
    except (InvalidRequest, UnicodeEncodeError):
        return None
    return inner


def _element_name(key: str) -> str:
    """The key as an XML name: what a name cannot hold becomes an underscore."""
    name = _NOT_IN_NAMES.sub("_", key)
    return f"_{name}" if _NOT_AT_START.match(name) or not name else name
