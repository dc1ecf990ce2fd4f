# SPDX-License-Identifier: MIT
"""Rules for axes, as commands write them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from eoxserver.core.axes import IndexAxis, IrregularAxis, RegularAxis, Role
from eoxserver.core.coordinates import coordinate_text
from eoxserver.core.crs import parse_crs
from eoxserver.core.errors import InvalidParameterValue, RegistrationRefused
from eoxserver.resources.coverages.stacking.rules import FileFacts, parse_rule

FACTS = FileFacts(
    "t_20200105_850.tif", {"LEVEL": "500", "WHEN": "2020-02-03T04:05:06Z"}, datetime(2019, 1, 1, tzinfo=UTC), 3
)


@pytest.mark.parametrize(
    ("text", "kind", "position"),
    [
        (r"ansi=AnsiDate:regex(_(\d{8})_)", IrregularAxis, "2020-01-05T00:00:00.000Z"),
        (r"t=OGC/0/UnixTime:metadata(WHEN)", IrregularAxis, "2020-02-03T04:05:06.000Z"),
        ("ansi=AnsiDate", IrregularAxis, "2019-01-01T00:00:00.000Z"),
        ("ansi=AnsiDate:time/P1D", RegularAxis, "2019-01-01T00:00:00.000Z"),
        ("ansi=AnsiDate/0.25", RegularAxis, "2019-01-01T00:00:00.000Z"),
        ("h=:metadata(LEVEL)", IndexAxis, "500"),
        (r"h=EPSG:5714:regex(_(\d+)\.)", IrregularAxis, "850"),
        (r"h=:regex(_(\d+)\.)/-50", RegularAxis, "850"),
        ("k=", IndexAxis, "3"),
        ("k=:order", IndexAxis, "3"),
    ],
)
def test_where_a_file_lies(text: str, kind: type, position: str) -> None:
    axis = parse_rule(text, parse_crs).axis(FACTS)
    assert isinstance(axis, kind)
    assert axis.label == text.partition("=")[0]
    assert coordinate_text(axis, axis.coordinate(0)) == position
    assert axis.crs is not None
    assert axis.crs.axes[0].label == axis.label
    assert (axis.role is Role.T) == axis.crs.is_temporal


def test_steps() -> None:
    for text, step in (("ansi=AnsiDate/PT6H", 0.25), ("t=UnixTime/PT6H", 21600.0), ("k=/2", 2.0)):
        axis = parse_rule(text, parse_crs).axis(FACTS)
        assert isinstance(axis, RegularAxis)
        assert axis.step == step


def test_axes_of_the_files() -> None:
    regular = RegularAxis("time", 1, 2, 3)
    assert parse_rule("time", parse_crs).of_files(regular) == regular
    irregular = parse_rule("time/irregular", parse_crs)
    assert irregular.is_own
    assert irregular.of_files(regular).coordinates().tolist() == [1, 3, 5]
    assert isinstance(irregular.of_files(regular), IrregularAxis)


@pytest.mark.parametrize("text", ["", "1", "a b", "a=EPSG:4326", "a=:regex()", "a=:regex(()", "a=AnsiDate/0", "a=/P1D"])
def test_what_is_no_rule(text: str) -> None:
    with pytest.raises(InvalidParameterValue):
        parse_rule(text, parse_crs)


@pytest.mark.parametrize(
    "text", ["a=:regex(x(y))", "a=:metadata(NONE)", "a=:metadata(WHEN)", "a=AnsiDate:regex(_(850))"]
)
def test_a_place_that_is_not_found(text: str) -> None:
    facts = FileFacts(FACTS.name, FACTS.metadata, None, 0)
    with pytest.raises(RegistrationRefused):
        parse_rule(text, parse_crs).axis(facts)
    with pytest.raises(RegistrationRefused, match="tells the time of t_2020"):
        parse_rule("a=AnsiDate", parse_crs).axis(facts)
