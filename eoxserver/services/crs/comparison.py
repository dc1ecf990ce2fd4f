# SPDX-License-Identifier: MIT
"""Whether two CRSs are one (``/def/equal``): coordinates and names of axes mean the same in both."""

from __future__ import annotations

from eoxserver.core.crs import Crs, same_crs
from eoxserver.services.ows.xml import DECLARATION, element

__all__ = ["comparison_result", "difference"]

NAMESPACE = "http://www.opengis.net/crs-nts/1.0"


def difference(a: Crs, b: Crs) -> str | None:
    """What tells two CRSs apart, in words; None when nothing does."""
    if a == b:
        return None
    if len(a.axes) != len(b.axes):
        return (
            f"the one has {len(a.axes)} axes ({', '.join(a.labels)}), the other {len(b.axes)} ({', '.join(b.labels)})"
        )
    for place, (mine, yours) in enumerate(zip(a.axes, b.axes, strict=True), 1):
        for what in ("direction", "unit", "label"):
            one, other = getattr(mine, what), getattr(yours, what)
            if one != other:
                return f"axis {place} has the {what} '{one}' in the one, '{other}' in the other"
    if len(a.components) != len(b.components):
        return f"the one has {len(a.components)} components, the other {len(b.components)}"
    for mine_part, yours_part in zip(a.components, b.components, strict=True):
        if not _same(mine_part, yours_part):
            return f"{mine_part.short} and {yours_part.short} are defined differently"
    return None


def comparison_result(a: Crs, b: Crs) -> bytes:
    """The document that says whether two CRSs are equal, and why (not)."""
    found = difference(a, b)
    if found is None:
        found = "both are the same CRS" if a == b else "axes and definitions are the same"
        equal = "true"
    else:
        equal = "false"
    return (
        f'{DECLARATION}<crsnts:comparisonResult xmlns:crsnts="{NAMESPACE}">{element("crsnts:equal", equal)}'
        f"{element('crsnts:reason', found)}</crsnts:comparisonResult>\n"
    ).encode()


def _same(a: Crs, b: Crs) -> bool:
    """Whether two single CRSs with equal axes are defined alike."""
    if same_crs(a, b):
        return True
    if a.time is not None or b.time is not None:
        return a.time == b.time
    if a.wkt is None or b.wkt is None:
        return a.kind == b.kind == "index"
    return bool(a.to_pyproj().equals(b.to_pyproj()))
