# SPDX-License-Identifier: MIT
"""The definitions of administrators, as services and commands read and change them.

A coverage keeps the definition of its CRS with itself, so that nothing it means changes behind its back. A definition
that coverages use is not changed or removed all the same: its URL would stand for something else than they do.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import TextField
from django.db.models.functions import Cast

from eoxserver.core.crs import Crs, Definition, Definitions, check_definition, parse_crs, parse_stored
from eoxserver.core.errors import CrsUnknown, InvalidParameterValue, InvalidRequest, NoSuchDefinition, suggest
from eoxserver.resources.coverages.models import Axis, Coverage, ReferenceableDataset
from eoxserver.resources.coverages.versioning import catalogue_version
from eoxserver.resources.crs.entries import CrsEntry
from eoxserver.resources.crs.models import CrsDefinition
from eoxserver.resources.database import reading, storable

__all__ = ["CrsCatalogue", "coverages_using"]

_SHOWN = 5
"""Coverages that a refusal names."""


@dataclass(frozen=True, slots=True)
class _State:
    """What holds in one version of the catalogue."""

    version: int
    entries: tuple[CrsEntry, ...]
    definitions: Definitions
    fingerprint: str


class CrsCatalogue:
    """CRSs by name, those of administrators among them; made once by the application, used from all threads.

    Every method may raise CatalogueUnavailable.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: _State | None = None

    def parse(self, text: str) -> Crs:
        """The CRS that a text names or defines; raises CrsUnknown."""
        try:
            return parse_crs(text)
        except CrsUnknown:
            # No administrator can define what everybody knows: asking the database second changes nothing.
            definitions = self.definitions()
            if not definitions.entries:
                raise
        return parse_crs(text, definitions)

    def definitions(self) -> Definitions:
        """All definitions that hold now."""
        return self._state().definitions

    def entries(self) -> tuple[CrsEntry, ...]:
        """All definitions that hold now, with their titles; by authority, version and code."""
        return self._state().entries

    def fingerprint(self) -> str:
        """Changes whenever a definition, title or remark does."""
        return self._state().fingerprint

    def entry(self, authority: str, version: str, code: str) -> CrsEntry | None:
        """The entry of a name, or None; version ``0`` or none is the newest."""
        state = self._state()
        found = state.definitions.find(authority, version, code)
        return next((entry for entry in state.entries if entry.definition == found), None)

    def add(self, entry: CrsEntry) -> None:
        """Add a definition under a new name.

        Raises
        ------
        CrsUnknown
            When it makes no CRS, or its name cannot be taken.
        InvalidParameterValue
            When there is one of this name.
        """
        check_definition(entry.definition)
        with reading():
            try:
                with transaction.atomic():
                    CrsDefinition.objects.create(**_columns(entry))
            except IntegrityError as error:
                text = f"there is a CRS {entry.definition.name} already; change that one, or take another code"
                raise InvalidParameterValue(text, locator="code") from error

    def change(self, entry: CrsEntry) -> None:
        """Put a definition in the place of the one of its name.

        Raises
        ------
        CrsUnknown
            When it makes no CRS.
        NoSuchDefinition
            When there is none of this name.
        InvalidRequest
            When coverages use it and their CRS would become another one.
        """
        check_definition(entry.definition)
        with reading(), transaction.atomic():
            row = self._row(entry.definition)
            if row.value != entry.definition:
                _check_unused(row.value, "changed")
            for column, value in _columns(entry).items():
                setattr(row, column, value)
            row.save()

    def put(self, entry: CrsEntry) -> bool:
        """Add a definition, or change the one of its name; answers whether it is new. Raises as both do."""
        with reading():
            exists = CrsDefinition.objects.filter(**_name(entry.definition)).exists()
        if exists:
            self.change(entry)
        else:
            self.add(entry)
        return not exists

    def remove(self, authority: str, version: str, code: str) -> None:
        """Remove the definition of exactly this name.

        Raises
        ------
        NoSuchDefinition
            When there is none.
        InvalidRequest
            When coverages use it.
        """
        with reading(), transaction.atomic():
            row = self._row(Definition(authority, version, code, ""))
            _check_unused(row.value, "removed")
            row.delete()

    def _row(self, definition: Definition) -> CrsDefinition:
        row = CrsDefinition.objects.filter(**_name(definition)).first()
        if row is None:
            names = [str(other) for other in CrsDefinition.objects.all()]
            raise NoSuchDefinition(
                f"nobody has defined a CRS {definition.name}; {suggest(definition.name, names)}",
                locator=definition.name,
            )
        return row

    def _state(self) -> _State:
        with reading():
            version = catalogue_version()
            with self._lock:
                if self._kept is not None and self._kept.version == version:
                    return self._kept
            rows = list(CrsDefinition.objects.all())
        entries = {row.value: CrsEntry(row.value, row.title, row.remarks) for row in rows}
        definitions = Definitions.of(entries)
        ordered = tuple(entries[definition] for definition in definitions.entries)
        fingerprint = hashlib.sha1(repr(ordered).encode(), usedforsecurity=False).hexdigest()
        state = _State(version, ordered, definitions, fingerprint)
        with self._lock:
            self._kept = state
        return state


def coverages_using(definition: Definition) -> Iterator[str]:
    """Identifiers of the coverages whose CRS, or a part of it, rests on a definition of this name; each once."""
    part = f"crs/{definition.name}"
    columns = (
        Coverage.objects.filter(projection__contains=part).values_list("identifier", "projection"),
        Axis.objects.filter(crs__contains=part).values_list("coverage__identifier", "crs"),
    )
    found = {identifier for rows in columns for identifier, text in rows if _rests_on(parse_stored(text), definition)}
    tied = ReferenceableDataset.objects.annotate(tie_points_text=Cast("tie_points", TextField()))
    for dataset in tied.filter(tie_points_text__contains=part):
        if dataset.tie_points is not None and _rests_on(dataset.tie_points.crs, definition):
            found.add(dataset.identifier)
    yield from sorted(found)


def _rests_on(crs: Crs, definition: Definition) -> bool:
    return any(one.name == definition.name for one in crs.custom)


def _check_unused(definition: Definition, what: str) -> None:
    using = list(coverages_using(definition))
    if using:
        more = f" and {len(using) - _SHOWN} more" if len(using) > _SHOWN else ""
        raise InvalidRequest(
            f"CRS {definition.name} cannot be {what}: coverages use it ({', '.join(using[:_SHOWN])}{more}); deregister "
            "them first, or add the new definition under another code or version",
            locator=definition.name,
        )


def _name(definition: Definition) -> dict[str, str]:
    parts = {"authority": definition.authority, "version": definition.version, "code": definition.code}
    return {key: storable(value) for key, value in parts.items()}


def _columns(entry: CrsEntry) -> dict[str, object]:
    parameters = [[parameter.name, parameter.default] for parameter in entry.definition.parameters]
    return {
        **_name(entry.definition),
        "definition": entry.definition.text,
        "parameters": parameters,
        "title": entry.title,
        "remarks": entry.remarks,
    }
