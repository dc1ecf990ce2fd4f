# SPDX-License-Identifier: MIT
"""Requests as strangers send them: right ones, ones with strange values, and ones broken in any place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from urllib.parse import quote_from_bytes, urlencode

from hypothesis import strategies as st

__all__ = ["Grid", "Pairs", "descriptions", "get_coverages", "get_maps", "queries"]

Pairs = list[tuple[str, str]]
"""Parameters in the order of the query."""

CRSS = (
    "EPSG:4326", "EPSG:3857", "EPSG:3035", "EPSG:32633", "EPSG:3413", "CRS:84",
    "http://www.opengis.net/def/crs/EPSG/0/4326", "urn:ogc:def:crs:EPSG::3857", "urn:ogc:def:crs:OGC:1.3:CRS84",
)  # fmt: skip
ODD_CRSS = (
    "EPSG:0", "EPSG:-1", "EPSG:99999999999999999999", "EPSG:", "4326", "CRS:83", "CRS:27", "AUTO2:42001,1,-100,45",
    "EPSG:5773", "EPSG:4979", "EPSG:4978", "EPSG:7405", "EPSG:2193", "EPSG:31287", "EPSG:5041", "EPSG:3031",
    "EPSG:54009", "ESRI:54009", "IAU:49900", "http://www.opengis.net/def/crs/OGC/0/AnsiDate", "OGC:CRS84h",
    "http://www.opengis.net/def/crs-compound?1=http://www.opengis.net/def/crs/EPSG/0/4326", "OGC/0/Index2D",
    "http://www.opengis.net/def/crs-compound?1=", "EPSG:4326@EPSG:4326", "+proj=moll", "+proj=longlat +pm=paris",
    "+proj=ortho +lat_0=90", "GEOGCS[", "{}", '{"type": "GeographicCRS"}', "PROJCS[\"\"]",
)  # fmt: skip
NUMBERS = (
    "0", "-0", "1", "-1", "0.5", "1e-9", "1e-300", "5e-324", "1e300", "1.8e308", "1e999", "-1e999", "nan", "NaN",
    "inf", "-Infinity", "90", "-90", "180", "-180", "180.0000000001", "360", "85.06", "20037508.342789244", "1e12",
    "2147483647", "2147483648", "-2147483649", "4294967296", "9223372036854775807", "9223372036854775808",
    "1" * 400, "0." + "0" * 400 + "1", "1_000", "0x10", "1,5", "+7", " 7 ", "١٢", "½", "1e", ".", "--1", "1d3",
)  # fmt: skip
TEXTS = (
    "", " ", "\t\n", "\0", "\x00\x01\x1f", "\x7f", "\ufffe\uffff", "\ud7ff", "é", "日本語", "🗺", "\u202egnp",
    "<script>alert(1)</script>", "]]>", "&amp;&#0;", "' OR 1=1 --", "../../../etc/passwd", "%s%n{0}", "${x}",
    "a" * 5000, "(" * 500, "," * 500, "*", "()", ")(", '"', '"""', "\\", "/", "null", "None", "true", "False",
    "file:///etc/passwd", "http://127.0.0.1:1/", "/vsicurl/http://127.0.0.1:1/a.tif", "\r\nX-Injected: yes",
)  # fmt: skip
RAW = (
    b"%",
    b"%zz",
    b"%ff%fe",
    b"%00",
    b"%c0%af",
    b"%ed%a0%80",
    b"+",
    b"&",
    b"=",
    b"&&==",
    b";",
    b"#",
    b"\xff\xfe",
    b"?",
)

MAP_FORMATS = ("image/png", "image/jpeg", "image/tiff", "image/gif", "IMAGE/PNG", "image/png; mode=8bit", "text/html")
COVERAGE_FORMATS = (
    "image/tiff", "image/tiff; application=geotiff; profile=cloud-optimized", "image/png", "image/jpeg", "image/jp2",
    "application/netcdf", "application/x-netcdf", "application/gml+xml", "image/bmp", "text/plain",
)  # fmt: skip
METHODS = (
    "nearest", "near", "bilinear", "cubic", "cubicspline", "lanczos", "average", "mode", "min", "max", "median",
    "linear", "http://www.opengis.net/def/interpolation/OGC/1/nearest-neighbor", "q1", "none",
)  # fmt: skip
AXES = ("Lat", "Long", "E", "N", "X", "Y", "x", "y", "i", "j", "lat", "ansi", "time", "h", "phenomenonTime", "B")
TIMES = (
    "2020", "2020-01", "2020-01-01", "2020-01-01T00:00:00Z", "2019/2021", "2021/2019", "current", "0000", "9999-12-31",
    "2020-02-30", "2020-01-01T24:00:00Z", "2020/2021/P1D", "2020/2021/P0D", "2020/", "/", "2020-01-01T00:00:60Z",
    "-44-03-15", "12020-01-01", "2020,2020,2020", "0001-01-01/9999-12-31/PT1S", "P1D",
    "'2020'", "2020-01-01T00:00+99:99",
)  # fmt: skip

numbers = st.one_of(
    st.sampled_from(NUMBERS), st.integers().map(str), st.floats().map(repr), st.floats(-400, 400).map(repr),
    st.floats(-3e7, 3e7).map(repr), st.integers(-20, 400).map(str),
)  # fmt: skip
texts = st.one_of(st.sampled_from(TEXTS), st.text(max_size=20), numbers)
crss = st.one_of(
    st.sampled_from(CRSS), st.sampled_from(CRSS), st.sampled_from(ODD_CRSS),
    st.integers(2000, 33000).map(lambda code: f"EPSG:{code}"),
)  # fmt: skip
sizes = st.one_of(st.integers(1, 70), st.integers(1, 70), st.sampled_from((1, 2, 255, 256, 511, 512))).map(str)
factors = st.one_of(st.floats(0.01, 4).map(repr), numbers)


@st.composite
def boxes(draw: st.DrawFn) -> str:
    """Four numbers: a box anywhere on and off the Earth, of any size, in degrees or metres."""
    reach = draw(st.sampled_from((100.0, 200.0, 400.0, 1e6, 2.1e7, 1e8, 1e12)))
    x, y = draw(st.floats(-reach, reach)), draw(st.floats(-reach, reach))
    size = reach * 10.0 ** -draw(st.integers(0, 12))
    ratio = draw(st.sampled_from((1.0, 1.0, 2.0, 0.01, 1e6)))
    return f"{x!r},{y!r},{x + size!r},{y + size * ratio!r}"


def get_maps(names: Sequence[str], homes: Sequence[tuple[str, str]]) -> st.SearchStrategy[Pairs]:
    """GetMap requests of layers; ``homes`` are CRSs with a box in which there is something to see."""
    places = st.one_of(st.sampled_from(list(homes)), st.tuples(crss, boxes()))
    layers = st.one_of(
        st.sampled_from(list(names)), st.lists(st.sampled_from(list(names)), min_size=1, max_size=3).map(",".join)
    )
    fixed = st.tuples(layers, places, sizes, sizes, st.sampled_from(MAP_FORMATS[:4]))

    def pairs(values: tuple[str, tuple[str, str], str, str, str]) -> Pairs:
        name, (crs, box), width, height, media_type = values
        return [
            ("service", "WMS"), ("version", "1.3.0"), ("request", "GetMap"), ("layers", name), ("styles", ""),
            ("crs", crs), ("bbox", box), ("width", width), ("height", height), ("format", media_type),
        ]  # fmt: skip

    values = {
        "transparent": st.sampled_from(("true", "true", "FALSE", "1")),
        "bgcolor": st.sampled_from(("0x102030", "0x102030", "#ffffff", "0xgggggg")),
        "exceptions": st.sampled_from(("XML", "INIMAGE", "BLANK", "inimage", "JSON")),
        "time": st.sampled_from(TIMES),
        "elevation": numbers,
        "dim_B": texts,
        "interpolation": st.sampled_from(METHODS),
        "explain": st.sampled_from(("true", "false")),
    }
    more = {key: _pair(key, value) for key, value in values.items()}
    return _extended(fixed.map(pairs), more)


@dataclass(frozen=True)
class Grid:
    """Where a coverage lies: labels and bounds of its two axes, in the order of its CRS."""

    name: str
    labels: tuple[str, str]
    lower: tuple[float, float]
    upper: tuple[float, float]


def get_coverages(grids: Sequence[Grid]) -> st.SearchStrategy[Pairs]:
    """GetCoverage requests, most of them with subsets that their coverage has."""
    return st.sampled_from(list(grids)).flatmap(_get_coverage)


def _get_coverage(grid: Grid) -> st.SearchStrategy[Pairs]:
    axes = st.one_of(*[st.sampled_from(grid.labels)] * 4, st.sampled_from(AXES))
    bounds = st.one_of(numbers, st.just("*"), st.sampled_from(TIMES).map(lambda time: f'"{time}"'))
    odd = st.one_of(
        st.builds("{}({},{})".format, axes, bounds, bounds),
        st.builds("{}({})".format, axes, bounds),
        st.builds("{},{}({}:{})".format, axes, crss, bounds, bounds),
    )
    own = [_within(grid, axis) for axis in (0, 1)]
    scale = st.one_of(
        st.tuples(st.just("scaleFactor"), factors),
        st.tuples(st.just("scaleSize"), _listed(st.builds("{}({})".format, axes, sizes))),
        st.tuples(st.just("scaleAxes"), _listed(st.builds("{}({})".format, axes, factors))),
        st.tuples(
            st.just("scaleExtent"),
            _listed(st.builds("{}({}:{})".format, axes, st.integers(-9, 40), st.integers(20, 90))),
        ),
    )
    fields = st.sampled_from(("1", "0", "band1", "b1", "1:2", "2:1", "1,1", "b1:b3", "b3:b1", "nothing", ":", "-1"))
    tiling = st.one_of(st.sampled_from(("16", "256", "17")), numbers)
    compression = st.sampled_from(("None", "Deflate", "LZW", "JPEG", "PackBits", "Huffman", "ZIP", "ZSTD"))
    more: dict[str, st.SearchStrategy[Pairs]] = {
        "subset": st.one_of(
            *[st.tuples(*own)] * 4, st.tuples(own[0]), st.tuples(own[1]), st.lists(odd, min_size=1, max_size=2)
        ).map(lambda found: [("subset", text) for text in found]),
        "rangeSubset": _pair("rangeSubset", fields),
        "scale": st.one_of(*[scale.map(lambda found: [found])] * 8, st.lists(scale, max_size=2)),
        "interpolation": _pair("interpolation", st.sampled_from(METHODS)),
        "subsettingCrs": _pair("subsettingCrs", crss),
        "outputCrs": _pair("outputCrs", crss),
        "format": _pair("format", st.sampled_from(COVERAGE_FORMATS)),
        "mediaType": _pair("mediaType", st.sampled_from(("multipart/related", "multipart/related", "multipart/mixed"))),
        "compression": _pair("geotiff:compression", compression),
        "interleave": _pair("geotiff:interleave", st.sampled_from(("Pixel", "Band", "x"))),
        "tiling": st.builds(
            lambda flag, side: [("geotiff:tiling", flag), ("geotiff:tilewidth", side), ("geotiff:tileheight", side)],
            st.sampled_from(("true", "true", "false", "x")), tiling,
        ),
        "predictor": st.builds(
            lambda name, kind: [("geotiff:compression", kind), ("geotiff:predictor", name)],
            st.sampled_from(("None", "Horizontal", "FloatingPoint", "x")), compression,
        ),
        "quality": numbers.map(lambda text: [("geotiff:compression", "JPEG"), ("geotiff:jpeg_quality", text)]),
        "explain": _pair("explain", st.sampled_from(("true", "false"))),
    }  # fmt: skip
    first = [("service", "WCS"), ("version", "2.0.1"), ("request", "GetCoverage"), ("coverageId", grid.name)]
    return _extended(st.just(first), more)


def descriptions(names: Sequence[str]) -> st.SearchStrategy[Pairs]:
    """DescribeCoverage and GetCapabilities requests."""
    described = st.lists(st.sampled_from(list(names)), min_size=1, max_size=4).map(
        lambda some: [
            ("service", "WCS"), ("version", "2.0.1"), ("request", "DescribeCoverage"), ("coverageId", ",".join(some)),
        ]
    )  # fmt: skip
    services = st.sampled_from(("WCS", "WMS", "wcs")).map(
        lambda key: [("service", key), ("request", "GetCapabilities")]
    )
    values = {
        "acceptVersions": st.sampled_from(("2.0.1", "2.0.0,1.1.2", "1.0.0", "2", ",", "2.0.1.1")),
        "version": st.sampled_from(("1.3.0", "1.1.1", "2.0.1", "9.9.9", "1", "0", "a", "1.3.0.0")),
        "sections": st.sampled_from(("All", "Contents", "ServiceIdentification,Contents", "None", ",", "all")),
        "acceptFormats": st.sampled_from(("text/xml", "application/xml,text/xml", "text/html", "*/*")),
        "updateSequence": numbers,
        "acceptLanguages": st.sampled_from(("en", "de,*", "")),
        "format": st.sampled_from(("text/xml", "application/gml+xml", "application/vnd.ogc.wms_xml")),
    }
    more = {key: _pair(key, value) for key, value in values.items()}
    return st.one_of(_extended(described, {"format": more["format"]}), _extended(services, more))


@st.composite
def queries(draw: st.DrawFn, requests: st.SearchStrategy[Pairs]) -> str:
    """Queries of requests: most of them as they are, a third changed in one to three places."""
    pairs = list(draw(requests))
    if draw(st.integers(0, 2)):
        return urlencode(pairs)
    for _ in range(draw(st.integers(1, 3))):
        pairs = draw(_changed(pairs))
    query = urlencode(pairs)
    if draw(st.integers(0, 9)) == 0:
        place = draw(st.integers(0, len(query)))
        raw = quote_from_bytes(draw(st.sampled_from(RAW)), safe="%&=+;#?")
        query = query[:place] + raw + query[place:]
    return query


@st.composite
def _changed(draw: st.DrawFn, pairs: Pairs) -> Pairs:
    """The parameters with one change."""
    if not pairs:
        return [(draw(texts), draw(texts))]
    place = draw(st.integers(0, len(pairs) - 1))
    key, value = pairs[place]
    cut = draw(st.integers(0, len(value)))
    new = draw(
        st.one_of(
            texts.map(lambda text: [(key, text)]),
            texts.map(lambda text: [(key, value[:cut] + text + value[cut:])]),
            st.just([(key, value[:cut])]),
            st.just([]),
            st.just([(key, value), (key, value)]),
            st.just([(key.upper(), value)]),
            st.builds(lambda name, text: [(key, value), (name, text)], texts, texts),
            st.builds(lambda name: [(name, value)], texts),
        )
    )
    return [*pairs[:place], *new, *pairs[place + 1 :]]


def _extended(
    first: st.SearchStrategy[Pairs], more: Mapping[str, st.SearchStrategy[Pairs]]
) -> st.SearchStrategy[Pairs]:
    """The first parameters and up to four of ``more``."""
    chosen = st.lists(st.sampled_from(sorted(more)), max_size=4, unique=True).flatmap(
        lambda keys: st.tuples(*(more[key] for key in keys))
    )
    return st.builds(lambda pairs, others: [*pairs, *chain.from_iterable(others)], first, chosen)


def _pair(key: str, values: st.SearchStrategy[str]) -> st.SearchStrategy[Pairs]:
    return values.map(lambda value: [(key, value)])


def _listed(items: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(items, min_size=1, max_size=2).map(",".join)


def _within(grid: Grid, axis: int) -> st.SearchStrategy[str]:
    """Trims, and now and then a slice, along an axis of a coverage; they may reach over its ends."""
    low, size = grid.lower[axis], grid.upper[axis] - grid.lower[axis]
    parts = st.floats(-0.2, 1.2)

    def text(one: float, other: float) -> str:
        start, end = (low + size * part for part in sorted((one, other)))
        return f"{grid.labels[axis]}({start!r},{end!r})"

    return st.one_of(*[st.builds(text, parts, parts)] * 5, parts.map(lambda one: text(one, one)))
