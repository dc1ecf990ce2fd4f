# SPDX-License-Identifier: MIT
from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from eoxserver.conf.schema import Settings, Wcst
from eoxserver.core.errors import AccessDenied, LimitExceeded
from eoxserver.services.wcst.errors import TransactionError
from eoxserver.services.wcst.references import References


@pytest.fixture
def instance(tmp_path: Path) -> Path:
    """A folder of data, one beside it, and links between them."""
    for folder in ("data", "data/in", "database"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a b.gml").write_text(folder)
    (tmp_path / "data" / "out").symlink_to(tmp_path / "database")
    (tmp_path / "database" / "back").symlink_to(tmp_path / "data")
    return tmp_path


def references(instance: Path, *roots: str, most: int = 100) -> References:
    wcst = replace(Wcst(), file_roots=roots or ("data",), request_body_bytes=most)
    return References(replace(Settings(), wcst=wcst, instance=instance))


def test_files_below_a_root(instance: Path) -> None:
    found = references(instance)
    for url in (
        "file://{}/data/a%20b.gml",
        "file://localhost{}/data/a b.gml",
        "file:{}/data/a b.gml",
        "{}/data/a b.gml",
    ):
        assert found.read(url.format(instance), "ref") == b"data"
    assert found.read(f"file://{instance}/database/back/in/a b.gml", "ref") == b"data/in"
    assert found.read(f"file://{instance}/data/in/../a b.gml", "ref") == b"data"
    with found.file(f"file://{instance}/data/in/a b.gml", "ref") as path:
        assert path == instance / "data" / "in" / "a b.gml"
    with pytest.raises(LimitExceeded):
        references(instance, most=3).read(f"file://{instance}/data/a b.gml", "ref")


@pytest.mark.parametrize(
    "url",
    ["{}/database/a b.gml", "{}/data/../database/a b.gml", "{}/data/out/a b.gml", "{}/data%2F..%2Fdatabase/a b.gml"],
)
def test_files_elsewhere(instance: Path, url: str) -> None:
    with pytest.raises(AccessDenied):
        references(instance).read(f"file://{url.format(instance)}", "ref")
    none = References(replace(Settings(), wcst=replace(Wcst(), file_roots=()), instance=instance))
    with pytest.raises(AccessDenied):
        none.read(f"file://{instance}/data/a b.gml", "ref")


@pytest.mark.parametrize(
    "url", ["", "data/a.gml", "file:data", "file://host/a", "file:///a%00b", "ftp://host/a", "cid:a"]
)
def test_what_is_no_reference(instance: Path, url: str) -> None:
    with pytest.raises(TransactionError) as refused:
        references(instance).read(url, "ref")
    assert refused.value.code == "WCSTMalformedURL"


@pytest.mark.parametrize("url", ["data/none.gml", "data/in", "data"])
def test_what_is_not_there(instance: Path, url: str) -> None:
    with pytest.raises(TransactionError) as refused:
        references(instance).read(f"file://{instance}/{url}", "ref")
    assert (refused.value.code, refused.value.status) == ("WCSTCoverageNotFound", 404)
