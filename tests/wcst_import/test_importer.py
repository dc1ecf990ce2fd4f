# SPDX-License-Identifier: MIT
"""Little is kept of each file, and batches have a limit in slices and in bytes."""

from __future__ import annotations

from pathlib import Path

import pytest

from eoxserver.core.coverage import CellBox
from eoxserver.core.errors import DataUnavailable
from eoxserver.wcst_import import importer
from eoxserver.wcst_import.importer import Analysis, Importer
from tests.backends.rasters import pattern, write
from tests.wcst_import.imports import Imports, ingredients

pytestmark = pytest.mark.integration

SERIES = {
    "time_parameter": {"filename": {"regex": r"_(\d+)\.", "group": "1"}, "datetime_format": "YYYYMMDD"},
    "time_crs": "OGC/0/AnsiDate",
}


def analysed(imports: Imports, count: int) -> tuple[Importer, Analysis, list[int]]:
    """An import of some days that is not written yet; the sizes of its batches are added to the list."""
    for day in range(count):
        write(imports.folder / f"s_202401{day + 1:02}.tif", pattern((1, 30, 40)) + day)
    session = imports.session(ingredients("time_series_irregular", "*.tif", SERIES))
    batches: list[int] = []
    recipe = session._recipe
    made = Importer(
        recipe, session._environment.target, session.config,
        lambda files: None, lambda done, total, slices: batches.append(len(slices)),
    )  # fmt: skip
    return made, made.analyse(enumerate(recipe.files())), batches


def test_slices_share_what_is_the_same_and_are_given_back(imports: Imports) -> None:
    made, analysis, _ = analysed(imports, 4)
    parts = [one.part for one in analysis.slices]
    for label in ("Lat", "Long"):
        assert len({id(part.domain.axes[part.domain.index(label)]) for part in parts}) == 1
    assert len({id(part.range_type) for part in parts}) == 1
    assert len({part.domain.axes[0] for part in parts}) == 4
    written = made.write(analysis)
    assert (written.slices, len(written.files), analysis.slices) == (4, 4, [])


def test_batches_end_by_slices_and_by_bytes(imports: Imports, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importer, "BATCH_SLICES", 3)
    made, analysis, batches = analysed(imports, 7)
    made.write(analysis)
    assert batches == [3, 3, 1]
    monkeypatch.setattr(importer, "BATCH_BYTES", 2 * 30 * 40)
    made, analysis, batches = analysed(imports, 7)
    made.write(analysis)
    assert batches == [2, 2, 2, 1]
    monkeypatch.setattr(importer, "BATCH_BYTES", 1)
    made, analysis, batches = analysed(imports, 7)
    made.write(analysis)
    assert batches == [1] * 7, "a slice that is larger is a batch of its own"


def test_a_file_that_changed_after_the_analysis_is_refused(imports: Imports) -> None:
    made, analysis, _ = analysed(imports, 2)
    path = Path(analysis.slices[1].file.path)
    path.unlink()
    write(path, pattern((1, 31, 40)))
    source = analysis.slices[1].part.source
    assert source.shape == (1, 30, 40), "nothing is opened before cells are read"
    with pytest.raises(DataUnavailable, match="the file has changed meanwhile"):
        source.read(CellBox((0, 0, 0), (1, 2, 2)), [0])
    with pytest.raises(DataUnavailable, match="the file has changed meanwhile"):
        made.write(analysis)
    assert not imports.instance.catalogue.exists("c")
