# SPDX-License-Identifier: MIT
"""Coverages of the catalogue have the domains they were given."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from eoxserver.conf.schema import Settings
from eoxserver.core.axes import IndexAxis, IrregularAxis, RegularAxis, Role
from eoxserver.core.coverage import TiePoints
from eoxserver.core.crs import parse_crs
from eoxserver.core.domain import Domain
from eoxserver.core.errors import CrsUnknown
from eoxserver.core.rasters import index_domain, raster_domain
from eoxserver.resources.coverages import models
from tests.resources.coverages.samples import GREY, rectified

ANSI = parse_crs("http://www.opengis.net/def/crs/OGC/0/AnsiDate")
WGS84 = parse_crs("EPSG:4326")
TIMES = IrregularAxis("ansi", np.array([148654.1, 148655.0, 148700 + 1 / 3]), ANSI, "d", Role.T)
HEIGHT = RegularAxis("h", 5.0, 10.0, 4, parse_crs("EPSG:5773"), "metre", Role.Z)
ORTHO = parse_crs("+proj=ortho +lat_0=50 +lon_0=8")


def test_a_rectified_dataset_is_a_raster(database: Settings) -> None:
    dataset = rectified("a", (-10, 20, 30, 50), size_x=80, size_y=30)
    wanted = raster_domain(WGS84, (-10, 20, 30, 50), 80, 30)
    assert dataset.domain == wanted
    assert wanted.labels == ("Lat", "Long") and wanted.crs_labels == ("Lat", "Long")
    assert models.RectifiedDataset.objects.get().domain == wanted
    with CaptureQueriesContext(connection) as queries:
        assert models.Coverage.objects.get().domain == wanted
    assert len(queries) == 3
    assert dataset.bounds == (-10, 20, 30, 50)


@pytest.mark.parametrize("crs", [WGS84, parse_crs("EPSG:32633"), parse_crs("EPSG:3035"), ORTHO, parse_crs("CRS:84")])
@pytest.mark.parametrize("north_up", [True, False])
def test_columns_of_a_domain_give_it_back(database: Settings, crs: Any, north_up: bool) -> None:
    wanted = raster_domain(crs, (1.5, 2.5, 101.5, 52.5), 100, 50, north_up)
    columns = models.RectifiedDataset.columns_of(wanted)
    dataset = models.RectifiedDataset(identifier="a", range_type=GREY, **columns)
    dataset.full_clean()
    dataset.save()
    found = models.RectifiedDataset.objects.get()
    assert found.domain == wanted and found.crs == crs
    assert (found.srid is None) == (crs.epsg is None)


def test_a_rectified_dataset_takes_further_axes_anywhere(database: Settings) -> None:
    raster = raster_domain(WGS84, (0, 0, 90, 90), 1024, 1024)
    y, x = raster.axes
    for number, (axes, order) in enumerate(
        [
            ((TIMES, y, x), ("ansi", "Lat", "Long")),
            ((TIMES, HEIGHT, y, x), ("Lat", "Long", "h", "ansi")),
            ((y, TIMES, x), ("Lat", "Long", "ansi")),
            ((y, x, HEIGHT), ("Lat", "Long", "h")),
            ((y, x), ("Lat", "Long")),
        ]
    ):
        dataset = rectified(f"a{number}")
        wanted = Domain(axes, order)
        dataset.set_domain(wanted)
        assert dataset.domain == wanted
        found = models.RectifiedDataset.objects.get(identifier=f"a{number}")
        assert found.domain == wanted
        assert found.axes.count() == len(axes) - 2


def test_a_rectified_dataset_refuses_a_domain_it_cannot_hold(database: Settings) -> None:
    dataset = rectified("a")
    y, x = dataset.domain.axes
    with pytest.raises(ValueError, match="a Coverage takes any"):
        dataset.set_domain(Domain((x, y), ("Lat", "Long")))
    with pytest.raises(ValueError, match="a Coverage takes any"):
        dataset.set_domain(Domain((RegularAxis("N", 5.0, -1.0, 9, WGS84, "degree", Role.Y), x)))
    assert models.RectifiedDataset.objects.get().domain.axes == (y, x)


@pytest.mark.parametrize(
    "domain",
    [
        Domain((RegularAxis("x", 0.1, 1 / 3, 7),)),
        Domain((IndexAxis("i", 5, first=-3, crs=parse_crs("http://www.opengis.net/def/crs/OGC/0/Index1D")),)),
        Domain((TIMES, *raster_domain(ORTHO, (-1e6, -1e6, 1e6, 1e6), 20, 20).axes)),
        Domain((IrregularAxis("Long", np.array([3.0, 2.5, -1.0]), WGS84, "degree", Role.X), HEIGHT), ("h", "Long")),
        Domain((HEIGHT, TIMES, IndexAxis("k", 2), RegularAxis("Lat", 1.0, -0.1, 9, WGS84, "degree", Role.Y)),
               ("Lat", "h", "ansi", "k")),
    ],
    ids=lambda domain: "-".join(domain.labels),
)  # fmt: skip
def test_a_coverage_of_any_number_of_dimensions(database: Settings, domain: Domain) -> None:
    coverage = models.Coverage(identifier="cube", range_type=GREY)
    coverage.full_clean()
    coverage.save()
    coverage.set_domain(domain)
    for axis in coverage.axes.all():
        axis.full_clean()
    found = models.Coverage.objects.get()
    assert found.domain == domain
    assert found.domain.crs_labels == domain.crs_labels
    assert found.cast() is found
    found.set_domain(domain)
    assert found.domain == domain


def test_coefficients_stay_in_the_database_until_they_are_needed(database: Settings) -> None:
    coverage = models.Coverage.objects.create(identifier="cube", range_type=GREY)
    coverage.set_domain(Domain((TIMES,)))
    with CaptureQueriesContext(connection) as queries:
        axes = list(coverage.axes.all())
        assert axes[0].size == 3
    assert len(queries) == 1 and "coefficients" not in queries[0]["sql"]
    assert axes[0].coefficients is not None and axes[0].coefficients.tolist() == TIMES.coefficients.tolist()


def test_a_referenceable_dataset_has_cells_and_tie_points(database: Settings) -> None:
    points = TiePoints(WGS84, np.array([0.0, 9.0]), np.array([0.0, 5.0]), np.array([1.0, 2.0]), np.array([3.0, 4.0]))
    dataset = models.ReferenceableDataset(
        identifier="a", size_x=5, size_y=9, tie_points=points, range_type=GREY, srid=4326
    )
    dataset.full_clean()
    dataset.save()
    found = models.ReferenceableDataset.objects.get()
    assert found.domain == index_domain(5, 9)
    assert found.crs == WGS84
    assert found.tie_points is not None and found.tie_points.x.tolist() == [1.0, 2.0]
    found.srid = 3857
    with pytest.raises(ValidationError, match="tie points are in"):
        found.full_clean()


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"srid": None}, "needs an srid or a projection"),
        ({"srid": 4326, "projection": ORTHO.wkt}, "not both"),
        ({"srid": 1}, "1"),
        ({"srid": None, "projection": "no CRS"}, "no CRS"),
        ({"srid": 5773}, "no horizontal axes"),
        ({"size_x": 0}, "are no grid"),
        ({"min_x": 5, "max_x": 5}, "are no grid"),
        ({"min_y": float("nan")}, "are no grid"),
        ({"size_y": None}, "cannot be null"),
        ({"range_type": None}, "cannot be null"),
        ({"native_format": "x" * 201}, "at most 200"),
    ],
)
def test_what_is_no_rectified_dataset_is_told_by_full_clean(
    database: Settings, values: dict[str, Any], reason: str
) -> None:
    with pytest.raises(ValidationError, match=reason):
        rectified("a", save=False, **values).full_clean()


def test_broken_rows_say_what_is_wrong(database: Settings) -> None:
    coverage = models.Coverage.objects.create(identifier="cube", range_type=GREY)
    assert coverage.domain.axes == (), "a single value"
    coverage.set_domain(Domain((TIMES, HEIGHT)))
    coverage.axes.filter(label="ansi").update(size=7)
    with pytest.raises(ValueError, match="3 coefficients, but the size 7"):
        _ = coverage.domain
    coverage.axes.filter(label="ansi").update(size=3, grid_position=5)
    with pytest.raises(ValueError, match="positions 0, 1"):
        _ = coverage.domain
    coverage.axes.filter(label="ansi").update(grid_position=0)
    coverage.axes.filter(label="h").update(step=None)
    with pytest.raises(ValueError, match="lacks its origin, step or coefficients"):
        _ = coverage.domain
    coverage.axes.filter(label="h").update(step=1, crs="EPSG:0")
    with pytest.raises(CrsUnknown):
        _ = coverage.domain
    with pytest.raises(ValidationError):
        coverage.axes.get(label="h").full_clean()
    dataset = rectified("a")
    models.Axis.objects.create(
        coverage=dataset, grid_position=7, crs_position=0, kind="index", label="k", size=2, origin=0
    )
    with pytest.raises(ValueError, match="do not fit 3 axes"):
        _ = dataset.domain


def test_metadata_and_texts(database: Settings) -> None:
    rectified("a", title="Title", abstract="Abstract", metadata={"sensor": "MERIS", "ø": "æ"})
    found = models.Coverage.objects.get()
    assert (found.title, found.abstract, found.metadata) == ("Title", "Abstract", {"sensor": "MERIS", "ø": "æ"})
    assert str(found) == "a"
