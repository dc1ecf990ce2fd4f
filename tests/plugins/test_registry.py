# SPDX-License-Identifier: MIT
"""Tests of eoxserver.plugins.registry."""

from __future__ import annotations

import configparser
from pathlib import Path

import pytest

from eoxserver.core.errors import DuplicateKey, UnknownKey
from eoxserver.plugins.registry import EXTRAS, KINDS, Registered, Registry, component_fault

STORAGES, PACKAGES = KINDS[0], KINDS[1]


class Zip:
    key = "ZIP"

    def extract(self) -> None: ...

    def list_files(self) -> None: ...


class Tar(Zip):
    key = "TAR"


@pytest.fixture
def packages() -> Registry:
    return Registry(PACKAGES, [Registered(Zip, "ours"), Registered(Tar, "theirs 1.0")])


def test_lookup_and_order(packages: Registry) -> None:
    assert packages["TAR"] is Tar
    assert packages.get("TAR") is Tar
    assert packages.get("RAR") is None
    assert list(packages) == ["ZIP", "TAR"]
    assert list(packages.values()) == [Zip, Tar]
    assert dict(packages) == {"ZIP": Zip, "TAR": Tar}
    assert len(packages) == 2
    assert "ZIP" in packages
    assert "zip" not in packages
    assert packages.origin("TAR") == "theirs 1.0"
    assert repr(packages) == "<Registry of packages: ZIP, TAR>"


def test_unknown_key_names_the_near_one_and_what_there_is(packages: Registry) -> None:
    with pytest.raises(UnknownKey) as caught:
        packages["ZIPP"]
    assert caught.value.message == "no package 'ZIPP'; did you mean 'ZIP'? available: TAR, ZIP"
    assert caught.value.locator == "ZIPP"
    with pytest.raises(UnknownKey):
        packages.origin("RAR")


def test_unknown_key_of_an_extra_says_how_to_install() -> None:
    with pytest.raises(UnknownKey, match=r"no storage 's3'; none is available; try: pip install 'eoxserver\[s3\]'"):
        Registry(STORAGES)["s3"]


def test_duplicate_names_both() -> None:
    with pytest.raises(DuplicateKey, match=r"two plugins bring a package 'ZIP': ours and theirs 2\.0"):
        Registry(PACKAGES, [Registered(Zip, "ours"), Registered(Zip, "theirs 2.0")])


def test_storage_needs_one_of_two_sets() -> None:
    def method(self: object) -> None: ...

    connected = type("C", (), {"key": "c", "validate": method, "connect": method})
    files = type("F", (), {"key": "f", "validate": method, "retrieve": method, "list_files": method})
    assert component_fault(STORAGES, connected) is None
    assert component_fault(STORAGES, files) is None
    assert component_fault(STORAGES, type("N", (), {"key": "n", "retrieve": method, "list_files": method})) == (
        "storage class N lacks validate; needed: validate, retrieve, list_files or validate, connect"
    )
    assert component_fault(STORAGES, type("T", (), {"key": "t", "validate": method, "connect": 1})) is not None


@pytest.mark.parametrize("key", [None, "", " s", 3])
def test_key_must_be_a_text(key: object) -> None:
    fault = component_fault(PACKAGES, type("P", (Zip,), {"key": key}))
    assert fault == f"package class P needs a class attribute 'key', a text; it is {key!r}"


def test_every_extra_that_hints_name_exists(root: Path) -> None:
    setup = configparser.ConfigParser()
    setup.read(root / "setup.cfg")
    assert set(EXTRAS.values()) <= set(setup["options.extras_require"])
    assert {plural for plural, _ in EXTRAS} <= {kind.plural for kind in KINDS}
