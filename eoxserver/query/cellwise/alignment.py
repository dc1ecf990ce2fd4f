# SPDX-License-Identifier: MIT
"""Which grid computed cells have (WCPS specification, section 4.1).

Coverages go together when they have as many axes, as many cells along each, the same coefficients on irregular axes and
the same CRS, wherever they begin. The first of them gives the result its domain and its metadata. What has no axes of
its own goes with any grid. Iterators are told apart by name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from eoxserver.core.axes import Axis, IndexAxis, IrregularAxis, Role
from eoxserver.core.crs import same_crs, same_horizontal
from eoxserver.core.domain import Domain
from eoxserver.core.errors import WcpsSemanticError
from eoxserver.query.cellwise.expressions import Key
from eoxserver.query.plan import Iterator
from eoxserver.query.steps import Step

__all__ = ["Aligned", "align", "keys_of", "same_reference"]

SAME_PLACE = 1e-9
"""Coefficients that differ by less are the same, relative to the distance between neighbours."""


@dataclass(frozen=True, slots=True)
class Aligned:
    """What coverages that go together have in common."""

    first: Step
    """Gives the result its metadata."""
    domain: Domain
    iterators: tuple[Iterator, ...]

    @property
    def keys(self) -> tuple[Key, ...]:
        """The axes, as expressions know them."""
        own = len(self.domain.axes) - len(self.iterators)
        return (*(iterator.name for iterator in self.iterators), *range(own))


def keys_of(step: Step) -> tuple[Key, ...]:
    """The axes of a step, as expressions know them."""
    return Aligned(step, step.domain, step.iterators).keys


def align(steps: Sequence[Step], what: str) -> Aligned:
    """Find the common grid of some steps, at least one.

    Parameters
    ----------
    what : str
        Of which they are the operands, for messages.

    Raises
    ------
    WcpsSemanticError
        When there is none.
    """
    coverages = [step for step in steps if len(step.domain.axes) > len(step.iterators)]
    first = coverages[0] if coverages else next((step for step in steps if step.coverage.identifier), steps[0])
    for other in coverages[1:]:
        _check(first, other, what)
    iterators: dict[str, Iterator] = {}
    for step in steps:
        for iterator in step.iterators:
            known = iterators.setdefault(iterator.name, iterator)
            if known.size != iterator.size:
                raise WcpsSemanticError(
                    f"iterator {iterator.name} has {known.size} places and {iterator.size}", locator=iterator.name
                )
    names = tuple(iterators)
    if names == tuple(iterator.name for iterator in first.iterators):
        return Aligned(first, first.domain, first.iterators)
    lifted = {axis.label: axis for step in steps for axis in step.domain.axes[: len(step.iterators)]}
    own = first.own_domain
    domain = Domain((*(lifted[name] for name in names), *own.axes), (*names, *own.crs_labels))
    return Aligned(first, domain, tuple(iterators.values()))


def _check(first: Step, other: Step, what: str) -> None:
    """Refuse coverages that do not go together."""
    a, b = first.own_domain, other.own_domain
    if a is b:
        return
    if a.shape != b.shape:
        raise _unlike(what, a, b, "their sizes differ; trim or scale one to the grid of the other")
    for mine, theirs in zip(a.axes, b.axes, strict=True):
        reason = _unlike_axes(mine, theirs)
        if reason:
            raise _unlike(what, a, b, reason)


def _unlike_axes(mine: Axis, theirs: Axis) -> str:
    """Why two axes do not go together; empty when they do."""
    if not same_reference(mine, theirs):
        names = ["no CRS" if axis.crs is None else axis.crs.short for axis in (mine, theirs)]
        return f"axis {mine.label} is in {names[0]}, axis {theirs.label} in {names[1]}; transform one of them first"
    if mine.role is not theirs.role and Role.OTHER not in (mine.role, theirs.role):
        return f"axis {mine.label} meets axis {theirs.label}: their axes stand in another order"
    if isinstance(mine, IrregularAxis) != isinstance(theirs, IrregularAxis):
        return f"axis {mine.label} of one of them is irregular, that of the other is not"
    if isinstance(mine, IrregularAxis) and isinstance(theirs, IrregularAxis):
        steps = np.abs(np.diff(mine.coefficients))
        slack = SAME_PLACE * max(1.0, float(steps.min()) if steps.size else 1.0)
        if not np.allclose(mine.coefficients, theirs.coefficients, rtol=0, atol=slack):
            return f"their coefficients on the irregular axis {mine.label} differ"
    return ""


def same_reference(a: Axis, b: Axis) -> bool:
    """Whether coordinates on both axes mean the same; those that count cells do."""
    if _counts(a) or _counts(b):
        return _counts(a) and _counts(b)
    if a.crs is None or b.crs is None:
        return a.crs is b.crs
    horizontal = a.crs.horizontal is not None and b.crs.horizontal is not None
    return same_crs(a.crs, b.crs) or (horizontal and same_horizontal(a.crs, b.crs))


def _counts(axis: Axis) -> bool:
    return axis.crs.kind == "index" if axis.crs is not None else isinstance(axis, IndexAxis)


def _unlike(what: str, a: Domain, b: Domain, reason: str) -> WcpsSemanticError:
    return WcpsSemanticError(
        f"the operands of {what} are incompatible: {_shown(a)} and {_shown(b)}; {reason}",
        locator=what.strip("'"),
    )


def _shown(domain: Domain) -> str:
    return " x ".join(f"{axis.label} {axis.size}" for axis in domain.axes)
