# SPDX-License-Identifier: MIT
"""Requests of WCS-T in key-value pairs, by GET or in the form of a POST."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TypeAlias

from eoxserver.core.crs import ParseCrs, parse_crs
from eoxserver.core.errors import (
    EmptyCoverageIdList,
    InvalidParameterValue,
    InvalidRequest,
    MissingParameterValue,
    OperationNotSupported,
)
from eoxserver.services.ows.kvp import Params
from eoxserver.services.ows.subset import subset
from eoxserver.services.wcst.errors import TransactionError
from eoxserver.services.wcst.fields import pixel_types
from eoxserver.services.wcst.requests import (
    CoverageInput,
    DeleteCoverage,
    DeleteScaleLevel,
    InsertCoverage,
    InsertScaleLevel,
    UpdateCoverage,
)
from eoxserver.services.wcst.tiling import tiling

__all__ = ["OPERATIONS", "Transaction", "decode_transaction", "listed"]

Transaction: TypeAlias = InsertCoverage | UpdateCoverage | DeleteCoverage | InsertScaleLevel | DeleteScaleLevel

COMMON = frozenset({"service", "request", "version"})
_INPUTS = frozenset({"inputcoverage", "coverage", "inputcoverageref", "coverageref"})
_IGNORED = frozenset({"insitu", "blacklisted"})
"""What importers send for other servers."""
_VERSION = re.compile(r"2\.[0-9]+\.[0-9]+")
_LEVEL = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6})?")


def decode_transaction(params: Params, name: str, parse: ParseCrs = parse_crs) -> Transaction:
    """The request of an operation.

    Parameters
    ----------
    name : str
        One of ``OPERATIONS``.

    Raises
    ------
    EOxServerError
        InvalidRequest for unknown, doubled or conflicting keys, and others named for what is wrong.
    """
    version = params.require("version").strip()
    if not _VERSION.fullmatch(version):
        raise InvalidParameterValue(f"version '{version}' is not offered; available: 2.0.1", locator="version")
    return _DECODERS[name](params, parse)


def listed(params: Params, key: str) -> tuple[str, ...]:
    """The names in a list separated by commas, each once.

    Raises
    ------
    MissingParameterValue
        When the key is absent.
    EmptyCoverageIdList
        When it names none.
    """
    given = params.get(key)
    if given is None:
        raise MissingParameterValue(f"parameter '{key}' is missing", locator=key)
    names = tuple(dict.fromkeys(name.strip() for name in given.split(",") if name.strip()))
    if not names:
        raise EmptyCoverageIdList(f"parameter '{key}' names no coverage", locator=key)
    return names


def _insert(params: Params, _parse: ParseCrs) -> InsertCoverage:
    params.allow(COMMON | _INPUTS | _IGNORED | {"useid", "pixeldatatype", "tiling"})
    use = (params.get("useId") or "existing").strip().lower()
    if use not in ("new", "existing"):
        raise TransactionError(
            "WCSTUnknownUseId", f"useId '{params.get('useId')}' is not known; accepted: new, existing", locator="useId"
        )
    types, clause = params.get("pixelDataType") or "", params.get("tiling") or ""
    return InsertCoverage(
        coverage=_input(params, ("inputCoverage", "coverage"), ("inputCoverageRef", "coverageRef")),
        new_id=use == "new",
        pixel_types=pixel_types(types) if types.strip() else (),
        tiling=tiling(clause) if clause.strip() else None,
    )


def _update(params: Params, parse: ParseCrs) -> UpdateCoverage:
    known = {"coverageid", "subset", "maskgrid", "maskgridref", "rangecomponent", "pixeldatatype", "tiling", "useid"}
    params.allow(COMMON | _INPUTS | _IGNORED | known)
    if params.get("rangeComponent"):
        raise OperationNotSupported(
            "rangeComponent is not supported: an update writes all fields", locator="rangeComponent"
        )
    masked = any((params.get(key) or "").strip() for key in ("maskGrid", "maskGridRef"))
    return UpdateCoverage(
        coverage_id=params.require("coverageId").strip(),
        coverage=_input(params, ("inputCoverage", "coverage"), ("inputCoverageRef", "coverageRef")),
        subsets=tuple(subset(text, parse) for text in params.all("subset")),
        mask=_input(params, ("maskGrid",), ("maskGridRef",)) if masked else None,
    )


def _delete(params: Params, _parse: ParseCrs) -> DeleteCoverage:
    params.allow(COMMON | {"coverageid"})
    return DeleteCoverage(listed(params, "coverageId"))


def _insert_level(params: Params, _parse: ParseCrs) -> InsertScaleLevel:
    return InsertScaleLevel(*_level(params))


def _delete_level(params: Params, _parse: ParseCrs) -> DeleteScaleLevel:
    return DeleteScaleLevel(*_level(params))


def _level(params: Params) -> tuple[str, float]:
    params.allow(COMMON | {"coverageid", "level"})
    identifier, text = params.require("coverageId").strip(), params.require("level").strip()
    if not _LEVEL.fullmatch(text) or float(text) <= 1:
        raise InvalidParameterValue(f"level '{text}' is not a number greater than 1", locator="level")
    return identifier, float(text)


def _input(params: Params, texts: tuple[str, ...], references: tuple[str, ...]) -> CoverageInput:
    """A coverage by its text or a reference, each under any of its names."""
    given = [
        (key, key in references, value)
        for key in (*texts, *references)
        if (value := params.get(key)) is not None and value.strip()
    ]
    if not given:
        raise TransactionError(
            "WCSTMissingCoverageParameter",
            f"neither '{texts[0]}' nor '{references[0]}' is given; one of them is needed",
            locator=texts[0],
        )
    if len(given) > 1:
        names = " and ".join(f"'{key}'" for key, _, _ in given)
        raise InvalidRequest(f"{names} exclude each other; give one of them", locator=given[1][0])
    _, is_reference, value = given[0]
    return CoverageInput(reference=value.strip()) if is_reference else CoverageInput(text=value)


_DECODERS: Mapping[str, Callable[[Params, ParseCrs], Transaction]] = {
    "InsertCoverage": _insert,
    "UpdateCoverage": _update,
    "DeleteCoverage": _delete,
    "InsertScaleLevel": _insert_level,
    "DeleteScaleLevel": _delete_level,
}
OPERATIONS = tuple(_DECODERS)
"""Names of the operations."""
