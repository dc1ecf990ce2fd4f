# SPDX-License-Identifier: MIT
"""The domain set of a coverage: its axes in grid order, and the order its CRS gives them.

Grid order is the order of the array (numpy's); CRS order is the order of corners and positions. The
two are kept apart and never derived from each other (OGC 09-146r8, CIS 1.1, clause 6.2).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from eoxserver.core.axes import Axis, IndexAxis, IrregularAxis, RegularAxis, Role
from eoxserver.core.crs import Crs, compound_crs
from eoxserver.core.errors import CoverageUnusable, InvalidAxisLabel, suggest

__all__ = ["SYNONYMS", "Domain", "same_label"]

SYNONYMS = ({"Long", "Lon"},)
"""Labels that old and new EPSG databases use for one axis: either is understood."""


def same_label(a: str, b: str) -> bool:
    """Whether two labels mean one axis.

    >>> same_label("Lon", "Long"), same_label("E", "e")
    (True, False)
    """
    return a == b or any(a in group and b in group for group in SYNONYMS)


@dataclass(frozen=True)
class Domain:
    """Ordered axes and the order of their labels in the CRS."""

    axes: tuple[Axis, ...]
    """In grid order; empty for a single value without position."""
    crs_labels: tuple[str, ...] = ()
    """The same labels in CRS order; defaults to grid order."""

    def __post_init__(self) -> None:
        labels = tuple(axis.label for axis in self.axes)
        if len(set(labels)) != len(labels):
            raise ValueError(f"axis labels {labels} are not unique")
        if not self.crs_labels:
            object.__setattr__(self, "crs_labels", labels)
        if sorted(self.crs_labels) != sorted(labels):
            raise ValueError(f"CRS order {self.crs_labels} does not name the axes {labels}")

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """Axis labels in grid order."""
        return tuple(axis.label for axis in self.axes)

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """Cells along each axis, in grid order."""
        return tuple(axis.size for axis in self.axes)

    @property
    def cell_count(self) -> int:
        """Cells in all."""
        count = 1
        for axis in self.axes:
            count *= axis.size
        return count

    @cached_property
    def crs_axes(self) -> tuple[Axis, ...]:
        """The axes in CRS order."""
        return tuple(self.axes[self.labels.index(label)] for label in self.crs_labels)

    @cached_property
    def crs_components(self) -> tuple[Crs, ...]:
        """The single CRSs of the axes, in CRS order, each once."""
        return tuple(dict.fromkeys(axis.crs for axis in self.crs_axes if axis.crs is not None))

    @cached_property
    def crs(self) -> Crs | None:
        """The CRS of the whole domain: single, compound, or none at all.

        A component that lost all its axes by slicing is gone; one that lost some stays whole.
        """
        parts = self.crs_components
        return compound_crs(parts) if parts else None

    def index(self, label: str) -> int:
        """The position of the axis ``label`` in grid order; synonyms of labels are understood.

        Raises
        ------
        InvalidAxisLabel
            When the domain has no such axis.
        """
        labels = self.labels
        if label in labels:
            return labels.index(label)
        for position, own in enumerate(labels):
            if same_label(own, label):
                return position
        raise InvalidAxisLabel(f"no axis '{label}'; {suggest(label, labels)}", locator=label)

    def axis(self, label: str) -> Axis:
        """The axis ``label``; raises InvalidAxisLabel."""
        return self.axes[self.index(label)]

    def role_index(self, role: Role) -> int | None:
        """The grid position of the first axis of this role, or None."""
        return next((i for i, axis in enumerate(self.axes) if axis.role is role), None)

    @cached_property
    def horizontal(self) -> tuple[int, int] | None:
        """Grid positions (x, y) of two regular axes of one horizontal CRS, or None."""
        x, y = self.role_index(Role.X), self.role_index(Role.Y)
        if x is None or y is None:
            return None
        first, second = self.axes[x], self.axes[y]
        regular = isinstance(first, RegularAxis) and isinstance(second, RegularAxis)
        return (x, y) if regular and first.crs is not None and first.crs == second.crs else None

    def require_horizontal(self) -> tuple[int, int]:
        """Grid positions (x, y); raises CoverageUnusable where there are none."""
        found = self.horizontal
        if found is None:
            raise CoverageUnusable(
                "this needs regular x and y axes in one horizontal CRS; "
                f"the axes are {', '.join(self.labels) or 'none'}"
            )
        return found

    @property
    def horizontal_crs(self) -> Crs | None:
        """The CRS of the x and y axes, or None."""
        found = self.horizontal
        return self.axes[found[0]].crs if found else None

    @property
    def horizontal_bounds(self) -> tuple[float, float, float, float]:
        """Outer edges (min x, min y, max x, max y) [CRS units]; raises CoverageUnusable."""
        x, y = (self.axes[i] for i in self.require_horizontal())
        return (x.low, y.low, x.high, y.high)

    def envelope(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Lower and upper corner in CRS order [axis units]."""
        return tuple(a.low for a in self.crs_axes), tuple(a.high for a in self.crs_axes)

    def replaced(self, changes: dict[int, Axis]) -> Domain:
        """The domain with the axes at some grid positions exchanged for others."""
        renamed = {self.axes[i].label: axis.label for i, axis in changes.items()}
        axes = tuple(changes.get(i, axis) for i, axis in enumerate(self.axes))
        return Domain(axes, tuple(renamed.get(label, label) for label in self.crs_labels))

    def without(self, positions: frozenset[int]) -> Domain:
        """The domain without the axes at these grid positions."""
        axes = tuple(axis for i, axis in enumerate(self.axes) if i not in positions)
        kept = {axis.label for axis in axes}
        return Domain(axes, tuple(label for label in self.crs_labels if label in kept))

    @property
    def subtype(self) -> str:
        """The coverage subtype its axes make it: Rectified, Referenceable or plain GridCoverage."""
        if any(isinstance(axis, IrregularAxis) for axis in self.axes):
            return "ReferenceableGridCoverage"
        if self.axes and all(isinstance(axis, IndexAxis) for axis in self.axes):
            return "GridCoverage"
        return "RectifiedGridCoverage"
