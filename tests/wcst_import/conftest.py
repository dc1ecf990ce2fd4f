# SPDX-License-Identifier: MIT
"""An empty instance to import into."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from eoxserver.app.administration import make_instance
from eoxserver.app.django_setup import close_connections, reconfigure
from eoxserver.conf.reader import load_settings
from tests.wcst_import.imports import Imports, importing


@pytest.fixture(scope="session")
def import_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an empty instance, to be copied."""
    root = make_instance("tests", tmp_path_factory.mktemp("imports") / "instance").paths.root
    close_connections()
    return root


@pytest.fixture
def imports(import_template: Path, tmp_path: Path) -> Iterator[Imports]:
    """Imports into an empty instance; files lie in ``tmp_path / "files"``."""
    root, folder = tmp_path / "instance", tmp_path / "files"
    shutil.copytree(import_template, root)
    folder.mkdir()
    reconfigure(load_settings(root))
    with importing(root, folder) as found:
        yield found
    close_connections()
