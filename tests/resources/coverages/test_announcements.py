# SPDX-License-Identifier: MIT
from __future__ import annotations

import pytest

from eoxserver.conf.schema import Settings
from eoxserver.core.errors import NoSuchCoverage
from eoxserver.resources.coverages.announcements import Announcements, MarkedCoverage
from eoxserver.resources.coverages.versioning import catalogue_version
from tests.resources.coverages.samples import rectified


def test_marks_of_what_is_visible(database: Settings) -> None:
    for name, visible in (("b", True), ("a", True), ("hidden", False)):
        rectified(name, visible=visible)
    announcements = Announcements()
    for name in ("b", "a", "hidden"):
        announcements.mark(name, f"https://geo.example/{name}")
    assert list(announcements.marked()) == [
        MarkedCoverage("a", "https://geo.example/a"),
        MarkedCoverage("b", "https://geo.example/b"),
    ]
    announcements.mark("a", "")
    assert [one.identifier for one in announcements.marked()] == ["b"]
    with pytest.raises(NoSuchCoverage, match="no coverage 'c'"):
        announcements.mark("c", "")


def test_each_change_is_a_version_of_the_catalogue(database: Settings) -> None:
    rectified("a")
    announcements = Announcements()
    versions = [catalogue_version()]
    for url in ("https://geo.example/a", "https://geo.example/b", ""):
        announcements.mark("a", url)
        versions.append(catalogue_version())
    for title in ("A", "B"):
        announcements.set_service_texts({"title": title})
        versions.append(catalogue_version())
    assert versions == sorted(set(versions))


def test_texts_that_are_not_told_stay(database: Settings) -> None:
    announcements = Announcements()
    assert announcements.service_texts() == {}
    announcements.set_service_texts({"title": "A", "city": "Vienna\0"})
    announcements.set_service_texts({"title": "B"})
    assert announcements.service_texts() == {"title": "B", "city": "Vienna\ufffd"}
