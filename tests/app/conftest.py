# SPDX-License-Identifier: MIT
"""An application over an instance with one coverage in a collection."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.applications import Application, application, instance_template
from tests.backends.rasters import pattern, write

__all__ = ["app", "instance_template"]


@pytest.fixture
def app(tmp_path: Path, instance_template: Path) -> Iterator[Application]:
    """Answer an application that serves ``scene`` in the collection ``scenes``."""
    with application(tmp_path, instance_template) as made:
        scene = write(tmp_path / "scene.tif", pattern((3, 20, 40)))
        assert made.register(Path(scene), collection="scenes") == ["scene"]
        yield made
