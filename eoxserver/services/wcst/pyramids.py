# SPDX-License-Identifier: MIT
"""Pyramids by requests: members are made by scaling a coverage down, or are coverages that are there."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from eoxserver.core.axes import Axis, IndexAxis, IrregularAxis, RegularAxis
from eoxserver.core.coordinates import number_text, parse_number
from eoxserver.core.coverage import Coverage
from eoxserver.core.domain import Domain, same_label
from eoxserver.core.errors import EOxServerError, InvalidParameterValue
from eoxserver.core.subsets import Trim
from eoxserver.query.plan import Factor, Node, Read, Scale, Size, SubsetNode

if TYPE_CHECKING:
    from eoxserver.services.context import ServiceContext

__all__ = ["Pyramids", "scale_vector"]

log = logging.getLogger(__name__)

TOLERANCE = 1e-6
"""How far the factors of axes may be from what resolutions say."""


def scale_vector(text: str) -> tuple[float, ...]:
    """The factors in ``1,4,4``; raises InvalidParameterValue."""
    factors = tuple(parse_number(part) for part in text.split(","))
    found = tuple(factor for factor in factors if factor is not None and factor >= 1)
    if len(found) != len(factors):
        raise InvalidParameterValue(
            f"scaleVector '{text}' is no list of factors from 1 on, as 1,4,4", locator="scaleVector"
        )
    return found


class Pyramids:
    """Makes, links and unlinks members."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context
        self._pyramids = context.pyramids

    def create(self, identifier: str, member: str, factors: Sequence[float]) -> None:
        """Make a member by taking every so many cells.

        Raises
        ------
        NoSuchCoverage, CoverageExists
        InvalidParameterValue
            When there are more or fewer factors than axes, or an irregular axis has another one than 1.
        LimitExceeded
            When the member is larger than results may be.
        """
        base = self._context.catalogue.coverage(identifier)
        axes = base.domain.crs_axes
        if len(factors) != len(axes):
            raise InvalidParameterValue(
                f"scaleVector has {len(factors)} factors; the axes are {', '.join(base.domain.crs_labels)}",
                locator="scaleVector",
            )
        for axis, factor in zip(axes, factors, strict=True):
            if not isinstance(axis, RegularAxis) and factor != 1:
                raise InvalidParameterValue(
                    f"scaleVector: axis {axis.label} is not regular; its factor must be 1", locator="scaleVector"
                )
        if all(factor == 1 for factor in factors):
            raise InvalidParameterValue("scaleVector: one factor must be greater than 1", locator="scaleVector")
        self._context.ingestion.check_identifier(member)
        state = self._pyramids.state(identifier)
        targets = tuple(
            Factor(axis.label, 1 / factor) for axis, factor in zip(axes, factors, strict=True) if factor != 1
        )
        scaled = self._context.engine.evaluate(Scale(Read(identifier), targets))
        made = replace(
            scaled, identifier=member, metadata=base.metadata, extra=base.extra, native_format=base.native_format
        )
        self._context.ingestion.insert(made)
        self._pyramids.add(identifier, {member: factors}, state)

    def add(self, identifier: str, members: Sequence[str], harvesting: bool) -> None:
        """Take coverages into a pyramid, and, for ``harvesting``, the members of theirs.

        Raises
        ------
        NoSuchCoverage
        InvalidParameterValue
            When one is the coverage itself, one of its members, has it as a member, or other axes, CRSs or fields.
        """
        state = self._pyramids.state(identifier)
        base = self._context.catalogue.coverage(identifier)
        known = {one.identifier for one in self._pyramids.members(identifier)}
        factors: dict[str, list[float]] = {}
        for name in self._harvested(members) if harvesting else members:
            if name in known and name not in members:
                continue
            member = self._context.catalogue.coverage(name)
            if name == identifier or identifier in self._harvested([name]):
                raise InvalidParameterValue(f"'{identifier}' cannot be below itself in a pyramid", locator=name)
            factors[name] = _factors(base, member)
        self._pyramids.add(identifier, factors, state)

    def follow(self, identifier: str, version: int, written: Domain) -> None:
        """Bring the members of a pyramid to a version of its base: the cells that come from those that were written.

        A member stays as it is, and is not read in place of its base any more, when it was out of step before, when the
        base has grown along an axis on which the member is coarser, or when others change the base at the same time.

        Parameters
        ----------
        version : int
            Made by one update.
        written : Domain
            The cells of it.
        """
        members = self._pyramids.members(identifier)
        if not members:
            return
        before = self._context.ingestion.version_before(identifier, version)
        state = self._pyramids.state(identifier)
        if before is None or not state.endswith(f"?version={version}"):
            return
        last = f"{state.rpartition('=')[0]}={before}"
        for member in members:
            if member.base_state == last:
                try:
                    if self._rewrite(identifier, member.identifier, written):
                        self._pyramids.follow(identifier, member.identifier, last, state)
                except EOxServerError as error:
                    log.warning("%s does not follow %s: %s", member.identifier, identifier, error.message)

    def _rewrite(self, identifier: str, member: str, written: Domain) -> bool:
        """Write the cells of a member that come from some of its base; False when they cannot be told."""
        base, coarse = self._context.catalogue.coverage(identifier), self._context.catalogue.coverage(member)
        finer = [a.label for a, b in zip(base.domain.axes, coarse.domain.axes, strict=True) if _step(a) != _step(b)]
        for label in finer:
            if not _same_extent(base.domain.axis(label), coarse.domain.axis(label)):
                return False
        subsets = tuple(
            Trim(axis.label, number_text(axis.low), number_text(axis.high))
            for axis in written.axes
            if axis.label not in finer
        )
        sizes = tuple(Size(label, coarse.domain.axis(label).size) for label in finer)
        plan: Node = Read(identifier)
        plan = Scale(SubsetNode(plan, subsets) if subsets else plan, sizes)
        self._context.ingestion.update(member, self._context.engine.evaluate(plan), keep=False)
        return True

    def remove(self, identifier: str, members: Sequence[str]) -> None:
        """Take coverages out of a pyramid; raises NoSuchCoverage, InvalidParameterValue for what is no member."""
        self._pyramids.remove(identifier, members)

    def listing(self, identifier: str) -> dict[str, Any]:
        """The members of a pyramid as values for JSON; raises NoSuchCoverage."""
        self._context.catalogue.coverage(identifier)
        members = [
            {"coverage": one.identifier, "scale": [_plain(factor) for factor in one.factors]}
            for one in self._pyramids.members(identifier)
        ]
        return {"coverage": identifier, "members": members}

    def _harvested(self, names: Sequence[str]) -> list[str]:
        """Coverages, their members, and theirs."""
        found: list[str] = []
        waiting = list(names)
        while waiting:
            name = waiting.pop(0)
            if name not in found:
                found.append(name)
                waiting += [one.identifier for one in self._pyramids.members(name)]
        return found


def _factors(base: Coverage, member: Coverage) -> list[float]:
    """Cells of a coverage per cell of another one along each axis, in CRS order."""
    axes, others = base.domain.crs_axes, member.domain.crs_axes
    same_labels = len(axes) == len(others) and all(
        same_label(a.label, b.label) for a, b in zip(axes, others, strict=True)
    )
    if not same_labels or any(a.crs != b.crs for a, b in zip(axes, others, strict=True)):
        raise _different(base, member, "axes or CRSs")
    if [field.dtype for field in base.range_type.fields] != [field.dtype for field in member.range_type.fields]:
        raise _different(base, member, "fields")
    return [_factor(base, member, axis, other) for axis, other in zip(axes, others, strict=True)]


def _factor(base: Coverage, member: Coverage, axis: Axis, other: Axis) -> float:
    match axis, other:
        case RegularAxis(), RegularAxis():
            factor = other.step / axis.step
            if factor < 1 - TOLERANCE:
                raise _different(base, member, f"a resolution along {axis.label} that is not coarser")
            return round(factor) if abs(factor - round(factor)) < TOLERANCE else factor
        case IndexAxis(), IndexAxis():
            same = (axis.first, axis.size) == (other.first, other.size)
        case IrregularAxis(), IrregularAxis():
            same = np.array_equal(axis.coordinates(), other.coordinates())
        case _:
            same = False
    if not same:
        raise _different(base, member, f"positions along {axis.label}")
    return 1.0


def _step(axis: Axis) -> float:
    return axis.step if isinstance(axis, RegularAxis) else 1.0


def _same_extent(one: Axis, other: Axis) -> bool:
    """Whether two regular axes have the same edges, within rounding."""
    close = TOLERANCE * abs(_step(one))
    return abs(one.low - other.low) <= close and abs(one.high - other.high) <= close


def _different(base: Coverage, member: Coverage, what: str) -> InvalidParameterValue:
    return InvalidParameterValue(
        f"'{member.identifier}' cannot be in the pyramid of '{base.identifier}': it has other {what}",
        locator=member.identifier,
    )


def _plain(factor: float) -> float | int:
    return int(factor) if factor == int(factor) else float(number_text(factor))
