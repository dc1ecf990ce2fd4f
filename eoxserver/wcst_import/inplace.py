# SPDX-License-Identifier: MIT
"""Slices whose cells stay in their files: ``config.insitu``."""

from __future__ import annotations

from collections.abc import Iterator

from eoxserver.backends.locations import Location, PackageRecord
from eoxserver.core.fields import RangeType
from eoxserver.resources.coverages.registration.places import Place
from eoxserver.resources.coverages.stacking.parts import SlicePart
from eoxserver.wcst_import.errors import FileRefused, IngredientsError
from eoxserver.wcst_import.ingredients.sections import CommonOptions, Config
from eoxserver.wcst_import.slices import FilePart, Slice

__all__ = ["check_files", "check_in_place", "no_files", "slice_parts"]


def no_files(target: str) -> str:
    """Why files are not registered on a server."""
    return (
        f"config.insitu leaves cells in files of this machine, which {target} cannot read; with --local the coverage "
        "is made in this instance, without insitu cells are copied"
    )


def check_in_place(config: Config, options: CommonOptions, target: str, reads_files: bool) -> None:
    """Refuse what cannot be where cells stay in their files; raises IngredientsError.

    Parameters
    ----------
    target : str
        Name of the target.
    reads_files : bool
        Whether it reads files of this machine.
    """
    if not config.insitu:
        return
    if not reads_files:
        raise IngredientsError(no_files(target), locator="config.insitu")
    given = {
        "tiling": bool(options.tiling),
        "scale_levels": bool(options.scale_levels),
        "scale_factors": bool(options.scale_factors),
    }
    for name, value in given.items():
        if value:
            raise IngredientsError(
                f"recipe.options.{name} is for cells that are copied; config.insitu leaves them in the files, whose "
                "own blocks and overviews are used (gdaladdo makes overviews)",
                locator=f"recipe.options.{name}",
            )


def check_files(one: Slice) -> None:
    """Refuse a slice whose cells cannot be read in place; raises FileRefused."""
    if not one.files:
        reason = one.obstacle or "this recipe does not say where its cells lie"
        raise FileRefused(
            f"{one.file.path} cannot be registered in place (config.insitu): {reason}", locator=one.file.path
        )


def slice_parts(one: Slice) -> Iterator[SlicePart]:
    """A slice as what is registered, file by file; the first carries its metadata.

    Raises
    ------
    FileRefused
        When its cells cannot be read in place.
    """
    check_files(one)
    by_name = {field.name: field for field in one.part.range_type.fields}
    noted = one.part.extra.parts.within(one.part.domain)
    for number, file in enumerate(one.files):
        yield SlicePart(
            place=_place(file),
            domain=one.part.domain,
            range_type=RangeType(tuple(by_name[name] for name in file.fields)),
            bands=file.bands,
            variables=file.variables,
            dims=file.dims,
            values=noted[0].values if noted and not number else {},
            bounds=noted[0].bounds if noted and not number else None,
        )


def _place(file: FilePart) -> Place:
    if file.member:
        return Place(Location(None, (PackageRecord("ZIP", file.path),), file.member))
    return Place.of_text(file.path)
