# SPDX-License-Identifier: MIT
"""What a CRS is called, and what its axes are.

A CRS is known by its URI, ``http://www.opengis.net/def/crs/EPSG/0/4326`` (OGC 09-048r5 clause 7; version 0 is the
newest). Two texts that name one CRS give equal values. A CRS without a code is named
``urn:x-eoxserver:crs:wkt:<first 16 digits of the SHA-1 of its WKT>``: stable, but nobody can look it up. A CRS that an
administrator has defined is known by its URI and that definition, so that a changed definition makes another CRS.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Literal, TypeAlias

import pyproj
from pyproj.exceptions import CRSError
from pyproj.network import set_network_enabled  # type: ignore[attr-defined]  # pyproj exports it without saying so

from eoxserver.core.crs.definitions import Definition
from eoxserver.core.errors import CrsNotSupported, CrsUnknown
from eoxserver.core.roles import Role
from eoxserver.core.util.timetools import parse_iso8601

__all__ = [
    "ROOT",
    "Crs",
    "CrsAxis",
    "Kind",
    "TimeScale",
    "compound_crs",
    "offline",
    "pyproj_crs",
    "rename_axes",
    "same_crs",
]

ROOT = "http://www.opengis.net/def/"
"""Base of canonical URIs."""

Kind: TypeAlias = Literal[
    "geographic", "projected", "geocentric", "vertical", "temporal", "index", "compound", "engineering"
]

_LABEL = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")


@dataclass(frozen=True, slots=True)
class CrsAxis:
    """One axis of a CRS."""

    label: str
    """An NCName: ``Lat``, ``Long``, ``E``, ``ansi``, ..."""
    direction: str
    """Where values grow, in PROJ's words: ``north``, ``east``, ``up``, ``future``, ..."""
    unit: str
    """An NCName: ``degree``, ``metre``, ``d``, ``s``, ``GridSpacing``, ..."""
    role: Role


@dataclass(frozen=True, slots=True)
class TimeScale:
    """How a temporal CRS counts: ``number = reference_number + (instant - reference) / unit``."""

    origin: str
    """The instant of number 0 as ISO 8601 text; its year may lie before 1."""
    reference: datetime
    reference_number: float
    unit: str
    unit_milliseconds: float
    """Length of a unit [ms]; negative where numbers grow into the past."""


@dataclass(frozen=True, slots=True)
class Crs:
    """A coordinate reference system, single or compound; equal and hashed by its URI and the definitions behind it.

    >>> from eoxserver.core.crs import parse_crs
    >>> crs = parse_crs("EPSG:4326")
    >>> crs.uri, [axis.label for axis in crs.axes], crs.yx
    ('http://www.opengis.net/def/crs/EPSG/0/4326', ['Lat', 'Long'], True)
    """

    uri: str
    """Canonical URI, names of renamed axes included."""
    definition: str = field(compare=False)
    """The URI without names of axes: what the CRS is, whatever its axes are called."""
    kind: Kind = field(compare=False)
    axes: tuple[CrsAxis, ...] = field(compare=False)
    """In CRS order."""
    default_labels: tuple[str, ...] = field(compare=False)
    """What the axes are called unless somebody renames them."""
    authority: str = field(default="", compare=False)
    """``EPSG``, ``OGC``, ``ESRI``, ...; empty without a code, and for compound CRSs made of components."""
    version: str = field(default="0", compare=False)
    code: str = field(default="", compare=False)
    registered: bool = field(default=False, compare=False)
    """Whether PROJ's database has it under its authority and code."""
    wkt: str | None = field(default=None, compare=False, repr=False)
    """WKT 2:2019; None for temporal and index CRSs, and for compound ones made of components."""
    parts: tuple[Crs, ...] = field(default=(), compare=False, repr=False)
    """The single CRSs of a compound one; empty otherwise. See ``components``."""
    plane: Crs | None = field(default=None, compare=False, repr=False)
    """The horizontal CRS of a geographic or projected CRS with height. See ``horizontal``."""
    time: TimeScale | None = field(default=None, compare=False, repr=False)
    custom: tuple[Definition, ...] = field(default=(), repr=False)
    """The definitions by administrators that it, or its components, rest on."""

    @property
    def components(self) -> tuple[Crs, ...]:
        """The single CRSs it is made of; itself when it is single."""
        return self.parts or (self,)

    @property
    def epsg(self) -> int | None:
        """The EPSG code, or None."""
        return int(self.code) if self.authority == "EPSG" else None

    @property
    def labels(self) -> tuple[str, ...]:
        """Axis labels in CRS order."""
        return tuple(axis.label for axis in self.axes)

    @property
    def urn(self) -> str:
        """The URN (OGC 07-092r3); names of axes are lost, a CRS without code or with parameters keeps its URI."""
        if any("?" in part.definition for part in self.components if not (self.parts and self.code)):
            return self.uri
        if not self.parts or self.code:
            return f"urn:ogc:def:{_urn_part(self)}" if self.code else self.uri
        return f"urn:ogc:def:crs,{','.join(_urn_part(part) for part in self.parts)}"

    @property
    def short(self) -> str:
        """``EPSG:4326``, ``CRS:84``, ``OGC/0/AnsiDate``, ``A@B`` of a compound; without code the URI."""
        if self.parts and not self.code:
            return "@".join(part.short for part in self.parts)
        if not self.code:
            return self.uri
        if self.authority != "OGC" and self.version == "0" and "?" not in self.definition:
            return f"{self.authority}:{self.code}{self.uri[len(self.definition) :]}"
        if self.authority == "OGC" and re.fullmatch(r"CRS[0-9]+", self.code):
            return f"CRS:{self.code[3:]}{self.uri[len(self.definition) :]}"
        return self.uri.removeprefix(f"{ROOT}crs/")

    @property
    def is_temporal(self) -> bool:
        """Whether it is a single time axis."""
        return self.kind == "temporal"

    @property
    def is_horizontal(self) -> bool:
        """Whether it is a plane on the Earth and nothing else: geographic or projected, two axes."""
        return self.horizontal is self

    @property
    def horizontal(self) -> Crs | None:
        """The horizontal CRS in it (itself, its component, its plane below the height axis), or None."""
        for part in self.components:
            if part.plane is not None:
                return part.plane
            if part.kind in {"geographic", "projected"} and len(part.axes) == 2:
                return part
        return None

    @property
    def x_label(self) -> str:
        """Label of the easting or longitude axis; raises CrsNotSupported where there is none."""
        return self._label(Role.X)

    @property
    def y_label(self) -> str:
        """Label of the northing or latitude axis; raises CrsNotSupported where there is none."""
        return self._label(Role.Y)

    @property
    def yx(self) -> bool:
        """Whether the northing (latitude) axis stands before the easting (longitude) axis."""
        order = [axis.role for axis in self.axes if axis.role in {Role.X, Role.Y}]
        return order[:2] == [Role.Y, Role.X]

    @property
    def origin(self) -> datetime:
        """The instant of number 0 of a temporal CRS.

        Raises
        ------
        CrsNotSupported
            When the CRS is not temporal.
        InvalidTime
            When its origin lies before the year 1.
        """
        return parse_iso8601(self._scale.origin)

    @property
    def unit_seconds(self) -> float:
        """Length of the unit of a temporal CRS [s]; raises CrsNotSupported when it is not temporal."""
        return self._scale.unit_milliseconds / 1000

    def to_pyproj(self) -> pyproj.CRS:
        """The CRS for PROJ; cached, to be left unchanged.

        Raises
        ------
        CrsNotSupported
            For temporal and index CRSs, and compound ones made of components (take ``horizontal``).
        """
        if self.wkt is None:
            raise CrsNotSupported(f"{self.uri} is {self.kind}: PROJ has no such CRS", locator=self.uri)
        return pyproj_crs(self.authority, self.code, "") if self.registered else pyproj_crs("", "", self.wkt)

    @property
    def _scale(self) -> TimeScale:
        if self.time is None:
            raise CrsNotSupported(f"{self.uri} is {self.kind}, not a time CRS", locator=self.uri)
        return self.time

    def _label(self, role: Role) -> str:
        for axis in self.axes:
            if axis.role is role:
                return axis.label
        raise CrsNotSupported(f"{self.uri} has no {role} axis; its axes are {', '.join(self.labels)}", locator=self.uri)


def same_crs(a: Crs, b: Crs) -> bool:
    """Whether coordinates of one are coordinates of the other as they stand: axis order included, labels not."""
    return a.definition == b.definition and a.custom == b.custom


def compound_crs(parts: Sequence[Crs]) -> Crs:
    """The compound of CRSs in this order; compound ones among them are taken apart, a single one is itself.

    Raises
    ------
    CrsUnknown
        When there is none, or two axes have one label.
    """
    single = tuple(component for part in parts for component in part.components)
    if not single:
        raise CrsUnknown("a compound CRS needs components")
    if len(single) == 1:
        return single[0]
    axes = tuple(axis for part in single for axis in part.axes)
    _check_labels([axis.label for axis in axes], "compound CRS")
    return Crs(
        uri=_compound_uri([part.uri for part in single]),
        definition=_compound_uri([part.definition for part in single]),
        kind="compound",
        axes=axes,
        default_labels=tuple(label for part in single for label in part.default_labels),
        parts=single,
        custom=tuple(dict.fromkeys(definition for part in single for definition in part.custom)),
    )


def rename_axes(crs: Crs, labels: Sequence[str]) -> Crs:
    """The same CRS with other axis labels, in CRS order; they become part of its URI.

    Raises
    ------
    CrsUnknown
        When labels are too many, too few, not unique or not NCNames.
    """
    if len(labels) != len(crs.axes):
        raise CrsUnknown(f"{crs.definition} has {len(crs.axes)} axes, {len(labels)} labels were given")
    for label in labels:
        if not _LABEL.fullmatch(label):
            raise CrsUnknown(f"axis label '{label}' is not a name; accepted: letters, digits and _ . -", locator=label)
    _check_labels(labels, crs.definition)
    if crs.parts and not crs.code:
        remaining = iter(labels)
        return compound_crs([rename_axes(part, [next(remaining) for _ in part.axes]) for part in crs.parts])
    axes = tuple(replace(axis, label=label) for axis, label in zip(crs.axes, labels, strict=True))
    return replace(crs, uri=crs.definition + _label_query(crs, labels), axes=axes)


def offline() -> None:
    """Keep PROJ from the network, whatever the environment says; to be called before PROJ makes an object."""
    set_network_enabled(False)


@lru_cache(maxsize=512)
def pyproj_crs(authority: str, code: str, wkt: str) -> pyproj.CRS:
    """PROJ's object for a registered CRS, or (where ``authority`` is empty) for a WKT text.

    Raises
    ------
    CrsUnknown
        When PROJ does not know the code or cannot read the text.
    """
    offline()
    try:
        return pyproj.CRS.from_authority(authority, code) if authority else pyproj.CRS.from_wkt(wkt)
    except CRSError as error:
        what = f"{authority}:{code}" if authority else "the WKT text"
        raise CrsUnknown(f"PROJ does not know {what}: {error}", locator=code or None) from error


def _urn_part(crs: Crs) -> str:
    return f"crs:{crs.authority}:{'' if crs.version == '0' else crs.version}:{crs.code}"


def _compound_uri(uris: Sequence[str]) -> str:
    return f"{ROOT}crs-compound?" + "&".join(f"{number}={uri}" for number, uri in enumerate(uris, 1))


def _label_query(crs: Crs, labels: Sequence[str]) -> str:
    """The part of a URI that names renamed axes."""
    if tuple(labels) == crs.default_labels:
        return ""
    if len(labels) == 1:
        query = f'axis-label="{labels[0]}"'
    else:
        query = "&".join(
            f'axis-label-{number}="{label}"'
            for number, (label, default) in enumerate(zip(labels, crs.default_labels, strict=True), 1)
            if label != default
        )
    return ("&" if "?" in crs.definition else "?") + query


def _check_labels(labels: Sequence[str], what: str) -> None:
    doubled = next((label for label in labels if list(labels).count(label) > 1), None)
    if doubled is not None:
        raise CrsUnknown(
            f"{what}: axis label '{doubled}' occurs twice; rename one, as in ...?axis-label=\"name\"", locator=doubled
        )
