# SPDX-License-Identifier: MIT
"""The recipe ``wcs_extract``: a coverage of any WCS 2.0.1, part by part (wcst_import specification, section 13)."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import ClassVar

import numpy as np

from eoxserver.backends.credentials import Credentials, read_credentials
from eoxserver.core.axes import Axis, IrregularAxis
from eoxserver.core.coverage import CellBox, Coverage
from eoxserver.core.domain import Domain
from eoxserver.core.errors import ConfigurationError, EOxServerError
from eoxserver.core.fields import RangeType
from eoxserver.plugins import hookimpl
from eoxserver.wcst_import.errors import IngredientsError
from eoxserver.wcst_import.ingredients.options import list_of, option, text, whole_number
from eoxserver.wcst_import.ingredients.sections import CommonOptions
from eoxserver.wcst_import.nils import nil_values
from eoxserver.wcst_import.recipes.base import Recipe
from eoxserver.wcst_import.recipes.tiles import FetchedTiles, Tile, tiles
from eoxserver.wcst_import.slices import ImportFile, Slice
from eoxserver.wcst_import.wcs import WcsClient

__all__ = ["ExtractOptions", "WcsExtract", "eoxs_import_recipes"]

_KEY = "recipe.options"
_PLANE = 1024
"""Cells of a part along each horizontal axis, unless the ingredients say another number; one along others."""


@dataclass(frozen=True, kw_only=True)
class ExtractOptions(CommonOptions):
    """Options of ``wcs_extract``."""

    coverage_id: str = option(text, "identifier of the coverage on the other server")
    wcs_endpoint: str = option(text, "URL of the other server's WCS")
    credentials: str = option(
        text, "reference to credentials for that server (user:password, or a token): env:NAME or file:/PATH", ""
    )
    partitioning_scheme: tuple[int, ...] = option(
        list_of(whole_number(0)), "most cells of a request along each axis, in CRS order; 0: all of them", ()
    )


class WcsExtract(Recipe[ExtractOptions]):
    """Parts of a coverage of another server, fetched one by one; ``input.paths`` is not used."""

    key: ClassVar[str] = "wcs_extract"
    options_type = ExtractOptions

    def check(self) -> None:
        """Refuse files, what is said of files, and credentials that are not there."""
        assert self._credentials is not None
        if self.ingredients.input.paths:
            raise IngredientsError(
                "input.paths is not for wcs_extract, which reads a coverage of recipe.options.wcs_endpoint",
                locator="input.paths",
            )
        for name, given in (("coverage", self.options.coverage is not None), ("band_names", self.options.band_names)):
            if given:
                raise IngredientsError(
                    f"{_KEY}.{name} is not for wcs_extract: the other server describes the coverage",
                    locator=f"{_KEY}.{name}",
                )

    @property
    def _credentials(self) -> Credentials:
        """As they are now; raises IngredientsError, with the reference and never with what is there."""
        key = f"{_KEY}.credentials"
        try:
            found = read_credentials(self.options.credentials)
        except ConfigurationError as error:
            raise IngredientsError(f"{key}: {error.message}", locator=key) from error
        if found.options:
            raise IngredientsError(
                f"{key}: {self.options.credentials} holds a JSON object; user:password or a token is wanted",
                locator=key,
            )
        return found

    @cached_property
    def _client(self) -> WcsClient:
        client = WcsClient(
            self.options.wcs_endpoint,
            self._credentials,
            self.environment.parse_crs,
            f"{_KEY}.wcs_endpoint",
            f"{_KEY}.credentials refers to them",
        )
        try:
            client.check()
        except EOxServerError:
            client.close()
            raise
        return client

    @cached_property
    def _described(self) -> tuple[Domain, RangeType]:
        found = self._client.described(self.options.coverage_id, self.ingredients.config.default_crs)
        if found is None:
            raise IngredientsError(
                f"{_KEY}.coverage_id: {self._client.name} has no coverage '{self.options.coverage_id}'",
                locator=f"{_KEY}.coverage_id",
            )
        return found

    @cached_property
    def _folder(self) -> tempfile.TemporaryDirectory[str]:
        return tempfile.TemporaryDirectory(dir=self.ingredients.config.tmp_directory or None)

    @cached_property
    def _fetched(self) -> FetchedTiles:
        _, range_type = self._described
        readers, folder = self.environment.readers, Path(self._folder.name)
        return FetchedTiles(self._client, self.options.coverage_id, range_type.names, readers, folder)

    @cached_property
    def _range_type(self) -> RangeType:
        """Fields with the types that cells have: descriptions need not tell; one cell is fetched."""
        domain, range_type = self._described
        first = next(tiles(domain, (1,) * len(domain.axes)))
        box = CellBox.whole(first.domain.shape)
        types = [self._fetched.cells(first, box, [number]).values.dtype for number in range(len(range_type))]
        nil = nil_values(self.ingredients.config.default_null_values, "config.default_null_values")
        pairs = zip(range_type.fields, types, strict=True)
        return RangeType(tuple(replace(one, dtype=np.dtype(dtype), nil=nil or one.nil) for one, dtype in pairs))

    @property
    def _sizes(self) -> tuple[int, ...]:
        """Most cells of a part, in grid order."""
        domain, given = self._described[0], self.options.partitioning_scheme
        if not given:
            plane = domain.horizontal or tuple(range(len(domain.axes)))
            return tuple(_PLANE if number in plane else _size(axis) for number, axis in enumerate(domain.axes))
        if len(given) != len(domain.axes):
            raise IngredientsError(
                f"{_KEY}.partitioning_scheme has {len(given)} numbers; the axes of {self.options.coverage_id} are "
                f"{', '.join(domain.crs_labels)}",
                locator=f"{_KEY}.partitioning_scheme",
            )
        by_label = dict(zip(domain.crs_labels, given, strict=True))
        return tuple(by_label[label] for label in domain.labels)

    @cached_property
    def _tiles(self) -> dict[str, Tile]:
        """Parts by the URLs that ask for them."""
        domain, _ = self._described
        return {self._client.address(self._fetched.request(tile)): tile for tile in tiles(domain, self._sizes)}

    def close(self) -> None:
        """Delete answers and close connections."""
        if "_folder" in self.__dict__:
            self._folder.cleanup()
        if "_client" in self.__dict__:
            self._client.close()

    def files(self) -> Iterator[ImportFile]:
        """The requests."""
        return (ImportFile(address) for address in self._tiles)

    def slices(self, file: ImportFile, number: int) -> list[Slice]:
        """The part that a request asks for."""
        tile = self._tiles[file.path]
        part = Coverage(
            identifier=self.ingredients.input.coverage_id,
            domain=tile.domain,
            range_type=self._range_type,
            source=self._fetched.source(tile),
        )
        order = tuple(axis.coordinate(0) for axis in tile.domain.axes if axis.crs is not None and axis.crs.is_temporal)
        return [Slice(file, part, order, obstacle="its cells are on another server")]


def _size(axis: Axis) -> int:
    """Cells along an axis that is not horizontal: single ones do not tell that it falls."""
    return axis.size if isinstance(axis, IrregularAxis) and axis.coordinate(0) > axis.coordinate(axis.size - 1) else 1


@hookimpl
def eoxs_import_recipes() -> Sequence[type]:
    """The recipe ``wcs_extract``."""
    return [WcsExtract]
