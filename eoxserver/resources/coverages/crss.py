# SPDX-License-Identifier: MIT
"""The CRSs that may be asked for (RFC 17), and EPSG codes in all their notations.

The lists come from the configuration (``supported_crs`` of ``[services.ows.wms]`` and ``[services.ows.wcs]``), in the
configured order; a coverage's own CRS stands before them. Services ask here and have no list of their own. Codes,
axis order and kinds come from PROJ's database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TypeVar

from eoxserver.conf.schema import Settings
from eoxserver.core.crs import Crs, epsg_crs, parse_crs, same_crs
from eoxserver.core.errors import ConfigurationError, CrsNotSupported, CrsUnknown

__all__ = [
    "as_short_code", "as_url", "as_urn", "axes_swapper", "coverage_crss", "from_short_code",
    "from_url", "from_urn", "has_swapped_axes", "is_epsg_code", "is_projected", "layer_crss", "parse_epsg_code",
    "require_offered", "wcs_crss", "wms_crss",
]  # fmt: skip

_T = TypeVar("_T")


# -- notations --------------------------------------------------------------------------------


def as_url(code: int) -> str:
    """The URL of an EPSG code; raises CrsUnknown when there is no such code.

    >>> as_url(4326)
    'http://www.opengis.net/def/crs/EPSG/0/4326'
    """
    return epsg_crs(code).uri


def as_urn(code: int) -> str:
    """The URN of an EPSG code; raises CrsUnknown when there is no such code.

    >>> as_urn(4326)
    'urn:ogc:def:crs:EPSG::4326'
    """
    return epsg_crs(code).urn


def as_short_code(code: int) -> str:
    """``EPSG:<code>``; raises CrsUnknown when there is no such code.

    >>> as_short_code(4326)
    'EPSG:4326'
    """
    return epsg_crs(code).short


def from_url(text: str) -> int | None:
    """The EPSG code in a URL, or None when the text is no URL of a known EPSG code."""
    return parse_epsg_code(text) if text.strip().lower().startswith(("http://", "https://")) else None


def from_urn(text: str) -> int | None:
    """The EPSG code in a URN, or None when the text is no URN of a known EPSG code."""
    return parse_epsg_code(text) if text.strip().lower().startswith("urn:") else None


def from_short_code(text: str) -> int | None:
    """The EPSG code in ``EPSG:<code>``, or None when the text is no such thing."""
    return parse_epsg_code(text) if text.strip().lower().startswith("epsg:") else None


def parse_epsg_code(text: str) -> int | None:
    """The EPSG code of a CRS in any notation that ``core.crs.parse_crs`` reads; None for all others.

    >>> parse_epsg_code("urn:ogc:def:crs:EPSG::3857"), parse_epsg_code("EPSG:3857"), parse_epsg_code("OGC/0/AnsiDate")
    (3857, 3857, None)
    """
    try:
        return parse_crs(text).epsg
    except CrsUnknown:
        return None


def is_epsg_code(code: int) -> bool:
    """Whether PROJ's database has the EPSG code as a CRS."""
    return parse_epsg_code(f"EPSG:{code}") is not None


# -- axes -------------------------------------------------------------------------------------


def has_swapped_axes(code: int) -> bool:
    """Whether the CRS has northing (latitude) before easting (longitude); raises CrsUnknown.

    >>> has_swapped_axes(4326), has_swapped_axes(3857), has_swapped_axes(3035)
    (True, False, True)
    """
    return epsg_crs(code).yx


def axes_swapper(code: int) -> Callable[[_T, _T], tuple[_T, _T]]:
    """A function between the order of the CRS and x before y, either way; raises CrsUnknown.

    >>> axes_swapper(4326)("lat", "lon"), axes_swapper(3857)("x", "y")
    (('lon', 'lat'), ('x', 'y'))
    """
    if has_swapped_axes(code):
        return lambda first, second: (second, first)
    return lambda first, second: (first, second)


def is_projected(code: int) -> bool:
    """Whether the CRS is a projection, in lengths and not in degrees; raises CrsUnknown."""
    plane = epsg_crs(code).horizontal
    return plane is not None and plane.kind == "projected"


# -- what is offered --------------------------------------------------------------------------


def wms_crss(settings: Settings) -> tuple[Crs, ...]:
    """The configured CRSs of maps, in configured order; those of collections' layers.

    Raises
    ------
    ConfigurationError
        When a code is not in PROJ's database, or is no plane on the Earth.
    """
    return _configured("services.ows.wms", settings.wms.supported_crs)


def wcs_crss(settings: Settings) -> tuple[Crs, ...]:
    """The configured CRSs of coverages, in configured order; raises ConfigurationError as ``wms_crss``."""
    return _configured("services.ows.wcs", settings.wcs.supported_crs)


def layer_crss(settings: Settings, native: Crs | None) -> tuple[Crs, ...]:
    """The CRSs of the layer of a coverage: its own plane first, then the configured ones, each once.

    Parameters
    ----------
    native : Crs or None
        The coverage's CRS, compound or not; of a referenceable coverage that of its tie points. A plane without a
        code is left out: a request has no way to name it.
    """
    plane = native.horizontal if native is not None else None
    own = (plane,) if plane is not None and plane.code else ()
    return _once([*own, *wms_crss(settings)])


def coverage_crss(settings: Settings, native: Crs | None) -> tuple[Crs, ...]:
    """The CRSs of a coverage: its own first, then the configured ones, each once."""
    return _once([*([native] if native is not None else []), *wcs_crss(settings)])


def require_offered(crs: Crs, offered: Iterable[Crs], locator: str = "crs") -> Crs:
    """The offered CRS that ``crs`` is, under whatever name; ``CRS:84`` is offered wherever ``EPSG:4326`` is.

    Raises
    ------
    CrsNotSupported
        When it is none of them; the message names them all.
    """
    choices = tuple(offered)
    for choice in choices:
        if same_crs(crs, choice) or _same_definition(crs, choice):
            return choice
    if crs.short == "CRS:84" and any(choice.epsg == 4326 for choice in choices):
        return crs
    names = ", ".join(dict.fromkeys(choice.short for choice in choices)) or "none"
    raise CrsNotSupported(f"{locator}: {crs.short} is not offered; available: {names}", locator=locator)


@lru_cache(maxsize=16)
def _configured(section: str, codes: tuple[int, ...]) -> tuple[Crs, ...]:
    found = []
    for code in codes:
        try:
            crs = epsg_crs(code)
        except CrsUnknown as error:
            raise ConfigurationError(f"[{section}] supported_crs: PROJ's database has no EPSG code {code}") from error
        if not crs.is_horizontal:
            raise ConfigurationError(
                f"[{section}] supported_crs: EPSG:{code} is {crs.kind} with axes {', '.join(crs.labels)}; accepted: "
                "geographic and projected CRSs of two axes"
            )
        found.append(crs)
    return _once(found)


def _same_definition(a: Crs, b: Crs) -> bool:
    """Whether one of two CRSs without a code of a register is defined as the other is, axes included."""
    if a.registered and b.registered:
        return False
    if a.wkt is None or b.wkt is None or a.axes != b.axes:
        return False
    return bool(a.to_pyproj().equals(b.to_pyproj()))


def _once(crss: Iterable[Crs]) -> tuple[Crs, ...]:
    return tuple(dict.fromkeys(crss))
