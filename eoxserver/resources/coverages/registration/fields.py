# SPDX-License-Identifier: MIT
"""The fields of a coverage, from the bands of one file or of several, and which values of them mean something.

Valid values: attributes ``valid_range``, ``valid_min`` and ``valid_max`` of a band (CF conventions, clause 2.5.1).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from eoxserver.backends.readers.base import Description
from eoxserver.core.coordinates import number_text
from eoxserver.core.domain import Domain
from eoxserver.core.errors import EOxServerError, RegistrationRefused
from eoxserver.core.fields import Field, RangeType
from eoxserver.resources.coverages.registration.documents import Document
from eoxserver.resources.coverages.registration.identifiers import ncname
from eoxserver.resources.coverages.registration.places import Place
from eoxserver.resources.coverages.registration.proposals import Item, Options

__all__ = ["Described", "bounds_text", "fields_text", "fields_why", "gather_fields", "size_text"]


@dataclass(frozen=True)
class Described:
    """A file, the reader that knows it, and what it says of itself."""

    place: Place
    reader: str
    """Its key; the storage type where the storage itself reads."""
    description: Description
    document: Document | EOxServerError = field(default_factory=Document)
    """What a metadata document beside it says, or why that cannot be used."""
    several: bool = False
    """Whether it is one of the data sets in a file that are registered all at once."""

    @property
    def on_earth(self) -> bool:
        """Whether its cells have a place, of a known CRS or not."""
        return self.description.bounds is not None or self.description.tie_points is not None


def gather_fields(files: Sequence[Described], options: Options) -> tuple[RangeType, tuple[Item, ...]]:
    """The fields of all files together, and which file holds which.

    Raises
    ------
    RegistrationRefused
        When the files do not lie on one grid.
    """
    first = files[0].description
    if len(files) == 1:
        return _with_intervals(first, options), (Item(files[0].place, "bands", first.driver),)
    fields: list[Field] = []
    items: list[Item] = []
    for file in files:
        description = file.description
        if description.domain != first.domain or description.bounds != first.bounds:
            raise RegistrationRefused(
                f"{file.place.label} does not lie on the grid of {files[0].place.label}: "
                f"{size_text(description.domain)} cells, bounds {bounds_text(description.bounds)}; "
                f"files that make one coverage have the same size, bounds and CRS"
            )
        start = len(fields)
        for own in _with_intervals(description, options).fields:
            fields.append(replace(own, name=_field_name(own, file, [one.name for one in fields])))
        items.append(Item(file.place, f"bands[{start}:{len(fields)}]", description.driver))
    return RangeType(tuple(fields)), tuple(items)


def _field_name(own: Field, file: Described, taken: Sequence[str]) -> str:
    """The name of a field among those of several files: its own if it has one, else that of its file."""
    if own.label:
        base = own.name
    elif len(file.description.range_type) == 1:
        base = ncname(_title(file.place))
    else:
        base = f"{ncname(_title(file.place))}_{own.name}"
    name, number = base, 2
    while name in taken:
        name, number = f"{base}_{number}", number + 1
    return name


def _title(place: Place) -> str:
    """What names the bands of a file among those of others."""
    return place.subdataset or place.stem


def fields_why(range_type: RangeType, options: Options) -> str:
    """Where the fields come from, for people."""
    if options.values is not None:
        return "the bands of the raster; values as asked for"
    return "the bands of the raster" + ("; values from their metadata" if range_type.fields[0].intervals else "")


def _with_intervals(description: Description, options: Options) -> RangeType:
    """The fields of one file, with the values that are valid where somebody says so."""
    fields = []
    for number, own in enumerate(description.range_type.fields, 1):
        interval = options.values or _valid_range(description.metadata, number)
        fields.append(own if interval is None or own.intervals else replace(own, intervals=(interval,)))
    return RangeType(tuple(fields))


def _valid_range(metadata: Mapping[str, str], band: int) -> tuple[float, float] | None:
    """The valid range of a band by its metadata; None when there is none, or none that makes sense."""
    numbers = _numbers(metadata.get(f"band.{band}.valid_range", ""))
    if len(numbers) != 2:
        numbers = [n for end in ("min", "max") for n in _numbers(metadata.get(f"band.{band}.valid_{end}", ""))]
    if len(numbers) != 2 or not all(map(math.isfinite, numbers)) or numbers[0] >= numbers[1]:
        return None
    return numbers[0], numbers[1]


def _numbers(text: str) -> list[float]:
    """Numbers as GDAL writes several in one item: ``{0,1}``; letters of C types are left out."""
    try:
        return [float(word.rstrip("bBsSuUlLfF")) for word in re.split(r"[\s,{}]+", text) if word]
    except ValueError:
        return []


def fields_text(range_type: RangeType) -> str:
    """The fields for people: names, types, nil values, valid values."""
    parts = []
    for one in range_type.fields:
        nil = f", nil {number_text(one.nil_value)}" if one.nil_value is not None else ""
        colours = f", {len(one.palette)} colours" if one.palette else ""
        shown = f" {one.interpretation}" if one.interpretation not in ("", "palette") else ""
        values = "".join(f", {number_text(low)} to {number_text(high)}" for low, high in one.intervals)
        parts.append(f"{one.name}{shown} ({one.dtype}{nil}{values}{colours})")
    return ", ".join(parts[:16]) + (f", ... {len(parts)} in all" if len(parts) > 16 else "")


def size_text(domain: Domain) -> str:
    """Sizes in CRS habit: columns before rows."""
    return " x ".join(str(size) for size in reversed(domain.shape))


def bounds_text(bounds: tuple[float, float, float, float] | None) -> str:
    """Outer edges for people."""
    return ", ".join(number_text(round(bound, 9)) for bound in bounds) if bounds else "none"
