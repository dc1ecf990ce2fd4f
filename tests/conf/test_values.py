# SPDX-License-Identifier: MIT
"""Tests of eoxserver.conf.values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.conf.values import (
    CODES,
    DATABASE,
    DURATION,
    MEMORY,
    MIME,
    MIME_MAP,
    MIMES,
    NAMES,
    OPTIONAL_SIZE,
    SIZE,
    URL,
    DatabaseUrl,
    Kind,
    choice,
    integer,
    is_mime,
    usable_memory,
)

COG = "image/tiff; application=geotiff; profile=cloud-optimized"


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("512MiB", 512 << 20),
        ("1GB", 10**9),
        ("1.5 GiB", 3 << 29),
        ("1000", 1000),
        ("7 b", 7),
        ("2kb", 2000),
        ("1TiB", 1 << 40),
    ],
)
def test_size(text: str, size: int) -> None:
    assert SIZE.parse(text) == size


@pytest.mark.parametrize("text", ["", "MiB", "1 XB", "1M", "-1", "0", "0.1", "1,5GB", "1e3", "12 MiB extra"])
def test_bad_size(text: str) -> None:
    with pytest.raises(ValueError, match="^$|a byte"):
        SIZE.parse(text)


@given(st.integers(1, 1 << 50))
def test_size_text_reads_back(size: int) -> None:
    assert SIZE.parse(SIZE.show(size)) == size


def test_an_optional_size_may_be_none() -> None:
    assert [OPTIONAL_SIZE.parse(text) for text in ("0", "1KiB")] == [0, 1024]
    assert OPTIONAL_SIZE.show(0) == "0"
    with pytest.raises(ValueError, match="^$"):
        OPTIONAL_SIZE.parse("-1")


def test_memory_is_a_size_or_a_part_of_the_machine() -> None:
    assert MEMORY.parse("512MiB") == 512 << 20
    whole = usable_memory()
    assert 64 << 20 < whole < 1 << 46
    for percent in ("5%", "0.5 %", "100%"):
        size = MEMORY.parse(percent)
        assert size % (1 << 20) == 0
        assert abs(size - whole * float(percent.rstrip("% ")) / 100) <= 1 << 20
        assert MEMORY.parse(MEMORY.show(size)) == size


def test_a_container_limits_memory(tmp_path: Path) -> None:
    limit = tmp_path / "memory.max"
    assert usable_memory([limit]) == usable_memory([])
    limit.write_text("max\n")
    assert usable_memory([limit]) == usable_memory([])
    limit.write_text("123456789\n")
    assert usable_memory([limit, tmp_path / "other"]) == 123456789


@pytest.mark.parametrize("text", ["0%", "101%", "-5%", "%", "5 percent", "1000%"])
def test_bad_memory(text: str) -> None:
    with pytest.raises(ValueError, match="^$|percentage"):
        MEMORY.parse(text)


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("15min", 900), ("12h", 43200), ("30 d", 2592000)])
def test_duration(text: str, seconds: int) -> None:
    assert DURATION.parse(text) == seconds


@given(st.integers(0, 1 << 40))
def test_duration_text_reads_back(seconds: int) -> None:
    assert DURATION.parse(DURATION.show(seconds)) == seconds


@pytest.mark.parametrize("text", ["", "30", "1.5h", "1w", "P1D", "-1s"])
def test_bad_duration(text: str) -> None:
    with pytest.raises(ValueError, match="^$"):
        DURATION.parse(text)


def test_codes() -> None:
    assert CODES.parse("4326, EPSG:3857,epsg:3035") == (4326, 3857, 3035)
    assert CODES.parse("") == ()
    assert CODES.show((4326, 3857)) == "4326,3857"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("4326,,3857", "there is nothing between two commas"),
        ("4326,x", "'x' is not an EPSG code"),
        ("0", "'0' is not an EPSG code"),
        ("4326,EPSG:4326", "'EPSG:4326' stands twice"),
        ("4326 3857", "'4326 3857' is not an EPSG code"),
    ],
)
def test_bad_codes(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        CODES.parse(text)


def test_mimes_keep_their_order_and_parameters() -> None:
    assert MIMES.parse(f"image/tiff,{COG}, image/png") == ("image/tiff", COG, "image/png")
    assert MIME.parse("application/vnd.zarr+v3") == "application/vnd.zarr+v3"
    assert not is_mime("image/tiff; application")
    assert is_mime('a/b; c="d e"')


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("tiff", "'tiff' is not a MIME type"),
        ("image/png,image/png", "'image/png' stands twice"),
        ("image/", "'image/'"),
    ],
)
def test_bad_mimes(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        MIMES.parse(text)
    if "," not in text:
        with pytest.raises(ValueError, match="^$"):
            MIME.parse(text)


def test_mime_map() -> None:
    pairs = MIME_MAP.parse(f"application/x-esat,image/tiff,image/jp2,{COG}")
    assert dict(pairs) == {"application/x-esat": "image/tiff", "image/jp2": COG}
    assert MIME_MAP.parse(MIME_MAP.show(pairs)) == pairs
    assert dict(MIME_MAP.parse("")) == {}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a/b,c/d,e/f", "there are 3 MIME types, and they go in pairs"),
        ("a/b,c", "'c' is not a MIME type"),
        ("a/b,c/d,a/b,e/f", "'a/b' is mapped twice"),
    ],
)
def test_bad_mime_map(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        MIME_MAP.parse(text)


def test_choice_and_integer() -> None:
    assert choice("closed", "open").parse("OPEN") == "open"
    with pytest.raises(ValueError, match="^$"):
        choice("closed", "open").parse("ajar")
    assert integer(1).parse("1_000") == 1000
    assert integer(0, 8).accepted == "a whole number from 0 to 8"
    for kind, text in ((integer(1), "0"), (integer(0, 8), "9"), (integer(0), "1.0"), (integer(0), "")):
        with pytest.raises(ValueError, match="^$"):
            kind.parse(text)


def test_names() -> None:
    assert NAMES.parse(" a, b c ,d") == ("a", "b c", "d")
    assert NAMES.parse("") == ()
    with pytest.raises(ValueError, match="'a' stands twice"):
        NAMES.parse("a,a")


def test_url() -> None:
    assert URL.parse("https://eo.example/ows?") == "https://eo.example/ows"
    assert URL.parse("http://localhost:8000/") == "http://localhost:8000/"
    assert URL.parse("") is None
    assert URL.show(None) == ""


@pytest.mark.parametrize(
    "text", ["eo.example/ows", "ftp://eo.example", "http://", "http://h/?a=b", "http://h:x/", "/ows"]
)
def test_bad_url(text: str) -> None:
    with pytest.raises(ValueError, match="^$|query|Port|'\\?'"):
        URL.parse(text)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("sqlite:///catalogue.sqlite3", DatabaseUrl("sqlite", "catalogue.sqlite3")),
        ("sqlite:////srv/eo/c.db", DatabaseUrl("sqlite", "/srv/eo/c.db")),
        ("sqlite:///:memory:", DatabaseUrl("sqlite", ":memory:")),
        ("postgresql://eo@db.example:5433/cat", DatabaseUrl("postgresql", "cat", "eo", "", "db.example", 5433)),
        ("postgres://eo:p%40ss@[::1]/cat", DatabaseUrl("postgresql", "cat", "eo", "p@ss", "::1")),
        ("postgresql:///cat", DatabaseUrl("postgresql", "cat")),
        ("postgresql://eo@/cat?host=/run/pg&sslmode=off",
         DatabaseUrl("postgresql", "cat", "eo", "", "/run/pg", None, {"sslmode": "off"})),
    ],
)  # fmt: skip
def test_database(text: str, url: DatabaseUrl) -> None:
    assert DATABASE.parse(text) == url
    assert DatabaseUrl.parse(url.text(secret=True)) == url


def test_database_hides_the_password() -> None:
    url = DATABASE.parse("postgresql://eo:hush@db/cat")
    assert "hush" not in repr(url)
    assert DATABASE.show(url) == "postgresql://eo:***@db/cat"
    assert url.password == "hush"


NAME = st.text(st.characters(codec="ascii", exclude_characters="/\0", categories=["L", "N", "P", "S"]), min_size=1)


@given(NAME, st.text(max_size=5), st.text(max_size=5), st.none() | st.integers(1, 65535))
def test_database_text_reads_back(name: str, user: str, password: str, port: int | None) -> None:
    url = DatabaseUrl("postgresql", name, user, password if user else "", "db.example", port)
    assert DatabaseUrl.parse(url.text(secret=True)) == url


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "'' is no known kind of database"),
        ("catalogue.sqlite3", "'catalogue.sqlite3' is no known kind"),
        ("mysql://a/b", "'mysql' is no known kind of database"),
        ("sqlite://catalogue.sqlite3", "three slashes"),
        ("sqlite:///", "three slashes"),
        ("postgresql://host", "the name of the database is missing"),
        ("postgresql://host/a/b", "'a/b' is no database name"),
        ("postgresql://host:port/a", "port"),
        ("postgresql://host:0/a", "port 0"),
    ],
)
def test_bad_database(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        DATABASE.parse(text)


KINDS = (SIZE, OPTIONAL_SIZE, MEMORY, DURATION, CODES, MIMES, MIME_MAP, NAMES, URL, DATABASE, MIME, integer(3))


@pytest.mark.parametrize("kind", KINDS)
def test_accepted_form_is_said(kind: Kind[Any]) -> None:
    assert len(kind.accepted) > 5
