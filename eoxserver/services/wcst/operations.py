# SPDX-License-Identifier: MIT
"""What the operations of WCS-T do: read all of a request, then let ingestion make one change, whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from eoxserver.core.axes import IrregularAxis
from eoxserver.core.coordinates import number_text
from eoxserver.core.coverage import CellBox, Cells, Coverage, Level, Source
from eoxserver.core.domain import Domain
from eoxserver.core.errors import (
    InconsistentChange,
    InvalidParameterValue,
    InvalidScaleFactor,
    NoSuchCoverage,
)
from eoxserver.core.fields import Field, RangeType
from eoxserver.services.wcst.document import Document, read_document
from eoxserver.services.wcst.errors import TransactionError
from eoxserver.services.wcst.filecells import ArrangedSource, open_file
from eoxserver.services.wcst.metadata import read_metadata
from eoxserver.services.wcst.placement import placed
from eoxserver.services.wcst.pyramids import Pyramids
from eoxserver.services.wcst.rangeset import FileCells, TupleCells
from eoxserver.services.wcst.references import References
from eoxserver.services.wcst.requests import (
    CoverageInput,
    DeleteCoverage,
    DeleteScaleLevel,
    InsertCoverage,
    InsertScaleLevel,
    UpdateCoverage,
)

if TYPE_CHECKING:
    from eoxserver.resources.coverages.ingestion.ingestion import Grid
    from eoxserver.services.context import ServiceContext

__all__ = ["Transactions", "level_member", "scale_factors"]

BYTE = np.dtype("uint8")
"""What cells are unless request, coverage or file say."""


class Transactions:
    """Does what requests ask for; used from all threads."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context
        self._references = References(context.settings)
        self._pyramids = Pyramids(context)

    def insert(self, asked: InsertCoverage) -> str:
        """Insert a coverage and answer its identifier; raises EOxServerError, and nothing is changed then."""
        ingestion = self._context.ingestion
        document = self._document(asked.coverage)
        identifier = ingestion.new_identifier() if asked.new_id else document.identifier
        if not identifier:
            raise TransactionError(
                "WCSTMissingId", "the coverage has no gml:id; give it one, or ask for useId=new", locator="id"
            )
        ingestion.check_identifier(identifier)
        shape = document.domain.shape
        chunks = asked.tiling.chunks(shape) if asked.tiling is not None else None
        said = read_metadata(document.metadata, document.frame)
        with self._cells(document, asked.pixel_types) as (fields, source):
            coverage = Coverage(
                identifier=identifier,
                domain=document.domain,
                range_type=RangeType(fields),
                source=source,
                metadata=said.items,
                extra=said.extra,
                points=document.points,
            )
            ingestion.insert(coverage, chunks=chunks)
        return identifier

    def update(self, asked: UpdateCoverage) -> str:
        """Write cells of a coverage and answer its identifier; raises EOxServerError, and nothing is changed then."""
        grid = self._grid(asked.coverage_id)
        range_type = grid.range_type
        document = self._document(asked.coverage)
        domain = placed(document.domain, grid.domain, asked.subsets)
        if len(document.fields) != len(range_type):
            raise InconsistentChange(
                f"the input has {len(document.fields)} fields; the coverage has {len(range_type)}: "
                f"{', '.join(range_type.names)}",
                locator="rangeType",
            )
        said = read_metadata(document.metadata, document.domain)
        # Values in the document are of the types that the coverage has, a file has types of its own.
        types = () if isinstance(document.cells, FileCells) else [field.dtype for field in range_type.fields]
        with self._cells(document, types) as (fields, source):
            mask = self._mask(asked.mask, document.domain) if asked.mask is not None else None
            arranged = _with_axes(source, domain, document.domain, mask, fields, range_type.fields)
            part = Coverage(asked.coverage_id, domain, RangeType(fields), arranged, extra=said.extra)
            version = self._context.ingestion.update(asked.coverage_id, part, keep=True, grid=grid)
        self._pyramids.follow(asked.coverage_id, version, domain)
        return asked.coverage_id

    def delete(self, asked: DeleteCoverage) -> None:
        """Delete coverages, all or none; raises NoSuchCoverage."""
        self._check_known(asked.coverage_ids)
        self._context.ingestion.delete(asked.coverage_ids)

    def insert_level(self, asked: InsertScaleLevel) -> None:
        """Keep a coarser copy of the horizontal axes: an overview, or for a fraction a member of the pyramid.

        Raises
        ------
        InvalidParameterValue
            When there is one, or cannot be.
        """
        base = self._context.catalogue.coverage(asked.coverage_id)
        labels = _horizontal(base.domain)
        if not asked.level.is_integer():
            vector = [asked.level if label in labels else 1.0 for label in base.domain.crs_labels]
            self._pyramids.create(asked.coverage_id, level_member(asked), vector)
            return
        factors = scale_factors(base.domain, dict.fromkeys(labels, asked.level), "level")
        try:
            self._context.ingestion.add_overview(asked.coverage_id, factors)
        except InvalidScaleFactor as error:
            raise InvalidParameterValue(f"level {asked.level:g}: {error.message}", locator="level") from error

    def delete_level(self, asked: DeleteScaleLevel) -> None:
        """Keep it no longer; raises InvalidParameterValue when there is none."""
        base = self._context.catalogue.coverage(asked.coverage_id)
        labels = _horizontal(base.domain)
        if not asked.level.is_integer():
            self._pyramids.remove(asked.coverage_id, [level_member(asked)])
            self._context.ingestion.delete([level_member(asked)])
            return
        factors = scale_factors(base.domain, dict.fromkeys(labels, asked.level), "level")
        try:
            self._context.ingestion.remove_overview(asked.coverage_id, factors)
        except InvalidScaleFactor as error:
            raise InvalidParameterValue(f"level {asked.level:g}: {error.message}", locator="level") from error

    def replace_metadata(self, identifier: str, text: str) -> None:
        """Replace what is said of a coverage; raises NoSuchCoverage."""
        coverage = self._context.catalogue.coverage(identifier)
        said = read_metadata(text, coverage.frame)
        self._context.ingestion.set_metadata(identifier, said.items, said.extra)

    def rename(self, identifier: str, new: str) -> None:
        """Give a coverage another identifier; raises NoSuchCoverage, CoverageExists, InvalidParameterValue."""
        self._check_known([identifier])
        self._context.ingestion.rename(identifier, new)

    # -- inside ----------------------------------------------------------------------------------

    def _check_known(self, identifiers: Sequence[str]) -> None:
        unknown = [name for name in identifiers if not self._context.catalogue.exists(name)]
        if unknown:
            words = self._context.catalogue.suggestions(unknown[0])
            names = ", ".join(f"'{name}'" for name in unknown)
            raise NoSuchCoverage(f"no coverage {names}; {words}", locator=",".join(unknown))

    def _grid(self, identifier: str) -> Grid:
        """Domain and fields of a coverage that is to be updated."""
        try:
            return self._context.ingestion.grid(identifier)
        except NoSuchCoverage:
            self._check_known([identifier])  # whose message names similar ones
            raise

    def _document(self, given: CoverageInput) -> Document:
        data = (given.text or "").encode() if given.reference is None else None
        if data is None:
            data = self._references.read(given.reference or "", "inputCoverageRef")
        return read_document(data, self._context.crss.parse)

    @contextmanager
    def _cells(self, document: Document, types: Sequence[np.dtype[Any]]) -> Iterator[tuple[tuple[Field, ...], Source]]:
        """The fields of a document with their types, and its cells as long as the context lasts."""
        cells = document.cells
        if isinstance(cells, TupleCells):
            known = document.types(types, BYTE)
            fields = tuple(one.field(dtype or BYTE) for one, dtype in zip(document.fields, known, strict=True))
            yield fields, cells.source(document.domain.shape, fields)
            return
        known = document.types(types, None)
        with self._references.file(cells.reference, "fileReference") as path:
            found = open_file(path, cells, document.domain, len(document.fields), self._context.readers)
            own = [(one.field(dtype or found.dtypes[i]), i) for i, (one, dtype) in enumerate(_pairs(document, known))]
            yield tuple(_with_nil(field, found.nil[i]) for field, i in own), found.source

    def _mask(self, given: CoverageInput, domain: Domain) -> npt.NDArray[np.bool_]:
        """Where cells are to be written, shape as the domain's."""
        document = self._document(given)
        if document.domain.shape != domain.shape or len(document.fields) != 1:
            raise InvalidParameterValue(
                f"maskGrid must have one field of {' x '.join(map(str, domain.shape))} cells, as the input has",
                locator="maskGrid",
            )
        with self._cells(document, ()) as (_, source):
            cells = source.read(CellBox.whole(domain.shape), [0])
        found: npt.NDArray[np.bool_] = cells.values[0] != 0
        return found


def level_member(asked: InsertScaleLevel | DeleteScaleLevel) -> str:
    """The coverage that a fractional level is.

    >>> level_member(InsertScaleLevel("map", 2.45))
    'map_2_45'
    """
    return f"{asked.coverage_id}_{number_text(asked.level).replace('.', '_')}"


def _horizontal(domain: Domain) -> list[str]:
    """The labels of the x and y axes; raises CoverageUnusable."""
    return [domain.axes[index].label for index in domain.require_horizontal()]


def scale_factors(domain: Domain, given: dict[str, float], locator: str) -> dict[str, int]:
    """Factors by axis as whole numbers.

    Raises
    ------
    InvalidParameterValue
        When one is none, or an irregular axis has another one than 1.
    """
    for axis in domain.axes:
        factor = given.get(axis.label, 1.0)
        if factor < 1 or factor != int(factor):
            raise InvalidParameterValue(
                f"{locator}: the factor {factor:g} of axis {axis.label} is not a whole number from 1 on",
                locator=locator,
            )
        if isinstance(axis, IrregularAxis) and factor != 1:
            raise InvalidParameterValue(
                f"{locator}: axis {axis.label} is irregular; its factor must be 1", locator=locator
            )
    if all(factor == 1 for factor in given.values()):
        raise InvalidParameterValue(f"{locator}: one factor at least must be greater than 1", locator=locator)
    return {label: int(factor) for label, factor in given.items()}


def _pairs(document: Document, types: Sequence[np.dtype[Any] | None]) -> Iterator[tuple[Any, np.dtype[Any] | None]]:
    return zip(document.fields, types, strict=True)


def _with_nil(field: Field, nil: Sequence[Any]) -> Field:
    """The field, with the nil values that its file knows where the coverage says none."""
    if field.nil or not nil:
        return field
    return Field(
        field.name,
        field.dtype,
        field.unit,
        tuple(nil),
        field.label,
        field.description,
        field.definition,
        field.intervals,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _MaskedSource:
    """Cells, of which some are not to be written."""

    source: Source
    mask: npt.NDArray[np.bool_]
    fields: tuple[Field, ...]
    """Whose nil values are not to be written either."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the cells."""
        return self.source.shape

    @property
    def chunks(self) -> tuple[int, ...]:
        """Those of the cells."""
        return self.source.chunks

    @property
    def levels(self) -> tuple[Level, ...]:
        """The full resolution."""
        return self.source.levels[:1]

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        """The cells of a box, valid where the mask is set and they are not nil."""
        values = self.source.read(box, fields).values
        valid = np.broadcast_to(self.mask[box.slices], values.shape).copy()
        for place, number in enumerate(fields):
            nil = self.fields[number].is_nil(values[place])
            if nil is not None:
                valid[place] &= ~nil
        return Cells(values, valid)


def _with_axes(
    source: Source,
    domain: Domain,
    own: Domain,
    mask: npt.NDArray[np.bool_] | None,
    given: Sequence[Field],
    wanted: Sequence[Field],
) -> Source:
    """The cells of an input along all axes of the coverage, without those that a mask leaves out."""
    shape = domain.shape
    if source.shape != shape:
        labels = [index for index, axis in enumerate(domain.axes) if _has(own, axis.label)]
        places = tuple(labels.index(index) if index in labels else None for index in range(len(shape)))
        source = ArrangedSource(source, shape, places, tuple(range(len(given))))
    if mask is None:
        return source
    fields = tuple(one if one.nil else theirs for one, theirs in zip(given, wanted, strict=True))
    return _MaskedSource(source, mask.reshape(shape), fields)


def _has(domain: Domain, label: str) -> bool:
    try:
        domain.index(label)
    except LookupError:
        return False
    return True
