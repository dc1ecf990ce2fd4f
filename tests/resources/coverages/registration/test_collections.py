# SPDX-License-Identifier: MIT
"""Collections as an operator handles them."""

from __future__ import annotations

import pytest

from eoxserver.conf.schema import Settings
from eoxserver.core.errors import NoSuchCoverage, RegistrationRefused
from eoxserver.resources.coverages import models
from eoxserver.resources.coverages.registration.collections import Collections
from tests.resources.coverages.samples import rectified


@pytest.fixture
def collections(database: Settings) -> Collections:
    rectified("a")
    rectified("b")
    return Collections()


def members(identifier: str) -> list[str]:
    return sorted(member.identifier for member in models.Collection.objects.get(identifier=identifier))


def test_a_life_of_a_collection(collections: Collections) -> None:
    collections.create("s", "A title", ["a"])
    assert members("s") == ["a"]
    collections.insert("s", ["b"])
    collections.insert("s", ["b"])
    assert members("s") == ["a", "b"]
    collections.remove("s", ["a"])
    assert members("s") == ["b"]
    collections.delete("s")
    assert not models.Collection.objects.exists()
    assert models.Coverage.objects.count() == 2


def test_what_is_refused(collections: Collections) -> None:
    collections.create("s", members=["a"])
    with pytest.raises(RegistrationRefused, match="already an object"):
        collections.create("s")
    with pytest.raises(RegistrationRefused, match="not an identifier"):
        collections.create("1 s")
    with pytest.raises(NoSuchCoverage, match="no object 'aa'; did you mean 'a'"):
        collections.insert("s", ["b", "aa"])
    with pytest.raises(NoSuchCoverage, match="'b' is not in collection 's'"):
        collections.remove("s", ["a", "b"])
    with pytest.raises(NoSuchCoverage, match="no collection 'a'; it is a RectifiedDataset"):
        collections.delete("a")
    with pytest.raises(NoSuchCoverage, match="no collection 't'"):
        collections.get("t")
    assert members("s") == ["a"]


def test_nothing_is_made_when_a_member_is_missing(collections: Collections) -> None:
    with pytest.raises(NoSuchCoverage):
        collections.create("s", members=["x"])
    assert not models.Collection.objects.exists()


def test_a_cycle_is_refused(collections: Collections) -> None:
    collections.create("s")
    collections.create("t", members=["s"])
    with pytest.raises(RegistrationRefused, match="cannot contain 't'"):
        collections.insert("s", ["t"])
    assert members("s") == []
