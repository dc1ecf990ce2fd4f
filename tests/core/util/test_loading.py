# SPDX-License-Identifier: MIT
from __future__ import annotations

import gc

from eoxserver.core.util.loading import loading


def test_nobody_looks_for_garbage_while_there_is_loading() -> None:
    before = gc.get_freeze_count()
    try:
        with loading():
            assert not gc.isenabled()
        assert gc.isenabled() and gc.get_freeze_count() > before
    finally:
        gc.unfreeze()
