# SPDX-License-Identifier: MIT
"""Range types come back from the catalogue exactly as they went in."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.conf.schema import Settings
from eoxserver.core.fields import Field, NilValue, RangeType
from eoxserver.resources.coverages.columns.range_types import RangeTypeField
from eoxserver.resources.coverages.models import RectifiedDataset
from tests.resources.coverages.samples import rectified
from tests.resources.coverages.test_outlines import FULL


def test_round_trip_through_the_database(database: Settings) -> None:
    rectified("a", range_type=FULL)
    assert RectifiedDataset.objects.get().range_type == FULL


names = st.text("abcxyz_", min_size=1, max_size=8)
numbers = st.one_of(st.integers(-(2**63), 2**63), st.floats())
nils = st.builds(NilValue, low=numbers, high=st.one_of(st.none(), numbers), reason=st.text(max_size=5))
fields = st.builds(
    Field,
    name=names,
    dtype=st.sampled_from([np.dtype(name) for name in ("uint8", "int16", "float32", "float64", "bool", "complex128")]),
    unit=st.text(max_size=5),
    nil=st.lists(nils, max_size=3).map(tuple),
    label=st.text(max_size=5),
    intervals=st.lists(st.tuples(st.floats(allow_nan=False), st.floats(allow_nan=False)), max_size=2).map(tuple),
)


@given(st.lists(fields, min_size=1, max_size=4, unique_by=lambda field: field.name).map(tuple))
def test_any_range_type_survives(given_fields: tuple[Field, ...]) -> None:
    field = RangeTypeField()
    range_type = RangeType(given_fields)
    assert field.decode(field.encode(range_type)) == range_type
    assert field.convert(field.text(range_type)) == range_type


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ([], "a list of fields"),
        ("{}", "a list of fields"),
        ("[", "Expecting value"),
        (5, "a list of fields"),
        ([{}], "field 0 of the range type has no name"),
        ([{"name": "a"}], "field 'a' of the range type lacks 'dtype'"),
        ([{"name": "a", "dtype": "unit8"}], "field 'a' of the range type: data type 'unit8'"),
        ([{"name": "a", "dtype": "uint8", "nul": []}], "unknown keys"),
        ([{"name": "a", "dtype": "uint8", "nil": [{"low": True}]}], "True is not a number"),
        ([{"name": "a", "dtype": "uint8"}] * 2, "unique"),
    ],
)
def test_what_is_no_range_type_is_refused(value: Any, reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        RangeTypeField().to_python(value)


def test_anything_that_describes_one_may_be_assigned() -> None:
    dataset = RectifiedDataset(range_type=[{"name": "a", "dtype": "uint8"}])
    assert dataset.range_type == RangeType((Field("a", np.dtype("uint8")),))
    dataset.range_type = '[{"name":"b","dtype":"int16"}]'
    assert dataset.range_type.names == ("b",)


def test_what_cannot_be_understood_is_told_by_full_clean_and_refused_by_save(database: Settings) -> None:
    dataset = rectified("a", save=False, range_type="nonsense")
    with pytest.raises(ValidationError) as told:
        dataset.full_clean()
    assert "range_type" in told.value.message_dict
    with pytest.raises(ValidationError):
        dataset.save()
    assert not RectifiedDataset.objects.exists()


def test_form_shows_text_that_it_understands() -> None:
    model_field = RectifiedDataset._meta.get_field("range_type")
    assert isinstance(model_field, RangeTypeField)
    form = model_field.formfield()
    shown = form.prepare_value(FULL)
    assert model_field.clean(form.clean(shown), None) == FULL
    assert not form.has_changed(FULL, shown)
