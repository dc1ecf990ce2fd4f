# SPDX-License-Identifier: MIT
"""Everything that encodes results."""

from __future__ import annotations

import pytest

from tests.services.wcps.encoding.tools import Encoding


@pytest.fixture(scope="session")
def encoding(tmp_path_factory: pytest.TempPathFactory) -> Encoding:
    """Answer all formats of this machine."""
    return Encoding.in_folder(tmp_path_factory.mktemp("encoding"))
