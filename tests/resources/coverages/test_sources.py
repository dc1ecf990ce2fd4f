# SPDX-License-Identifier: MIT
"""Sources are opened late; whatever a storage connects to may be one."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from eoxserver.backends.access import Access
from eoxserver.backends.models import DataItem
from eoxserver.core.coverage import CellBox, MemorySource, Source
from eoxserver.core.errors import DataUnavailable
from eoxserver.resources.coverages.sources import LazySource, Opener

CELLS = MemorySource(np.arange(6).reshape(1, 2, 3))


def opener(place: Any) -> Opener:
    access = SimpleNamespace(connect=lambda item: place)
    return Opener({}, cast("Access", access))


def test_a_connection_that_is_a_source_needs_no_reader() -> None:
    found = opener(CELLS).source("a", (2, 3), [(range(1), DataItem())])
    assert isinstance(found, Source)
    assert found.read(CellBox((1, 0), (2, 3)), [0]).values.tolist() == [[[3, 4, 5]]]


def test_without_readers_nothing_opens() -> None:
    with pytest.raises(DataUnavailable, match="asked: none is installed"):
        _ = opener("/a.tif").source("a", (2, 3), [(range(1), DataItem())]).chunks


def test_shape_needs_no_data() -> None:
    def never() -> Source:
        raise AssertionError("the data was opened")

    assert LazySource("a", (2, 3), never).shape == (2, 3)
