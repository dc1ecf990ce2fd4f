# SPDX-License-Identifier: MIT
from __future__ import annotations

import numpy as np
import pytest

from eoxserver.core.errors import EOxServerError, InvalidRequest
from eoxserver.core.subsets import Slice, Trim
from eoxserver.services.ows.kvp import Params
from eoxserver.services.wcst.decode import decode_transaction
from eoxserver.services.wcst.requests import (
    CoverageInput,
    DeleteCoverage,
    InsertCoverage,
    InsertScaleLevel,
    UpdateCoverage,
)
from eoxserver.services.wcst.tiling import Tiling


def decode(name: str, *pairs: tuple[str, str], version: str = "2.0.1") -> object:
    return decode_transaction(Params([("service", "WCS"), ("version", version), ("request", name), *pairs]), name)


def test_requests() -> None:
    assert decode("InsertCoverage", ("INPUTCOVERAGE", "<a/>")) == InsertCoverage(CoverageInput("<a/>"))
    pairs = (("coverageRef", "file:///a"), ("useId", "NEW"), ("pixelDataType", "Byte, cint16"), ("tiling", "[9,9]"))
    types = (np.dtype("uint8"), np.dtype("complex64"))
    assert decode("InsertCoverage", *pairs) == InsertCoverage(
        CoverageInput(reference="file:///a"), True, types, Tiling("aligned", (9, 9))
    )
    subsets = (("subset", "i(0,5)"), ("subset", 'ansi("2008-01-01")'))
    assert decode("UpdateCoverage", ("coverageId", "a"), ("coverage", "<a/>"), ("maskGridRef", "b"), *subsets) == (
        UpdateCoverage(
            "a", CoverageInput("<a/>"), (Trim("i", "0", "5"), Slice("ansi", "2008-01-01")), CoverageInput(reference="b")
        )
    )
    assert decode("DeleteCoverage", ("coverageId", "a, b,,a")) == DeleteCoverage(("a", "b"))
    assert decode("InsertScaleLevel", ("coverageId", "a"), ("level", "2.45")) == InsertScaleLevel("a", 2.45)


@pytest.mark.parametrize("version", ["2.0.0", "2.0.1", "2.1.0"])
def test_versions(version: str) -> None:
    assert decode("DeleteCoverage", ("coverageId", "a"), version=version) == DeleteCoverage(("a",))
    with pytest.raises(EOxServerError):
        decode("DeleteCoverage", ("coverageId", "a"), version=f"1{version[1:]}")


@pytest.mark.parametrize(
    "pairs",
    [
        (("coverage", "a"), ("inputCoverage", "b")),
        (("coverageRef", "a"), ("inputCoverage", "b")),
        (("coverageRef", "a"), ("coverageRef", "b")),
        (("coverage", "a"), ("useid", "new"), ("useId", "new")),
        (("coverage", "a"), ("colour", "red")),
    ],
)
def test_conflicts(pairs: tuple[tuple[str, str], ...]) -> None:
    with pytest.raises(InvalidRequest):
        decode("InsertCoverage", *pairs)
