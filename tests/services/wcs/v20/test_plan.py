# SPDX-License-Identifier: MIT
from __future__ import annotations

from collections.abc import Callable

import pytest

from eoxserver.core.coverage import Coverage
from eoxserver.core.crs import parse_crs
from eoxserver.core.errors import (
    CoverageUnusable,
    EOxServerError,
    IllegalFieldSequence,
    InterpolationNotSupported,
    InvalidAxisLabel,
    InvalidSubsetting,
    NoSuchField,
    OutputCrsNotSupported,
    ScaleAxisUndefined,
    SubsettingCrsNotSupported,
    UnsupportedCombination,
)
from eoxserver.core.selection import Slice, Trim
from eoxserver.query.plan import (
    Extent,
    Factor,
    Interpolation,
    Node,
    Read,
    Reproject,
    Scale,
    Select,
    Size,
    SubsetNode,
)
from eoxserver.services.ows.kvp import Params
from eoxserver.services.wcs.v20.decode import decode_get_coverage
from eoxserver.services.wcs.v20.plan import plan_coverage
from tests.services.wcs.v20.coverages import airtemp, eobs, four, irr, pixels, raster, rgb

OFFERED = tuple(parse_crs(f"EPSG:{code}") for code in (4326, 3857, 3035))


def plan(coverage: Coverage, *pairs: tuple[str, str]) -> Node:
    request = decode_get_coverage(Params([("coverageId", coverage.identifier), *pairs]))
    return plan_coverage(request, coverage, OFFERED)


def test_nothing_asked_is_everything_read() -> None:
    assert plan(airtemp()) == Read("airtemp")


def test_the_steps_nest_in_the_order_of_the_extensions() -> None:
    node = plan(
        eobs(),
        ("outputCrs", "EPSG:3857"),
        ("scaleSize", "Lat(10)"),
        ("rangeSubset", "tg"),
        ("subset", 't("1950-01-02")'),
    )
    expected: Node = SubsetNode(Read("eobs"), (Slice("t", "1950-01-02"),))
    expected = Scale(Select(expected, (0,)), (Size("Lat", 10),))
    assert node == Reproject(expected, parse_crs("EPSG:3857"), None, Interpolation.NEAREST)


def test_fields_come_in_the_order_asked_for() -> None:
    assert plan(rgb(), ("rangeSubset", "blue,red:green")) == Select(Read("rgb"), (2, 0, 1))
    assert plan(rgb(), ("rangeSubset", "2,0:1")) == Select(Read("rgb"), (2, 0, 1))


def test_the_subsetting_crs_goes_with_the_subset() -> None:
    node = plan(
        airtemp(),
        ("subset", "Lat(-1013000,-1000000)"),
        ("subset", "Long(12500000,12600000)"),
        ("subsettingCrs", "http://www.opengis.net/def/crs/EPSG/0/3857"),
    )
    trims = (Trim("Lat", "-1013000", "-1000000"), Trim("Long", "12500000", "12600000"))
    assert node == SubsetNode(Read("airtemp"), trims, parse_crs("EPSG:3857"))


def test_a_factor_for_all_axes_leaves_irregular_ones_alone() -> None:
    assert plan(irr(), ("scaleFactor", "2")) == Scale(Read("irr"), (Factor("Y", 2), Factor("X", 2)))
    assert plan(eobs(), ("subset", "t(127470)"), ("scaleFactor", "2")) == Scale(
        SubsetNode(Read("eobs"), (Slice("t", "127470"),)), (Factor("Lat", 2), Factor("Long", 2))
    )


def test_scale_targets() -> None:
    assert plan(airtemp(), ("scaleExtent", "Long(0:99),Lat(0:49)")) == Scale(
        Read("airtemp"), (Extent("Long", 0, 99), Extent("Lat", 0, 49))
    )
    assert plan(airtemp(), ("scaleSize", "Lon(10)")) == Scale(Read("airtemp"), (Size("Long", 10),))


def test_the_own_crs_as_output_crs_changes_nothing() -> None:
    assert plan(airtemp(), ("outputCrs", "EPSG:4326")) == Read("airtemp")
    assert plan(eobs(), ("outputCrs", "EPSG:4326")) == Read("eobs")
    line = plan(airtemp(), ("subset", "Lat(-10)"), ("outputCrs", "EPSG:4326"))
    assert line == SubsetNode(Read("airtemp"), (Slice("Lat", "-10"),))
    utm = raster(parse_crs("EPSG:32633"))
    assert plan(utm, ("outputCrs", "EPSG:32633")) == Read(utm.identifier)


def test_interpolation_belongs_to_the_output_crs() -> None:
    node = plan(airtemp(), ("outputCrs", "EPSG:3857"), ("interpolation", "cubic"))
    assert node == Reproject(Read("airtemp"), parse_crs("EPSG:3857"), None, Interpolation.CUBIC)
    assert plan(airtemp(), ("interpolation", "cubic")) == Read("airtemp")


def test_columns_and_rows_of_a_grid_of_pixels_have_two_names() -> None:
    for x, y in (("i", "j"), ("x", "y")):
        node = plan(pixels(), ("subset", f"{x}(1,2)"), ("subset", f"{y}(3)"))
        assert node == SubsetNode(Read("pixels"), (Trim("i", "1", "2"), Slice("j", "3")))


@pytest.mark.parametrize(
    ("make", "pairs", "error", "locator"),
    [
        (airtemp, [("subset", "h(1)")], InvalidAxisLabel, "h"),
        (airtemp, [("subset", "x(1)")], InvalidAxisLabel, "x"),
        (airtemp, [("subset", "Lat(-10)"), ("subset", "Lat(-11)")], InvalidAxisLabel, "Lat"),
        (airtemp, [("subset", "Long(156.3)")], InvalidSubsetting, "Long"),
        (airtemp, [("subset", "Long(113,112)")], InvalidSubsetting, "Long"),
        (airtemp, [("subset", "Long(a,b)")], InvalidSubsetting, "Long"),
        (irr, [("subset", 'ansi("2008-01-02")')], InvalidSubsetting, "ansi"),
        (irr, [("subset", 'ansi("2008-99-02")')], InvalidSubsetting, "ansi"),
        (airtemp, [("rangeSubset", "nir")], NoSuchField, "nir"),
        (airtemp, [("rangeSubset", "1")], NoSuchField, "1"),
        (rgb, [("rangeSubset", "green:red")], IllegalFieldSequence, "green:red"),
        (airtemp, [("scaleAxes", "h(2)")], ScaleAxisUndefined, "h"),
        (airtemp, [("subset", "Lat(-10)"), ("scaleAxes", "Lat(2)")], ScaleAxisUndefined, "Lat"),
        (airtemp, [("scaleSize", "Long(2),Lon(3)")], InvalidAxisLabel, "Long"),
        (irr, [("scaleSize", "ansi(2)")], CoverageUnusable, "ansi"),
        (four, [("subset", "Lat(1)"), ("subset", "Long(1)"), ("scaleFactor", "2")], CoverageUnusable, "scaleFactor"),
        (airtemp, [("scaleFactor", "2"), ("interpolation", "cubic")], InterpolationNotSupported, "interpolation"),
        (
            airtemp,
            [("subset", "Long(12500000,12600000)"), ("subsettingCrs", "EPSG:3857")],
            InvalidSubsetting,
            "Long",
        ),
        (airtemp, [("subsettingCrs", "EPSG:32633")], SubsettingCrsNotSupported, "subsettingCrs"),
        (airtemp, [("outputCrs", "EPSG:32633")], OutputCrsNotSupported, "outputCrs"),
        (airtemp, [("outputCrs", "OGC/0/AnsiDate")], OutputCrsNotSupported, "outputCrs"),
        (irr, [("outputCrs", "EPSG:4326")], UnsupportedCombination, "outputCrs"),
        (airtemp, [("subset", "Lat(-10)"), ("outputCrs", "EPSG:3857")], UnsupportedCombination, "outputCrs"),
        (pixels, [("outputCrs", "EPSG:4326")], CoverageUnusable, "outputCrs"),
        (pixels, [("subsettingCrs", "EPSG:4326")], CoverageUnusable, "subsettingCrs"),
        (pixels, [("scaleFactor", "2")], CoverageUnusable, "scaleFactor"),
        (pixels, [("subset", "Lat(1,2)")], InvalidAxisLabel, "Lat"),
    ],
)
def test_what_cannot_be_planned(
    make: Callable[[], Coverage], pairs: list[tuple[str, str]], error: type[EOxServerError], locator: str
) -> None:
    with pytest.raises(error) as caught:
        plan(make(), *pairs)
    assert type(caught.value) is error
    assert caught.value.locator == locator


def test_refused_crss_name_what_is_offered() -> None:
    with pytest.raises(OutputCrsNotSupported, match=r"EPSG:32633.*EPSG:4326, EPSG:3857, EPSG:3035"):
        plan(airtemp(), ("outputCrs", "EPSG:32633"))
