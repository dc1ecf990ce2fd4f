# SPDX-License-Identifier: MIT
"""The table of GDAL's options."""

from __future__ import annotations

from dataclasses import replace

import pytest

from eoxserver.backends.profiles import PROFILE_KINDS, gdal_profile
from eoxserver.conf.schema import Remote, default_settings


@pytest.mark.parametrize("kind", PROFILE_KINDS)
def test_no_place_is_listed(kind: str) -> None:
    assert gdal_profile(kind, default_settings())["GDAL_DISABLE_READDIR_ON_OPEN"] == "EMPTY_DIR"


@pytest.mark.parametrize("kind", [kind for kind in PROFILE_KINDS if kind != "local-archive"])
def test_patience_is_that_of_the_settings(kind: str) -> None:
    profile = gdal_profile(kind, replace(default_settings(), remote=Remote(7, 11, 2)))
    found = [
        profile[f"GDAL_HTTP_{name}"]
        for name in ("CONNECTTIMEOUT", "LOW_SPEED_TIME", "MAX_RETRY", "MERGE_CONSECUTIVE_RANGES")
    ]
    assert found == ["7", "11", "2", "YES"]


def test_archives_of_this_machine_wait_for_nobody() -> None:
    assert not any(name.startswith("GDAL_HTTP") for name in gdal_profile("local-archive", default_settings()))


def test_each_answer_is_the_callers_own() -> None:
    first = gdal_profile("http", default_settings())
    first["GDAL_HTTP_USERPWD"] = "user:password"
    assert "GDAL_HTTP_USERPWD" not in gdal_profile("http", default_settings())


def test_an_unknown_kind_is_an_error() -> None:
    with pytest.raises(KeyError):
        gdal_profile("gopher", default_settings())
