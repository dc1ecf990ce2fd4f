# SPDX-License-Identifier: MIT
"""Identifiers of new coverages: a template filled from the file, made an NCName.

NCName: Namespaces in XML 1.0 (third edition), production 4; coverage identifiers become ``gml:id`` and layer names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from string import Formatter

from eoxserver.core.errors import InvalidParameterValue, RegistrationRefused, suggest
from eoxserver.resources.coverages.identifiers import MAX_LENGTH, NCNAME_REST, is_ncname
from eoxserver.resources.coverages.registration.places import Place

__all__ = ["DEFAULT_TEMPLATE", "FIELDS", "IdentifierTemplate", "ncname"]

DEFAULT_TEMPLATE = "{stem}"

FIELDS: Mapping[str, str] = {
    "stem": "name of the file without its ending",
    "name": "name of the file, ending included",
    "parent": "name of the folder (or archive, or host) the file lies in",
    "subdataset": "name of the data set in a file that holds several (netCDF, HDF5)",
    "index": "number of the file in this command, from 1; {index:04d} pads it",
    "id": "identifier from the metadata document beside the file",
    "begin": "begin of the time span, as 20060816T090929",
    "end": "end of the time span",
    "collection": "identifier of the collection",
}
"""Fields of a template and what stands for them."""

_OTHER = re.compile(f"[^{NCNAME_REST}]+")


def ncname(text: str) -> str:
    """The NCName nearest to a text: other characters become ``_``, one that may not come first gets one before it.

    >>> ncname("2006 08/16 (a).tif")
    '_2006_08_16_a_.tif'
    """
    name = _OTHER.sub("_", text)
    return name if is_ncname(name) else f"_{name}"


@dataclass(frozen=True, slots=True)
class IdentifierTemplate:
    """A text with fields in braces.

    >>> IdentifierTemplate("{parent}_{stem}").fill(Place.of_file("/data/2006/a b.tif"), index=1)
    '_2006_a_b'
    >>> IdentifierTemplate().fill(Place.of_text('NETCDF:"/data/a.nc":sst'), index=1)
    'a_sst'
    """

    text: str = DEFAULT_TEMPLATE

    def __post_init__(self) -> None:
        """Refuse a template that cannot be filled; raises InvalidParameterValue."""
        try:
            parts = list(Formatter().parse(self.text))
        except ValueError as error:
            raise InvalidParameterValue(f"identifier template '{self.text}': {error}", locator="id") from error
        for _, field, spec, conversion in parts:
            if field is None:
                continue
            if field not in FIELDS:
                raise InvalidParameterValue(
                    f"identifier template '{self.text}': no field '{{{field}}}'; {suggest(field, FIELDS)}", locator="id"
                )
            if conversion or (spec and not (field == "index" and re.fullmatch(r"0?[0-9]{1,2}d?", spec))):
                raise InvalidParameterValue(
                    f"identifier template '{self.text}': '{{{field}}}' takes no format; only {{index:04d}} does",
                    locator="id",
                )
        if not self.text.strip():
            raise InvalidParameterValue("the identifier template is empty", locator="id")

    def fill(
        self,
        place: Place,
        index: int,
        *,
        several: bool = False,
        metadata_id: str | None = None,
        begin: datetime | None = None,
        end: datetime | None = None,
        collection: str | None = None,
    ) -> str:
        """The identifier of a file, or of a data set in one.

        Parameters
        ----------
        several : bool
            Whether other data sets of the same file get identifiers by this template: where it tells them apart by
            neither ``{subdataset}`` nor ``{index}``, the name of the data set is appended. So it is by default.

        Raises
        ------
        RegistrationRefused
            When the template asks for something the file has not.
        """
        values: dict[str, str | int | None] = {
            "stem": place.stem,
            "name": place.name,
            "parent": place.folder,
            "subdataset": place.subdataset,
            "index": index,
            "id": metadata_id,
            "begin": f"{begin:%Y%m%dT%H%M%S}" if begin else None,
            "end": f"{end:%Y%m%dT%H%M%S}" if end else None,
            "collection": collection,
        }
        names = {field for _, field, _, _ in Formatter().parse(self.text) if field is not None}
        ending = ""
        if place.subdataset and (several or self.text == DEFAULT_TEMPLATE) and not names & {"subdataset", "index"}:
            ending = f"_{place.subdataset}"
        for field in FIELDS:
            if field in names and values[field] in (None, ""):
                raise RegistrationRefused(
                    f"identifier template '{self.text}': there is no {{{field}}} ({FIELDS[field]})", locator="id"
                )
        identifier = ncname(self.text.format_map(values) + ending)
        if len(identifier) > MAX_LENGTH:
            raise RegistrationRefused(
                f"identifier '{identifier[:40]}...' has {len(identifier)} characters; {MAX_LENGTH} are accepted",
                locator="id",
            )
        return identifier
