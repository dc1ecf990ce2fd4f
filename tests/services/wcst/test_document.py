# SPDX-License-Identifier: MIT
from __future__ import annotations

import numpy as np
import pytest

from eoxserver.core.axes import IndexAxis, IrregularAxis, RegularAxis
from eoxserver.core.crs import parse_crs
from eoxserver.core.fields import NilValue
from eoxserver.services.wcst.document import Document, read_document
from eoxserver.services.wcst.errors import TransactionError
from eoxserver.services.wcst.rangeset import TupleCells
from tests.services.wcst import documents
from tests.services.wcst.documents import ROOT

VALUES = documents.cells("1,2,3,4,5,6")


def read(text: str) -> Document:
    return read_document(text.encode(), parse_crs)


def test_grid_of_indices() -> None:
    document = read(documents.index2d().replace("<gml:low>0 0<", "<gml:low>5 -1<").replace("high>1 2<", "high>6 1<"))
    first, second = document.domain.axes
    assert isinstance(first, IndexAxis)
    assert isinstance(second, IndexAxis)
    assert (first.first, first.size, second.first, second.size) == (5, 2, -1, 3)


@pytest.mark.parametrize("order", ["Lat Long", "Long Lat"])
def test_rectified_grid(order: str) -> None:
    domain = read(documents.grid2d(VALUES, shape=(2, 3), grid_order=order)).domain
    assert domain.labels == tuple(order.split())
    assert domain.crs_labels == ("Lat", "Long")
    latitude = domain.axis("Lat")
    assert isinstance(latitude, RegularAxis)
    assert (latitude.origin, latitude.step, latitude.size) == (49.75, -0.5, 2)
    assert domain.horizontal_bounds == (10, 49, 11.5, 50)


def test_labels_of_the_coverage_win() -> None:
    domain = read(documents.grid2d(VALUES, shape=(2, 3)).replace('"Lat Long"', '"y x"')).domain
    assert domain.labels == ("y", "x")
    assert domain.horizontal is not None
    one = documents.grid2d(VALUES).replace('axisLabels="Lat Long"', 'axisLabels="Lat Lat"')
    with pytest.raises(TransactionError, match="Lat Lat"):
        read(one)


@pytest.mark.parametrize(
    ("coefficients", "expected"),
    [
        (None, [148654.0, 148656.0]),
        ("0 2", [148654.0, 148656.0]),
        ("148654 148656", [148654.0, 148656.0]),
        ("148654 148656.5", [148654.0, 148656.5]),
    ],
)
def test_coefficients_are_relative_or_absolute(coefficients: str | None, expected: list[float]) -> None:
    text = documents.cube(VALUES, ("2008-01-01", "2008-01-03"), coefficients=coefficients)
    axis = read(text).domain.axis("ansi")
    assert isinstance(axis, IrregularAxis)
    np.testing.assert_array_equal(axis.coefficients, expected)
    assert axis.crs == parse_crs("http://www.opengis.net/def/crs/OGC/0/AnsiDate")


@pytest.mark.parametrize("coefficients", ["0", "0 1 2", "0 0", '"2008-01-01" "soon"', "0 -1 1"])
def test_wrong_coefficients(coefficients: str) -> None:
    with pytest.raises(TransactionError):
        read(documents.cube(VALUES, ("2008-01-01", "2008-01-03"), coefficients=coefficients))


def test_fields() -> None:
    inner = (
        "<swe:label>Long name</swe:label><swe:nilValues><swe:NilValues><swe:nilValue reason='a'>-1</swe:nilValue>"
        "<swe:nilValue reason='b'>-9:-5, *:-100</swe:nilValue><swe:nilValue>nan</swe:nilValue></swe:NilValues>"
        "</swe:nilValues><swe:constraint><swe:AllowedValues><swe:interval>0 10</swe:interval></swe:AllowedValues>"
        "</swe:constraint>"
    )
    text = documents.index2d(fields=documents.field("a", "signedShort", inner, "K") + documents.field("b"))
    a, b = read(text).fields
    assert (a.dtype, a.unit, a.label, a.intervals) == (np.dtype("int16"), "K", "Long name", ((0, 10),))
    nil = (NilValue(-1.0, None, "a"), NilValue(-9.0, -5.0, "b"), NilValue(-np.inf, -100.0, "b"), NilValue(np.nan))
    assert a.nil == nil
    assert b.dtype is None
    other = documents.field("c").replace("<swe:Quantity>", '<swe:Quantity definition="http://x.example/temperature">')
    assert read(documents.index2d(fields=other)).fields[0].definition == "http://x.example/temperature"


@pytest.mark.parametrize(
    "fields",
    [
        "", documents.field("a") * 2, documents.field("a b"), documents.field("1"),
        documents.field(inner="<swe:nilValues><swe:NilValues><swe:nilValue>x</swe:nilValue></swe:NilValues></swe:nilValues>"),
        documents.field(inner="<swe:nilValues><swe:NilValues><swe:nilValue>5:1</swe:nilValue></swe:NilValues></swe:nilValues>"),
    ],
)  # fmt: skip
def test_wrong_fields(fields: str) -> None:
    with pytest.raises(TransactionError):
        read(documents.index2d(fields=fields))


@pytest.mark.parametrize("upper", [True, False])
def test_general_grids(upper: bool) -> None:
    """CIS 1.1, with names of elements as servers write them: upper or lower camel case."""
    text = (
        '<c:GeneralGridCoverage xmlns:c="http://www.opengis.net/cis/1.1/gml" '
        'xmlns:gml="http://www.opengis.net/gml/3.2" '
        f'xmlns:swe="http://www.opengis.net/swe/2.0" gml:id="cube"><c:DomainSet><c:GeneralGrid '
        f'srsName="{documents.CUBE_CRS}" axisLabels="ansi Lat Long">'
        '<c:IrregularAxis axisLabel="ansi" uomLabel="d"><c:C>"2008-01-01"</c:C><c:C>148656</c:C></c:IrregularAxis>'
        '<c:RegularAxis axisLabel="Lat" uomLabel="degree" lowerBound="48" upperBound="50" resolution="-1"/>'
        '<c:RegularAxis axisLabel="Long" uomLabel="degree" lowerBound="10" upperBound="13" resolution="1"/>'
        f'<c:GridLimits srsName="{ROOT}/OGC/0/Index3D" axisLabels="i j k">'
        '<c:IndexAxis axisLabel="i" lowerBound="0" upperBound="1"/><c:IndexAxis axisLabel="j" lowerBound="0" '
        'upperBound="1"/><c:IndexAxis axisLabel="k" lowerBound="0" upperBound="2"/></c:GridLimits></c:GeneralGrid>'
        f"</c:DomainSet><c:RangeSet><c:DataBlock>{''.join(f'<c:V>{n}</c:V>' for n in range(12))}</c:DataBlock>"
        f"</c:RangeSet><c:RangeType><swe:DataRecord>{documents.FIELD}</swe:DataRecord></c:RangeType>"
        "</c:GeneralGridCoverage>"
    )
    if not upper:
        for name in ("DomainSet", "RangeSet", "RangeType", "GeneralGrid ", "RegularAxis", "C>", "DataBlock"):
            for start in ("<c:", "</c:"):
                text = text.replace(f"{start}{name}", f"{start}{name[0].lower()}{name[1:]}")
        text = text.replace("</c:GeneralGrid>", "</c:generalGrid>")
    document = read(text)
    assert document.domain == read(documents.cube(VALUES, ("2008-01-01", "2008-01-03"))).domain
    assert isinstance(document.cells, TupleCells)
    source = document.cells.source(document.domain.shape, [document.fields[0].field(np.dtype("uint8"))])
    assert source.values.ravel().tolist() == list(range(12))
    for wrong in ('upperBound="50.3"', 'upperBound="47"'):
        with pytest.raises(TransactionError):
            read(text.replace('upperBound="50"', wrong))
    with pytest.raises(TransactionError, match="limits"):
        read(text.replace('upperBound="2"', 'upperBound="3"'))
