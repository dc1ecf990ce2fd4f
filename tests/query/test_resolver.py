# SPDX-License-Identifier: MIT
"""What a plan makes, told without reading."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from eoxserver.core.crs import parse_crs
from eoxserver.core.errors import (
    CoverageUnusable,
    CrsNotSupported,
    EOxServerError,
    InvalidSubsetting,
    NoSuchCoverage,
    NoSuchField,
    ScaleAxisUndefined,
)
from eoxserver.core.selection import GRID, Slice, Trim
from eoxserver.query.plan import (
    Factor,
    Interpolation,
    Node,
    Read,
    Reproject,
    Scale,
    Select,
    Size,
    SubsetNode,
    TargetGrid,
)
from eoxserver.query.resolver import Resolver
from eoxserver.query.steps import Step
from eoxserver.query.views import ReprojectView, ScaleView
from eoxserver.query.windows import Window
from tests.query.plans import LOOKUP, plans
from tests.query.samples import ANSI, GEO, MERCATOR, UTM, catalogue, covering, image, pyramid, waves


def resolved(plan: Node) -> Step:
    return Resolver(LOOKUP).resolve(plan)


@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(plans())
def test_source_domain_and_range_type_agree(plan: Node) -> None:
    step = resolved(plan)
    assert step.source.shape == step.domain.shape
    assert len(step.source.chunks) == len(step.domain.axes)
    assert all(1 <= chunk <= size for chunk, size in zip(step.source.chunks, step.domain.shape, strict=True))
    assert step.source.levels[0].shape == step.domain.shape
    assert step.node == plan


def test_subsets_and_selections_become_one_window() -> None:
    step = resolved(Select(SubsetNode(Select(Read("cube"), (2, 1)), (Slice("ansi", 1, GRID),)), (1,)))
    source = step.source
    assert isinstance(source, Window)
    assert source.base is LOOKUP("cube").source
    assert (source.fields, source.kept) == ((1,), (0, 1))
    assert step.range_type.names == ("b1",)


@pytest.mark.parametrize(
    ("plan", "error"),
    [
        (Read("nothing"), NoSuchCoverage),
        (SubsetNode(Read("cube"), (Trim("E", 0, 1),)), InvalidSubsetting),
        (Select(Read("cube"), (3,)), NoSuchField),
        (Select(Read("cube"), (-1,)), NoSuchField),
        (Scale(Read("cube"), (Factor("x", 2),)), ScaleAxisUndefined),
        (Reproject(Read("series"), GEO), CoverageUnusable),
        (Reproject(SubsetNode(Read("cube"), (Slice("E", 0, GRID),)), GEO), CoverageUnusable),
        (Reproject(Read("cube"), ANSI), CrsNotSupported),
    ],
)
def test_what_coverages_do_not_have_is_refused(plan: Node, error: type[EOxServerError]) -> None:
    with pytest.raises(error):
        resolved(plan)


def test_bounds_may_be_given_in_another_crs() -> None:
    step = resolved(SubsetNode(Read("image"), (Trim("X", 1.3e6, 1.5e6), Trim("Y", 5.5e6, 5.8e6)), MERCATOR))
    assert step.domain.horizontal_bounds == pytest.approx((11.625, 44.167, 13.5, 46.167), abs=0.17)


def test_an_unchanged_grid_is_not_resampled() -> None:
    image_grid = TargetGrid((10, 40, 20, 50), 80, 60)
    for plan in (
        Scale(Read("image"), (Size("Lat", 60),), Interpolation.LANCZOS),
        Reproject(Read("image"), GEO, None, Interpolation.CUBIC_SPLINE),
        Reproject(Read("image"), GEO, image_grid),
        Reproject(Read("image"), parse_crs("CRS:84"), image_grid),
    ):
        assert isinstance(resolved(plan).source, Window)
    assert isinstance(resolved(Reproject(Read("image"), GEO, image_grid, Interpolation.CUBIC)).source, ReprojectView)


def test_levels_are_chosen_by_resolution() -> None:
    values = waves(512, 512)
    lookup = catalogue(covering(image(values).domain, values, source=pyramid(values, 4)))

    def level(plan: Node) -> int:
        source = Resolver(lookup).resolve(plan).source
        assert isinstance(source, ScaleView | ReprojectView)
        return source.zoomed.level

    for factor, expected in ((0.9, 0), (0.5, 1), (0.3, 1), (0.14, 2), (0.01, 3), (3.0, 0)):
        targets = (Factor("Lat", factor), Factor("Long", factor))
        assert level(Scale(Read("c"), targets)) == expected
        assert level(Scale(SubsetNode(Read("c"), (Trim("Lat", 41.0, 45.0),)), targets)) == expected
    assert level(Scale(Read("c"), (Factor("Lat", 0.1),))) == 0
    for size, expected in ((600, 0), (256, 1), (64, 3)):
        assert level(Reproject(Read("c"), GEO, TargetGrid((10, 40, 20, 50), size, size))) == expected
    assert level(Reproject(Read("c"), UTM, None)) == 0


def test_a_reprojected_cube_keeps_its_other_axes() -> None:
    step = resolved(Reproject(Read("cube"), GEO))
    assert step.domain.labels == ("Lat", "Long", "ansi")
    assert step.domain.crs_labels == ("ansi", "Lat", "Long")
    np.testing.assert_array_equal(step.domain.axes[2].coordinates(), LOOKUP("cube").domain.axes[2].coordinates())
