# SPDX-License-Identifier: MIT
"""Requests of WCS 2.0 in key-value pairs (OGC 09-147r3), by GET or in the form of a POST."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from eoxserver.conf.schema import Settings
from eoxserver.core.crs import Crs, ParseCrs, parse_crs
from eoxserver.core.errors import (
    CrsUnknown,
    EmptyCoverageIdList,
    EOxServerError,
    FormatNotSupported,
    InvalidMediaType,
    InvalidParameterValue,
    InvalidRequest,
    MissingParameterValue,
    OutputCrsNotSupported,
    RangeSubsetRepeated,
    SubsettingCrsNotSupported,
)
from eoxserver.query.plan import Interpolation
from eoxserver.services.ows.capabilities import accepted_format, is_current, requested_sections, update_sequence
from eoxserver.services.ows.kvp import Params
from eoxserver.services.wcs.v20 import grammar
from eoxserver.services.wcs.v20.requests import DescribeCoverage, GetCapabilities, GetCoverage, RangeItem, Scaling

__all__ = ["SECTIONS", "decode_describe_coverage", "decode_get_capabilities", "decode_get_coverage"]

SECTIONS = (
    "ServiceIdentification", "ServiceProvider", "OperationsMetadata", "Languages", "ServiceMetadata", "Contents",
)  # fmt: skip
"""Sections of the capabilities. There are no ``Languages``: to ask for them is no error, and gives nothing."""

COMMON = frozenset({"service", "request", "version"})
DESCRIPTION_FORMATS = ("text/xml", "application/xml", "application/gml+xml", "application/json")
"""MIME types of descriptions that may be asked for; all but the last mean XML."""
OUTPUT_TYPE = "GeneralGridCoverage"
"""The value of ``outputType``: coverages in the terms of CIS 1.1."""
ENCODING_PREFIXES = ("geotiff:",)
"""Prefixes of encoding parameters (OGC 12-100r1)."""

_SCALES: Mapping[str, Callable[[str], Scaling]] = {
    "scaleFactor": grammar.scale_factor,
    "scaleAxes": grammar.scale_axes,
    "scaleSize": grammar.scale_size,
    "scaleExtent": grammar.scale_extent,
}
_GET_COVERAGE = COMMON | {
    "clip", "coverageid", "coverageversion", "explain", "format", "interpolation", "mediatype", "outputcrs",
    "outputtype", "rangesubset", "scaleaxes", "scaleextent", "scalefactor", "scalesize", "subset", "subsetcrs",
    "subsettingcrs",
}  # fmt: skip
_NUMBER = re.compile(r"[0-9]{1,15}")
_NUMBERED_SUBSET = re.compile(r"subset\d+")
"""GDAL's client numbers the subsets of axes other than x and y (``SUBSET0=...``)."""


def decode_get_capabilities(params: Params, settings: Settings, catalogue_version: int) -> GetCapabilities:
    """A GetCapabilities request; the version has been negotiated before.

    Raises
    ------
    InvalidRequest, InvalidParameterValue, InvalidUpdateSequence
    """
    params.allow(COMMON | {"acceptformats", "acceptlanguages", "acceptversions", "sections", "updatesequence"})
    sequence = update_sequence(settings, catalogue_version)
    return GetCapabilities(
        sections=requested_sections(params, SECTIONS),
        media_type=accepted_format(params),
        update_sequence=sequence,
        current=is_current(params, sequence),
    )


def decode_describe_coverage(params: Params, version: str = "2.0.1") -> DescribeCoverage:
    """A DescribeCoverage request.

    GDAL's client asks for the document in ``format=text/xml``, as in older versions of WCS.

    Raises
    ------
    InvalidRequest, InvalidParameterValue, MissingParameterValue, EmptyCoverageIdList, FormatNotSupported
    """
    params.allow(COMMON | {"coverageid", "coverageversion", "format", "outputtype"})
    # A plus sign that was not encoded came as a space.
    media_type = (_optional(params, "format") or DESCRIPTION_FORMATS[0]).lower().replace(" ", "+")
    if media_type not in DESCRIPTION_FORMATS:
        raise FormatNotSupported(
            f"descriptions are not offered as '{media_type}'; accepted: {', '.join(DESCRIPTION_FORMATS)}",
            locator="format",
        )
    given = params.get("coverageId")
    if given is None:
        raise MissingParameterValue("parameter 'coverageId' is missing", locator="coverageId")
    identifiers = tuple(dict.fromkeys(name.strip() for name in given.split(",") if name.strip()))
    if not identifiers:
        raise EmptyCoverageIdList("parameter 'coverageId' names no coverage", locator="coverageId")
    earlier = _coverage_version(params)
    if earlier is not None and len(identifiers) > 1:
        raise InvalidRequest(
            f"coverageVersion is that of one coverage; {len(identifiers)} are named", locator="coverageVersion"
        )
    general_grid = _general_grid(params, version)
    return DescribeCoverage(identifiers, general_grid, media_type == "application/json", earlier)


def decode_get_coverage(params: Params, parse: ParseCrs = parse_crs, version: str = "2.0.1") -> GetCoverage:
    """A GetCoverage request; ``parse`` reads its CRSs.

    Raises
    ------
    EOxServerError
        Of the class that ``grammar`` names for the parameter; InvalidRequest for unknown, doubled or
        conflicting keys; InvalidMediaType; SubsettingCrsNotSupported, OutputCrsNotSupported.
    """
    numbered = [key for key in params if _NUMBERED_SUBSET.fullmatch(key)]
    params.allow(_GET_COVERAGE | set(numbered), ENCODING_PREFIXES)
    subsets = [text for key in ("subset", *numbered) for text in params.all(key)]
    media_type = _optional(params, "mediaType")
    if media_type is not None and media_type.replace(" ", "").lower() != "multipart/related":
        raise InvalidMediaType(
            f"mediaType '{media_type}' is not offered; accepted: multipart/related", locator="mediaType"
        )
    method = _optional(params, "interpolation")
    clip = _optional(params, "clip")
    return GetCoverage(
        coverage_id=params.require("coverageId").strip(),
        subsets=tuple(grammar.subset(text, parse) for text in subsets),
        range_items=_range_items(params),
        scaling=_scaling(params),
        interpolation=Interpolation.NEAREST if method is None else grammar.interpolation(method),
        clip=None if clip is None else grammar.clip(clip),
        subsetting_crs=_subsetting_crs(params, parse),
        output_crs=_crs(_optional(params, "outputCrs"), "outputCrs", OutputCrsNotSupported, parse),
        format=_optional(params, "format"),
        multipart=media_type is not None,
        general_grid=_general_grid(params, version),
        encoding={key: params.require(key).strip() for key in params if key.startswith(ENCODING_PREFIXES)},
        coverage_version=_coverage_version(params),
        explain=params.flag("explain"),
    )


def _optional(params: Params, key: str) -> str | None:
    """The value of an optional key; one that is there and empty is missing its value."""
    value = params.get(key)
    if value is not None and not value.strip():
        raise MissingParameterValue(f"parameter '{key}' has no value", locator=key)
    return value if value is None else value.strip()


def _coverage_version(params: Params) -> int | None:
    """The version of the coverage, our own addition; ``version`` is that of WCS."""
    text = _optional(params, "coverageVersion")
    if text is None:
        return None
    if not _NUMBER.fullmatch(text):
        raise InvalidParameterValue(
            f"coverageVersion '{text}' is no number of a version; accepted: 1, 2, ...", locator="coverageVersion"
        )
    return int(text)


def _general_grid(params: Params, version: str) -> bool:
    """Whether coverages are asked for in the terms of CIS 1.1, which version 2.1 of WCS brought."""
    asked = _optional(params, "outputType")
    if asked is None:
        return False
    if asked.lower() != OUTPUT_TYPE.lower():
        raise InvalidParameterValue(f"outputType '{asked}' is not known; accepted: {OUTPUT_TYPE}", locator="outputType")
    if version.startswith("2.0"):
        raise InvalidRequest(f"outputType needs version=2.1.0, the request has {version}", locator="outputType")
    return True


def _range_items(params: Params) -> tuple[RangeItem, ...]:
    if len(params.all("rangeSubset")) > 1:
        raise RangeSubsetRepeated("rangeSubset is given more than once; name all fields in one", locator="rangeSubset")
    text = _optional(params, "rangeSubset")
    return () if text is None else grammar.range_subset(text)


def _scaling(params: Params) -> Scaling | None:
    given = [key for key in _SCALES if key in params]
    if len(given) > 1:
        raise InvalidRequest(f"{' and '.join(given)} exclude each other; give one", locator=given[1])
    if not given:
        return None
    return _SCALES[given[0]](params.require(given[0]))


def _subsetting_crs(params: Params, parse: ParseCrs) -> Crs | None:
    if "subsettingCrs" in params and "subsetCrs" in params:
        raise InvalidRequest("subsettingCrs and subsetCrs are one parameter; give one of them", locator="subsetCrs")
    key = "subsetCrs" if "subsetCrs" in params else "subsettingCrs"
    return _crs(_optional(params, key), key, SubsettingCrsNotSupported, parse)


def _crs(text: str | None, key: str, error: type[EOxServerError], parse: ParseCrs) -> Crs | None:
    if text is None:
        return None
    try:
        return parse(text)
    except CrsUnknown as unknown:
        raise error(f"{key}: {unknown.message}", locator=key) from unknown
