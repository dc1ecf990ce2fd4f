# SPDX-License-Identifier: MIT
"""Key-value pairs of WMS 1.3.0 (OGC 06-042) to values: pure functions, no catalogue.

Clause 7.3.3 for GetMap, annex C for dimensions. Bounding boxes follow the axis order of their CRS
(clause 6.7.4). Parameters that WMS does not define are ignored, as clause 6.8.1 asks.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from eoxserver.core.coordinates import number_text, parse_number
from eoxserver.core.crs import Crs, ParseCrs, parse_crs
from eoxserver.core.errors import (
    CrsNotSupported,
    CrsUnknown,
    EOxServerError,
    FormatNotSupported,
    InvalidBounds,
    InvalidParameterValue,
    InvalidRequest,
    MissingParameterValue,
    suggest,
)
from eoxserver.query.plan import Interpolation
from eoxserver.services.ows.kvp import Params
from eoxserver.services.wms.requests import ErrorForm, MapRequest, Rgb

__all__ = ["decode_error_form", "decode_get_map"]

EXCEPTION_KINDS = {
    "xml": "xml",
    "text/xml": "xml",
    "application/vnd.ogc.se_xml": "xml",
    "inimage": "inimage",
    "application/vnd.ogc.se_inimage": "inimage",
    "blank": "blank",
    "application/vnd.ogc.se_blank": "blank",
}
"""Values of ``exceptions``, in lower case, and what they mean."""

GREATEST = 1e12
"""Beyond all coordinates of any CRS of the Earth, in any unit; differences of greater numbers lose cells."""

_BOUNDS = ("xMin", "yMin", "xMax", "yMax")
_COLOUR = re.compile(r"(?:0[xX]|#)([0-9A-Fa-f]{6})")


def decode_get_map(
    params: Params, media_types: Sequence[str], max_width: int, max_height: int, parse: ParseCrs = parse_crs
) -> MapRequest:
    """Read a GetMap request.

    Parameters
    ----------
    media_types : sequence of str
        MIME types that are offered.
    max_width, max_height : int
        Greatest image [pixels].
    parse : callable
        Reads the CRS.

    Raises
    ------
    EOxServerError
        Of the class that says what is wrong: MissingParameterValue, InvalidParameterValue, InvalidBounds,
        CrsUnknown, CrsNotSupported, FormatNotSupported, InvalidRequest.
    """
    _check_exceptions(params)
    layers = _layers(params)
    styles = _styles(params, layers)
    crs = _crs(params, parse)
    return MapRequest(
        layers=layers,
        styles=styles,
        crs=crs,
        bounds=_bounds(params, crs),
        width=params.integer("width", 1, max_width),
        height=params.integer("height", 1, max_height),
        media_type=_media_type(params, media_types),
        transparent=params.flag("transparent"),
        background=_background(params),
        interpolation=_interpolation(params),
        dimensions=_dimensions(params),
        explain=params.flag("explain"),
    )


def decode_error_form(params: Params, media_types: Sequence[str], max_width: int, max_height: int) -> ErrorForm:
    """Read how errors are to be told; never fails, what is unusable has its default.

    The request may be wrong in any way, also in the very parameters that are read here.
    """
    try:
        kind = EXCEPTION_KINDS.get((params.get("exceptions") or "xml").strip().lower(), "xml")
    except InvalidRequest:
        kind = "xml"
    if kind == "xml":
        return ErrorForm()
    try:
        width, height = params.integer("width", 1, max_width), params.integer("height", 1, max_height)
    except EOxServerError:
        width, height = 256, 256
    try:
        media_type = _media_type(params, media_types)
    except EOxServerError:
        media_type = "image/png"
    try:
        transparent, background = params.flag("transparent"), _background(params)
    except EOxServerError:
        transparent, background = False, (255, 255, 255)
    return ErrorForm(kind, width, height, media_type, transparent, background)


def _layers(params: Params) -> tuple[str, ...]:
    layers = tuple(name.strip() for name in params.require("layers").split(","))
    if not all(layers):
        raise InvalidParameterValue("layers: a name is empty; give names separated by commas", locator="layers")
    return layers


def _styles(params: Params, layers: Sequence[str]) -> tuple[str, ...]:
    text = params.get("styles")
    if text is None:
        raise MissingParameterValue(
            "parameter 'styles' is missing; it may be empty, which asks for default styles", locator="styles"
        )
    if not text.strip():
        return ("",) * len(layers)
    styles = tuple(name.strip() for name in text.split(","))
    if len(styles) != len(layers):
        raise InvalidParameterValue(
            f"styles: {len(styles)} given for {len(layers)} layers; give one a layer (an empty one is its default), "
            "or leave 'styles' empty",
            locator="styles",
        )
    return styles


def _crs(params: Params, parse: ParseCrs) -> Crs:
    if "crs" not in params and "srs" in params:
        raise MissingParameterValue("parameter 'crs' is missing; WMS 1.3.0 calls it so, not 'srs'", locator="crs")
    text = params.require("crs").strip()
    try:
        crs = parse(text)
    except CrsUnknown as error:
        raise CrsUnknown(f"crs: {error.message}", locator="crs") from error
    if not crs.is_horizontal:
        raise CrsNotSupported(f"crs: '{text}' has no easting and northing; a map needs both", locator="crs")
    return crs


def _bounds(params: Params, crs: Crs) -> tuple[float, float, float, float]:
    """The box in x, y order."""
    parts = params.require("bbox").split(",")
    if len(parts) != 4:
        raise InvalidBounds(
            f"bbox: {len(parts)} numbers are given; four are needed, min1,min2,max1,max2 in the axis order of the CRS",
            locator="bbox",
        )
    names = ("yMin", "xMin", "yMax", "xMax") if crs.yx else _BOUNDS
    found: dict[str, float] = {}
    for name, part in zip(names, parts, strict=True):
        number = parse_number(part)
        if number is None:
            raise InvalidBounds(f"bbox: {name} '{part.strip()}' is not a number", locator="bbox")
        if abs(number) > GREATEST:
            raise InvalidBounds(
                f"bbox: {name} '{part.strip()}' is no place on the Earth; accepted: numbers from "
                f"{number_text(-GREATEST)} to {number_text(GREATEST)}",
                locator="bbox",
            )
        found[name] = number
    for axis in "xy":
        low, high = found[f"{axis}Min"], found[f"{axis}Max"]
        if low >= high:
            order = f"; {crs.short} has the order latitude or northing first" if crs.yx else ""
            raise InvalidBounds(
                f"bbox: {axis}Min {number_text(low)} is not less than {axis}Max {number_text(high)}{order}",
                locator="bbox",
            )
    return (found["xMin"], found["yMin"], found["xMax"], found["yMax"])


def _media_type(params: Params, media_types: Sequence[str]) -> str:
    text = params.require("format").strip()
    for media_type in media_types:
        if media_type.lower() == text.lower():
            return media_type
    raise FormatNotSupported(f"format: '{text}' is not offered; {suggest(text, media_types)}", locator="format")


def _background(params: Params) -> Rgb:
    text = (params.get("bgcolor") or "").strip()
    if not text:
        return (255, 255, 255)
    match = _COLOUR.fullmatch(text)
    if match is None:
        raise InvalidParameterValue(f"bgcolor: '{text}' is not a colour; give 0xRRGGBB", locator="bgcolor")
    red, green, blue = bytes.fromhex(match[1])
    return (red, green, blue)


def _interpolation(params: Params) -> Interpolation:
    text = (params.get("interpolation") or "").strip().lower()
    if not text:
        return Interpolation.NEAREST
    if text == "nearest":
        text = "near"
    try:
        return Interpolation(text)
    except ValueError:
        raise InvalidParameterValue(
            f"interpolation: '{text}' is not known; {suggest(text, [method.value for method in Interpolation], 12)}",
            locator="interpolation",
        ) from None


def _dimensions(params: Params) -> tuple[tuple[str, str], ...]:
    found = []
    for key in params:
        if key in ("time", "elevation") or (key.startswith("dim_") and len(key) > 4):
            value = (params.get(key) or "").strip()
            if value:
                found.append((key, value))
    return tuple(sorted(found))


def _check_exceptions(params: Params) -> None:
    text = (params.get("exceptions") or "xml").strip()
    if text.lower() not in EXCEPTION_KINDS:
        raise InvalidParameterValue(
            f"exceptions: '{text}' is not offered; accepted: XML, INIMAGE, BLANK, "
            "application/vnd.ogc.se_xml, application/vnd.ogc.se_inimage, application/vnd.ogc.se_blank",
            locator="exceptions",
        )
