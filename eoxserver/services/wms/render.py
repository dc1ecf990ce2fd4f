# SPDX-License-Identifier: MIT
"""From cells to colours: the default style, and maps painted over each other.

The default style shows values as they are: one field is grey, two are grey and alpha, three are red,
green and blue, four have alpha last unless its colour interpretation says that it is none. Fields that
call themselves red, green and blue are taken for these wherever they stand; of more than four fields the
first three are. A field with a palette has the palette's colours. Values are clamped to 0..255 without
a stretch, unless the range type says which values are allowed: then these become 0..255.

Nil cells are see-through. Where no field says which values are nil or allowed, and none is alpha, cells that
are zero in all fields do not hide what lies below, and are see-through on a transparent map.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from eoxserver.core.coverage import Cells
from eoxserver.core.fields import Colour, Field, RangeType
from eoxserver.services.wms.requests import Rgb

__all__ = ["Bytes", "Canvas", "Picture", "Sheet", "draw", "picture"]

Bytes: TypeAlias = npt.NDArray[np.uint8]
Mask: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Picture:
    """How fields become colours."""

    fields: tuple[int, ...]
    """Positions in the range type of what is read: one (grey) or three (red, green, blue), then alpha if any."""
    scales: tuple[tuple[float, float] | None, ...]
    """Of each field: the values that become 0 and 255; None clamps."""
    alpha: bool = False
    """Whether the last of ``fields`` is alpha."""
    palette: tuple[Colour, ...] | None = None
    zero_is_nil: bool = False
    """Whether a cell that is zero in all fields counts as nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """One drawn coverage."""

    pixels: Bytes
    """Shape (row, column, 1) grey or (row, column, 3) red, green, blue."""
    alpha: Bytes | None = None
    """Shape (row, column), 0 see-through to 255; None when opaque everywhere."""
    zero: Mask | None = None
    """Shape (row, column): cells that are zero and count as nothing; there alpha is 0."""


def picture(range_type: RangeType) -> Picture:
    """The default style of coverages with this range type."""
    fields = range_type.fields
    chosen = _colour_fields(fields)
    alpha = _alpha_field(fields, chosen)
    first = fields[chosen[0]]
    if len(chosen) == 1 and first.palette is not None and first.dtype.kind in "iub":
        return Picture((chosen[0],), (None,), palette=first.palette)
    silent = alpha is None and not any(fields[position].nil or fields[position].intervals for position in chosen)
    scales = tuple(_scale(fields[position]) for position in chosen)
    if alpha is None:
        return Picture(chosen, scales, zero_is_nil=silent)
    return Picture((*chosen, alpha), (*scales, _alpha_scale(fields[alpha])), alpha=True)


def _colour_fields(fields: tuple[Field, ...]) -> tuple[int, ...]:
    by_name = {field.interpretation: position for position, field in reversed(list(enumerate(fields)))}
    if all(name in by_name for name in ("red", "green", "blue")):
        return (by_name["red"], by_name["green"], by_name["blue"])
    colours = [position for position, field in enumerate(fields) if field.interpretation != "alpha"]
    if len(colours) >= 3:
        return tuple(colours[:3])
    return tuple(colours[:1]) or (0,)


def _alpha_field(fields: tuple[Field, ...], chosen: tuple[int, ...]) -> int | None:
    for position, field in enumerate(fields):
        if field.interpretation == "alpha" and position not in chosen:
            return position
    last = len(fields) - 1
    unnamed = fields[last].interpretation in ("", "undefined", "unknown") and not fields[last].label
    return last if unnamed and len(fields) in (2, 4) and chosen == tuple(range(last)) else None


def _scale(field: Field) -> tuple[float, float] | None:
    if not field.intervals or field.dtype.kind == "b":
        return None
    low, high = min(low for low, _ in field.intervals), max(high for _, high in field.intervals)
    usable = np.isfinite(low) and np.isfinite(high) and low < high and (low, high) != (0, 255)
    return (float(low), float(high)) if usable else None


def _alpha_scale(field: Field) -> tuple[float, float] | None:
    if field.dtype.kind == "u" and field.dtype.itemsize > 1:
        return (0.0, float(np.iinfo(field.dtype).max))
    return _scale(field)


def draw(style: Picture, cells: Cells, zero_matters: bool = True) -> Sheet:
    """Draw cells.

    Parameters
    ----------
    cells : Cells
        Of ``style.fields``; shape (field, row, column), first row in the north. The sheet may share their memory.
    zero_matters : bool
        Whether anything is seen through cells that are zero; without, they are drawn like others.
    """
    values, valid = cells.values, cells.valid
    colours = values[:-1] if style.alpha else values
    visible: Mask | None = None
    if valid is not None:
        visible = _visible(valid[: len(colours)])
        colours = _without_nil(colours, valid[: len(colours)])
    if colours.dtype.kind in "fc":
        visible = _finite(colours, visible)
    if style.palette is not None:
        return _draw_palette(style.palette, colours[0], visible)
    zero = _zero(colours, visible) if zero_matters and style.zero_is_nil else None
    if zero is not None:
        visible = ~zero if visible is None else visible & ~zero
    alpha = _as_bytes(values[-1], style.scales[-1]) if style.alpha else None
    if visible is not None:
        alpha = np.where(visible, np.uint8(255) if alpha is None else alpha, np.uint8(0))
    return Sheet(_pixels(colours, style.scales), alpha, zero)


def _pixels(colours: npt.NDArray[Any], scales: Sequence[tuple[float, float] | None]) -> Bytes:
    """Shape (row, column, field)."""
    if colours.dtype == np.uint8 and not any(scales[: len(colours)]):
        return np.moveaxis(colours, 0, 2)
    planes = [_as_bytes(plane, scale) for plane, scale in zip(colours, scales, strict=False)]
    return np.moveaxis(np.stack(planes), 0, 2)


def _finite(values: npt.NDArray[Any], visible: Mask | None) -> Mask | None:
    """Where any field is a number, of what is visible."""
    finite: Mask = np.any(np.isfinite(values), axis=0)
    if finite.all():
        return visible
    return finite if visible is None else visible & finite


def _zero(values: npt.NDArray[Any], visible: Mask | None) -> Mask | None:
    """Where all fields are zero, of what is visible; None when that is nowhere."""
    zero: Mask = np.any(values, axis=0)
    np.logical_not(zero, out=zero)
    if visible is not None:
        np.logical_and(zero, visible, out=zero)
    return zero if zero.any() else None


def _visible(valid: Mask) -> Mask | None:
    """Where any field is valid; None when that is everywhere."""
    seen: Mask = np.any(valid, axis=0)
    return None if seen.all() else seen


def _without_nil(values: npt.NDArray[Any], valid: Mask) -> npt.NDArray[Any]:
    """The values, 0 where one field is nil and another is not."""
    if len(values) == 1 or (valid == valid[0]).all():
        return values
    return np.where(valid, values, values.dtype.type(0))


def _as_bytes(values: npt.NDArray[Any], scale: tuple[float, float] | None) -> Bytes:
    if scale is None and values.dtype.kind in "biu":
        return values if values.dtype == np.uint8 else np.clip(values, 0, 255).astype(np.uint8)
    if values.dtype.kind == "c":
        values = np.abs(values)
    real: npt.NDArray[np.float64] = values.astype(np.float64)
    if scale is not None:
        real = (real - scale[0]) * (255.0 / (scale[1] - scale[0]))
    real = np.nan_to_num(real, nan=0.0, posinf=255.0, neginf=0.0)
    shown: Bytes = np.floor(np.clip(real, 0.0, 255.0) + 0.5).astype(np.uint8)
    return shown


def _draw_palette(palette: tuple[Colour, ...], values: npt.NDArray[Any], visible: Mask | None) -> Sheet:
    """Values outside the palette are see-through."""
    table = np.zeros((len(palette) + 1, 4), np.uint8)
    table[:-1] = palette
    index = values.astype(np.int64)
    index[(index < 0) | (index >= len(palette))] = len(palette)
    colours = table[index]
    alpha = colours[..., 3] if visible is None else np.where(visible, colours[..., 3], np.uint8(0))
    return Sheet(np.ascontiguousarray(colours[..., :3]), None if (alpha == 255).all() else alpha)


class Canvas:
    """A map that is painted from the top: each sheet goes under what is there already.

    Painting can so stop as soon as nothing more can be seen.

    Parameters
    ----------
    height, width : int
        Of the map [pixels].
    """

    def __init__(self, height: int, width: int) -> None:
        self._shape = (height, width)
        self._pixels: Bytes | None = None
        self._alpha: Bytes | None = None
        self._zero: Mask | None = None

    @property
    def full(self) -> bool:
        """Whether nothing below can be seen any more."""
        return self._pixels is not None and (self._alpha is None or bool(self._alpha.min() == 255))

    def under(self, sheet: Sheet) -> None:
        """Put a sheet under everything painted so far."""
        if sheet.zero is not None:
            self._zero = sheet.zero if self._zero is None else self._zero | sheet.zero
        if self._pixels is None:
            self._pixels, self._alpha = sheet.pixels, sheet.alpha
        elif self._alpha is not None:
            top, below = _alike(self._pixels, sheet.pixels)
            self._pixels, self._alpha = _blend(top, self._alpha, below, sheet.alpha)

    def finish(self, transparent: bool, background: Rgb) -> Bytes:
        """The map, shape (row, column, channel): 1 grey, 2 grey and alpha, 3 colour, 4 colour and alpha.

        Without alpha the map is opaque; a map that is not ``transparent`` always is.
        """
        if self._pixels is None:
            return blank(*self._shape, transparent, background)
        if self._alpha is None:
            return self._pixels
        if transparent:
            return np.concatenate((self._pixels, self._alpha[..., np.newaxis]), axis=2)
        pixels: Bytes = self._pixels
        alpha: Bytes | None = self._alpha
        if self._zero is not None:
            black = np.zeros_like(pixels)
            pixels, alpha = _blend(pixels, self._alpha, black, np.where(self._zero, np.uint8(255), np.uint8(0)))
        if alpha is None or alpha.min() == 255:
            return pixels
        ground = np.empty((1, 1, 3), np.uint8)
        ground[...] = background
        pixels, below = _alike(pixels, np.broadcast_to(ground, (*self._shape, 3)))
        return _blend(pixels, alpha, below, None)[0]


def blank(height: int, width: int, transparent: bool, background: Rgb) -> Bytes:
    """A map with nothing on it, shape (row, column, 3), with alpha 4."""
    image = np.empty((height, width, 4 if transparent else 3), np.uint8)
    image[...] = (*background, 0) if transparent else background
    return image


def _alike(first: Bytes, second: Bytes) -> tuple[Bytes, Bytes]:
    """Both with three channels unless both have one."""
    if first.shape[2] == second.shape[2]:
        return first, second
    shape = (*first.shape[:2], 3)
    return np.broadcast_to(first, shape), np.broadcast_to(second, shape)


def _blend(top: Bytes, alpha: Bytes, below: Bytes, below_alpha: Bytes | None) -> tuple[Bytes, Bytes | None]:
    """``top`` over ``below``, and the alpha of both together."""
    if not ((alpha != 0) & (alpha != 255)).any():
        seen = alpha != 0
        pixels = np.where(seen[..., np.newaxis], top, below)
        return pixels, None if below_alpha is None else np.where(seen, alpha, below_alpha)
    over = alpha.astype(np.float32)[..., np.newaxis] / 255
    share = 1 - over if below_alpha is None else (1 - over) * (below_alpha.astype(np.float32)[..., np.newaxis] / 255)
    total = over + share
    with np.errstate(invalid="ignore", divide="ignore"):
        mixed = np.where(total > 0, (top * over + below * share) / total, 0)
    pixels = np.floor(mixed + 0.5).astype(np.uint8)
    return pixels, None if below_alpha is None else np.floor(total[..., 0] * 255 + 0.5).astype(np.uint8)
