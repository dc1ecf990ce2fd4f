# SPDX-License-Identifier: MIT
"""The sections of an ingredients file and their options (wcst_import specification, sections 3 to 6 and 8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from eoxserver.wcst_import.ingredients.options import (
    anything,
    choice,
    either,
    flag,
    list_of,
    mapping_of,
    number,
    one_or_more,
    option,
    section,
    sentence,
    text,
    whole_number,
)

__all__ = [
    "Axis", "Band", "CommonOptions", "Config", "CoverageSection", "Hook", "Input", "Inspire", "LocalFile", "Metadata",
    "Restriction", "ScaleFactors", "Slicer",
]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Restriction:
    """Which slices are imported, along one axis."""

    low: Any = option(anything, "lower bound, included")
    high: Any = option(anything, "upper bound, included")
    type: str = option(choice("number", "date"), "what the bounds are", "number")


@dataclass(frozen=True, kw_only=True)
class Config:
    """Section ``config``: where to, and how the import behaves."""

    service_url: str = option(text, "endpoint of the server with WCS-T; without, this instance", "")
    mock: bool = option(flag, "say what would be done, change nothing", False)
    automated: bool = option(flag, "do not ask before the import", False)
    blocking: bool = option(flag, "analyse all files before the first is imported; false: file by file", True)
    default_null_values: tuple[Any, ...] = option(
        list_of(sentence), 'nil values of all bands, in place of those of the files: numbers, "lo:hi", "lo:*"', ()
    )
    tmp_directory: str = option(text, "folder of temporary files", "")
    crs_resolver: str = option(text, "prefix of the URLs of CRSs that are sent to a server", "")
    url_root: str = option(text, "cells are sent to a server, and not references to files", "", idle=True)
    root_url: str = option(text, "the same as url_root", "")
    skip: bool = option(flag, "leave out files that cannot be imported, go on with the others", False)
    retry: bool = option(flag, "send a request that failed again", False)
    retries: int = option(whole_number(0), "how often", 5)
    retry_sleep: float = option(number(low=0), "how long to wait before [s]", 1.0)
    track_files: bool = option(flag, "remember imported files, so that a later run leaves them out", True)
    resumer_dir_path: str = option(text, "folder of the list of imported files and of the log", "")
    slice_restriction: tuple[Restriction, ...] = option(
        list_of(section(Restriction)), "only slices inside these bounds, one for each axis in CRS order", ()
    )
    description_max_no_slices: int = option(whole_number(0), "how many slices a preview shows", 5)
    subset_correction: bool = option(flag, "slices are placed by the centres of their cells", False, idle=True)
    default_crs: str = option(text, "CRS of files that name none", "")
    insitu: bool = option(flag, "leave cells in the files, which are registered and not copied", False)
    black_listed: Any = option(anything, "", None, idle=True)


@dataclass(frozen=True, kw_only=True)
class Inspire:
    """What INSPIRE knows of the coverage."""

    metadata_url: str = option(
        text, "URL of its metadata record, which makes it a data set of INSPIRE; empty: it is none", ""
    )


@dataclass(frozen=True, kw_only=True)
class Input:
    """Section ``input``: what is imported."""

    coverage_id: str = option(text, "identifier of the coverage; recipes of Sentinel take templates")
    paths: tuple[str, ...] = option(
        one_or_more(text), "files: patterns, relative to the folder of the ingredients file", ()
    )
    inspire: Inspire | None = option(section(Inspire), "INSPIRE metadata", None)
    product: str = option(text, "Sentinel-1: GRD or SLC", "GRD")
    modebeams: tuple[str, ...] = option(list_of(text), "Sentinel-1: only these modes (EW, IW)", ())
    polarisations: tuple[str, ...] = option(list_of(text), "Sentinel-1: only these (HH, HV, VV, VH)", ())
    resolutions: tuple[str, ...] = option(list_of(text), "Sentinel-2: only these (10m, 20m, 60m, TCI)", ())
    levels: tuple[str, ...] = option(list_of(text), "Sentinel-2: only these (L1C, L2A)", ())
    crss: tuple[str, ...] = option(list_of(text), "Sentinel-2: only these EPSG codes", ())
    source_coverage_ids: tuple[str, ...] = option(
        one_or_more(text), "virtual_coverage: identifiers of coverages, or regular expressions for them", ()
    )


@dataclass(frozen=True, kw_only=True)
class Hook:
    """One of ``hooks``: a command before or after the import."""

    when: str = option(
        choice("before_import", "after_import", "before_ingestion", "after_ingestion"), "when the command is run"
    )
    description: str = option(text, "what it is for", "")
    cmd: str = option(text, "command of the shell, with expressions, for each file", "")
    abort_on_error: bool = option(flag, "before the import: stop when the command fails", False)
    replace_path: tuple[str, ...] = option(
        list_of(text), "before the import: what is imported in place of a file, with expressions", ()
    )


@dataclass(frozen=True, kw_only=True)
class ScaleFactors:
    """One pyramid member."""

    coverage_id: str = option(text, "identifier of the member")
    factors: tuple[float, ...] = option(list_of(number(low=1)), "factor of each axis, in CRS order")


@dataclass(frozen=True, kw_only=True)
class LocalFile:
    """Metadata of a slice in a file beside it."""

    root_element: str = option(text, "name of the element or key that holds them", "")
    path: str = option(sentence, "path of the file, with expressions")


@dataclass(frozen=True, kw_only=True)
class Metadata:
    """Section ``coverage.metadata``."""

    type: str = option(
        choice("xml", "json"), "metadata are kept as values and written as each format has them", "xml", idle=True
    )
    global_: Any = option(anything, 'of the coverage: sentences by key, or "auto"', None, name="global")
    local: Mapping[str, Any] = option(mapping_of(anything), "of each slice: sentences by key", {})
    bands: Any = option(anything, 'of bands: texts by key, by band; or "auto"', None)
    axes: Any = option(anything, 'of axes: texts by key, by axis; or "auto"', None)
    color_palette_table: str = option(
        text, 'colours of values: path of a .cpt file, or "auto": those of the first file', "", name="colorPaletteTable"
    )


@dataclass(frozen=True, kw_only=True)
class Band:
    """One of ``slicer.bands``; keys that are not named here are metadata of the band."""

    name: str = option(text, "name of the field")
    identifier: str = option(sentence, "what the file calls it: number of the band (gdal), variable (netcdf)", "")
    description: str = option(text, "what it is", "")
    definition: str = option(text, "URI of what is measured", "")
    nil_value: Any = option(
        one_or_more(sentence), 'nil values: numbers, "lo:hi", several with commas', (), name="nilValue"
    )
    nil_reason: str = option(text, "what they mean", "", name="nilReason")
    uom_code: str = option(sentence, "unit (UCUM), a sentence", "", name="uomCode")
    others: Mapping[str, Any] = option(anything, "metadata of the band", {}, rest=True)


@dataclass(frozen=True, kw_only=True)
class Axis:
    """One of ``slicer.axes``."""

    min: str = option(sentence, "lower bound, or the position of the slice")
    max: str = option(sentence, "upper bound; a slice has none", "")
    resolution: str = option(sentence, "signed distance of cells; of an irregular axis 1", "1")
    grid_order: int | None = option(
        whole_number(0), "place of the axis in the array; as in the CRS by default", None, name="gridOrder"
    )
    crs_order: int | None = option(
        whole_number(0), "place in the CRS of the axis that this one renames", None, name="crsOrder"
    )
    type: str = option(choice("number", "date", "ansidate"), "what the bounds are; dates on axes of time", "number")
    irregular: bool = option(flag, "positions are given one by one", False)
    direct_positions: Any = option(
        either(list_of(sentence), sentence),
        "positions in the file, of an irregular axis: a list, or a sentence",
        "",
        name="directPositions",
    )
    data_bound: bool = option(flag, "false: the file has no such axis", True, name="dataBound")
    slice_group_size: float | None = option(
        number(above=0), "positions are brought to multiples of this [axis unit]", None, name="sliceGroupSize"
    )
    statements: tuple[str, ...] = option(one_or_more(text), "imports of Python for the sentences", ())
    crs_origin: Any = option(anything, "", None, idle=True)
    regular: Any = option(anything, "", None, idle=True)


@dataclass(frozen=True, kw_only=True)
class Slicer:
    """Section ``coverage.slicer``: how files are read and placed."""

    type: str = option(choice("gdal", "netcdf", "grib"), "what reads the files")
    pixel_is_point: bool = option(
        flag, "bounds of regular axes are centres of cells (netcdf, grib)", False, name="pixelIsPoint"
    )
    bands: tuple[Band, ...] = option(list_of(section(Band)), "fields; all bands of the file by default (gdal)", ())
    axes: Mapping[str, Axis] = option(mapping_of(section(Axis)), "axes by label, one for each of the CRS")


@dataclass(frozen=True, kw_only=True)
class CoverageSection:
    """Section ``options.coverage``."""

    crs: str = option(text, "CRS of the coverage: a URL, or parts joined by @ (OGC/0/AnsiDate@EPSG/0/4326)", "")
    metadata: Metadata | None = option(section(Metadata), "metadata", None)
    slicer: Slicer | None = option(section(Slicer), "how files are read and placed (general_coverage)", None)
    grid_coverage: bool = option(
        flag, "without georeference: axes of indices, which count cells from 0 (general_coverage)", False
    )


@dataclass(frozen=True, kw_only=True)
class CommonOptions:
    """Section ``recipe.options``: what all recipes have."""

    import_order: str = option(choice("ascending", "descending"), "order of the slices by time", "ascending")
    tiling: str = option(text, "how cells are kept together: ALIGNED [0:0,0:1023,0:1023]", "")
    wms_import: bool = option(flag, "serve it as a layer of WMS too; here every coverage with a map is one", False)
    scale_levels: tuple[float, ...] = option(list_of(number(above=1)), "coarser copies, by factor of x and y", ())
    scale_factors: tuple[ScaleFactors, ...] = option(list_of(section(ScaleFactors)), "coarser copies, by axis", ())
    import_overviews: tuple[int, ...] = option(
        list_of(whole_number(0)), "overviews of the files, by number from 0, as coverages ID_NUMBER", ()
    )
    import_all_overviews: bool = option(flag, "all overviews that the first file has", False)
    import_overviews_only: bool = option(flag, "only overviews, not the full resolution", False)
    pyramid_members: tuple[str, ...] = option(list_of(text), "coverages that are coarser copies of this one", ())
    pyramid_bases: tuple[str, ...] = option(list_of(text), "coverages of which this one is a coarser copy", ())
    pyramid_harvesting: bool = option(flag, "members of members too", False)
    band_names: tuple[str, ...] = option(list_of(text), "names of the fields (recipes of 2-D files)", ())
    coverage: CoverageSection | None = option(section(CoverageSection), "metadata, and how files are placed", None)
