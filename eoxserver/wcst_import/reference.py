# SPDX-License-Identifier: MIT
"""The page of the manual on ingredients, made from the options themselves.

``python -m eoxserver.wcst_import.reference`` (``make reference``) writes it again.
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

from eoxserver.wcst_import.ingredients import sections
from eoxserver.wcst_import.recipes import map_mosaic, time_series, virtual_coverage, wcs_extract

__all__ = ["SECTIONS", "reference_text"]

PAGE = Path("docs", "ingredients.md")
INTRODUCTION = """\
# Ingredients of an import

All options of the files that [`eoxserver wcst_import`](import.md) reads. Made from the options by `make reference`;
edit those. A file is JSON with `config`, `input`, `recipe` (its `name` and `options`) and, where commands are to be
run, `hooks`. Lines whose first characters are `//` are comments, and so is the key `__comment__` anywhere. An option
that is not here is an error, which names the nearest that is. true and false may stand in quotes.

A **sentence** is text with expressions, such as `${gdal:minX}`, or a number; see
[sentences](import.md#sentences). Text in it takes quotes of its own: `"'a title'"`.
"""

SECTIONS: tuple[tuple[str, type], ...] = (
    ("config", sections.Config),
    ("config.slice_restriction[]", sections.Restriction),
    ("input", sections.Input),
    ("input.inspire", sections.Inspire),
    ("hooks[]", sections.Hook),
    ("recipe.options", sections.CommonOptions),
    ("recipe.options of map_mosaic", map_mosaic.MosaicOptions),
    ("recipe.options of time_series_regular", time_series.RegularOptions),
    ("recipe.options of time_series_irregular", time_series.IrregularOptions),
    ("recipe.options.time_parameter", time_series.TimeParameter),
    ("recipe.options.time_parameter.metadata_tag", time_series.TagOptions),
    ("recipe.options.time_parameter.filename", time_series.NameOptions),
    ("recipe.options of wcs_extract", wcs_extract.ExtractOptions),
    ("recipe.options of virtual_coverage", virtual_coverage.VirtualOptions),
    ("recipe.options.envelope", virtual_coverage.EnvelopeOptions),
    ("recipe.options.envelope.axis[]", virtual_coverage.EnvelopeAxis),
    ("recipe.options.scale_factors[]", sections.ScaleFactors),
    ("recipe.options.coverage", sections.CoverageSection),
    ("recipe.options.coverage.metadata", sections.Metadata),
    ("recipe.options.coverage.metadata.local.metadata_file", sections.LocalFile),
    ("recipe.options.coverage.slicer", sections.Slicer),
    ("recipe.options.coverage.slicer.bands[]", sections.Band),
    ("recipe.options.coverage.slicer.axes.LABEL", sections.Axis),
)
"""Each section by the key it stands at."""


def reference_text() -> str:
    """The page."""
    return "\n".join([INTRODUCTION, *(_section(key, kind) for key, kind in SECTIONS)])


def _section(key: str, kind: type) -> str:
    common = {field.name for field in dataclasses.fields(sections.CommonOptions)}
    inherited = kind is not sections.CommonOptions and issubclass(kind, sections.CommonOptions)
    title, of, recipe = key.partition(" of ")
    lines = [f"## `{title}`{f' of `{recipe}`' if of else ''}\n", "| option | value | default | |", "|---|---|---|---|"]
    own = [field for field in dataclasses.fields(kind) if not (inherited and field.name in common)]
    lines.extend(map(_row, own))
    return "\n".join([*lines, ""])


def _row(field: dataclasses.Field[Any]) -> str:
    said = field.metadata
    name = "any other key" if said["rest"] else f"`{said['name'] or field.name}`"
    cells = (name, said["form"].accepted, _default(field), said["meaning"])
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _default(field: dataclasses.Field[Any]) -> str:
    if field.default is dataclasses.MISSING:
        return "required" if field.default_factory is dataclasses.MISSING else ""
    return "" if field.default in (None, "", ()) else f"`{json.dumps(field.default)}`"


if __name__ == "__main__":
    PAGE.write_text(reference_text(), encoding="utf-8")
