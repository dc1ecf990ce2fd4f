# SPDX-License-Identifier: MIT
"""Rules of the WCPS specification, by their sections: a query for each, and the text or the code of its answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.applications import Application, application, instance_template
from tests.services.wcps.fuzz import coverages
from tests.xmlschemas import NS, parse_xml

__all__ = ["instance_template"]

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def app(instance_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    """Answer an application that serves small versions of the samples."""
    with application(tmp_path_factory.mktemp("rules"), instance_template) as found:
        for coverage in coverages().values():
            found.instance.ingestion.insert(coverage)
        yield found


def answer(app: Application, query: str) -> str:
    """The text that a query is answered, or the code with which it is refused."""
    found = app.client.post("/ows/wcps", data={"query": query})
    if found.status_code == 200:
        return found.get_data(as_text=True)
    (exception,) = parse_xml(found.data).iterfind("ows:Exception", NS)
    return f"{found.status_code} {exception.get('exceptionCode')}"


MR = "for $c in (mr) return "
EOBS = "for $c in (eobs) return "

RULES = [
    # section 2, lexical rules
    ("2 keywords", "FoR $c iN (mr) ReTuRn MAX($c)", "20"),
    ("2 identifiers", "for c in (mr) return max(c)", "20"),
    ("2 identifiers", "for $c in (MR) return 1", "404 NoSuchCoverage"),
    ("2 keyword clash", "for $lo in (mr) return max($lo)", "20"),
    ("2 real", f"{MR}.5 + 1e2", "100.5"),
    ("2 NaN", f"{MR}nan", "NaN"),
    ("2 complex", f"{MR}(1.5, -2)", "(1.5,-2)"),
    ("2 string", f'{MR}identifier($c) = "m\\\\r"', "false"),
    ("2 comments", f"/* a */ {MR}/* b */ 1 -- c", "1"),
    # section 3, grammar and precedence
    ("3 let before where", "for $c in (mr) let $a := max($c) where $a > 1 return $a", "20"),
    ("3 where before let", "for $c in (mr) where max($c) > 1 let $a := max($c) return $a", "20"),
    ("3 for repeated", "for $c in (mr) for $d in (mr) return max($c + $d)", "40"),
    ("3 precedence", f"{MR}2 + 3 * 4 - -1", "15"),
    ("3 precedence", f"{MR}true or false and false", "true"),
    ("3 precedence", f"{MR}1 + 2 < 4 and 5 - 1 = 4", "true"),
    ("3 precedence of casts", f"{MR}(char) 300.5 + 1", "256"),
    ("3 left-associative", f"{MR}10 - 3 - 2", "5"),
    ("3 comparisons do not chain", f"{MR}1 < 2 < 3", "400 SyntaxError"),
    ("3 rangeCtor separators", f"{MR}{{a: 1, b: 2}}", "400 SyntaxError"),
    ("3 slice without braces", f"{MR}slice($c, i(3), j(2))", "7"),
    ("3 return in parentheses", "for $c in (mr) return (max($c))", "20"),
    # section 4, model
    ("4 iteration",
     "for $c in (mr, rgb), $d in (mr, rgb) where max($c.0) < 100 return identifier($d)",
     "mr\nrgb\nmr\nrgb"),
    ("4 let uses earlier ones", "for $c in (mr) let $a := 2, $b := $a * 3 return $b", "6"),
    ("4 un-encoded array", f"{MR}$c", "400 InvalidRequest"),
    ("4 no result", "for $c in (mr) where false return 1", ""),
    ("4 scalars: structs", "for $c in (rgb) return $c[i(1), j(1)]", "{ 1, 1, 2 }"),
    ("4 0-D: subset", f"{MR}avg($c)[i(1)]", "400 InvalidRequest"),
    ("4 0-D: clip", f"{MR}clip(avg($c), POLYGON((0 0, 0 1, 1 1)))", "400 InvalidRequest"),
    ("4 0-D: extend", f'{MR}extend(avg($c), {{i:"CRS:1"(0:9)}})', "400 InvalidRequest"),
    ("4 0-D: scale", f"{MR}scale(avg($c), {{imageCrsDomain($c)}})", "400 InvalidRequest"),
    ("4 0-D: crsTransform", f'{MR}crsTransform(avg($c), "EPSG:4326")', "400 InvalidRequest"),
    ("4 0-D: crsSet", f"{MR}crsSet(avg($c))", "400 InvalidRequest"),
    ("4 0-D: identifier", f"{MR}identifier(avg($c))", "400 InvalidRequest"),
    ("4 0-D: domain", f"{MR}domain(avg($c))", "400 InvalidRequest"),
    ("4 0-D: imageCrsDomain", f"{MR}imageCrsDomain($c[i(1), j(1)])", "400 InvalidRequest"),
    ("4 0-D: range selection", f"{MR}avg($c).0", "400 InvalidRequest"),
    # section 4.1, domains
    ("4.1 order of axes", f"{MR}imageCrsDomain($c[j(0:2), i(0:3)])", "(0:2,0:1)"),
    ("4.1 star in a slice", f"{MR}$c[i(*), j(0)]", "400 SyntaxError"),
    ("4.1 far bound of a slice", f"{MR}$c[i(9), j(7)]", "20"),
    ("4.1 partly outside", f"{MR}imageCrsDomain($c[i(-5:2), j(5:99)])", "(0:1,5:6)"),
    ("4.1 wholly outside", f"{MR}max($c[i(20:30)])", "400 InvalidSubsetting"),
    ("4.1 inverted", f"{MR}max($c[i(5:2)])", "400 InvalidSubsetting"),
    ("4.1 one horizontal axis in another CRS", f'{EOBS}max($c[Lat:"EPSG:3857"(0:9)])', "400 InvalidSubsetting"),
    ("4.1 dates", f'{EOBS}$c[t("1950-01-02T00:00:00.000Z"), Lat(39), Long(42)]', "98"),
    ("4.1 dates", f'{EOBS}$c[t("1950-13-02")]', "400 InvalidSubsetting"),
    ("4.1 bounds are expressions", f"{MR}$c[i(6/2), j(1 + 1)]", "7"),
    ("4.1 integral floats", f"{MR}$c[i(6.0/2), j(2)]", "7"),
    ("4.1 Lon and Long", f"{EOBS}imageCrsDomain($c[Lon(41:42)], Long)", "(2:3)"),
    ("4.1 axis repeated", f"{MR}$c[i(1), i(2)]", "404 InvalidAxisLabel"),
    ("4.1 binary: axes", "for $c in (mr), $d in (eobs) return max($c + $d)", "400 SemanticError"),
    ("4.1 binary: extents", f"{MR}max($c[i(0:3)] + $c[i(0:4)])", "400 SemanticError"),
    ("4.1 binary: common origin", f"{MR}max($c[i(0:3)] - $c[i(3:6)])", "253"),
    ("4.1 binary: coefficients",
     'for $c in (irr) return max($c[ansi:"CRS:1"(0:1)] + $c[ansi:"CRS:1"(1:2)])',
     "400 SemanticError"),
    ("4.1 iterators: star", f"{MR}condense + over $x x(*:3) using $x", "400 SyntaxError"),
    ("4.1 iterators: text", f'{MR}condense + over $x x("a":"b") using $x', "400 SemanticError"),
    ("4.1 iterators: redefined", f"{MR}condense + over $c x(0:3) using 1", "400 SemanticError"),
    # section 4.2, scaling
    ("4.2 pixel picked", f'{MR}encode(scalesize($c, [i(4), j(1)]), "csv")', "{0},{2},{4},{6}"),
    ("4.2 ratio", f'{MR}imageCrsDomain(scale($c, {{i:"CRS:1"(0:3)}}))', "(0:3,0:6)"),
    ("4.2 others omitted", f'{EOBS}imageCrsDomain(scale($c, {{Lat:"CRS:1"(0:1)}}))', "(0:2,0:1,0:1)"),
    ("4.2 scalefactor", f"{MR}imageCrsDomain(scalefactor($c, 0.5))", "(0:4,0:3)"),
    ("4.2 scalefactor of nothing", f"{MR}max(scalefactor($c, 0))", "400 InvalidScaleFactor"),
    ("4.2 scaleextent reversed", f"{MR}max(scaleextent($c, [i(3:1)]))", "400 InvalidExtent"),
    ("4.2 irregular", "for $c in (irr) return max(scalesize($c, [ansi(2)]))", "400 UnsupportedCombination"),
    ("4.2 irregular identity", "for $c in (irr) return imageCrsDomain(scalesize($c.b1, [ansi(4)]), ansi)", "(0:3)"),
    ("4.2 unknown axis", f"{MR}max(scalesize($c, [q(2)]))", "400 ScaleAxisUndefined"),
    ("4.2 labels differ",
     "for $c in (mr), $d in (eobs) return max(scale($c, {imageCrsDomain($d)}))",
     "400 InvalidRequest"),
    # section 4.3, shapes
    ("4.3 extend contains", f'{MR}max(extend($c, {{i:"CRS:1"(3:9)}}))', "400 InvalidExtent"),
    ("4.3 extend fills", f'{MR}min(extend($c + 1, {{i:"CRS:1"(-1:8)}}))', "0"),
    ("4.3 crsTransform: 2-D", f'{EOBS}max(crsTransform($c, "EPSG:3857"))', "400 InvalidRequest"),
    ("4.3 crsTransform: georeferenced", f'{MR}max(crsTransform($c, "EPSG:3857"))', "400 InvalidRequest"),
    ("4.3 crsTransform: one CRS",
     f'{EOBS}max(crsTransform($c[t(1)], {{Lat:"EPSG:3857", Long:"EPSG:4326"}}))',
     "400 InvalidSubsetting"),
    ("4.3 clip: duplicate vertices", f"{MR}max(clip($c, POLYGON((1 1, 1 1, 3 3, 3 1))))", "400 InvalidSubsetting"),
    ("4.3 clip: coordinates", f"{MR}max(clip($c, POLYGON((1 1 1, 3 3 3, 3 1 1))))", "400 InvalidSubsetting"),
    ("4.3 corridor: no multipolygon",
     f"{EOBS}max(clip($c"
     ", CORRIDOR(projection(Lat, Long), LINESTRING(39 41, 38 42), MULTIPOLYGON(((39 41, 39 42, 38 42))))))",
     "400 InvalidRequest"),
    # section 4.4, types and nulls
    ("4.4 wrapping", f"{MR}(char) 200 + (char) 100", "44"),
    ("4.4 literals", f"{MR}(char) 200 + 100", "300"),
    ("4.4 saturating casts", f"{MR}(unsigned char)(119 * 3)", "255"),
    ("4.4 truncating casts", f"{MR}(long) -2.7", "-2"),
    ("4.4 mixed signs", f"{MR}(char) 200 + (octet) -100", "100"),
    ("4.4 mixed signs", f"{MR}(unsigned long) 4000000000 + (long) -1", "3999999999"),
    ("4.4 unknown type", f"{MR}(blob) 1", "400 SyntaxError"),
    ("4.4 division", f"{MR}7 / 2 + -7 / 2", "0"),
    ("4.4 division by 0", f"{MR}1 / 0", "400 RasdamanRequestFailed"),
    ("4.4 division by 0", f"{MR}1.0 / 0", "Infinity"),
    ("4.4 log and ln", f"{MR}log(100) + ln(1)", "2"),
    ("4.4 mod 0", f"{MR}mod(5, 0)", "400 RasdamanRequestFailed"),
    ("4.4 comparison of bands", "for $c in (rgb) return count($c = $c)", "48"),
    ("4.4 comparison of bands", "for $c in (rgb) return count($c < $c)", "400 SemanticError"),
    ("4.4 bit", f"{MR}bit(5, 0)", "true"),
    ("4.4 overlay", f"{MR}3 overlay 0", "3"),
    ("4.4 booleans count", f"{MR}true + true", "2"),
    ("4.4 band counts",
     "for $c in (rgb), $d in (irr) return max({a: $c.0; b: $c.1}[i(1), j(1)] + $c[i(1), j(1)])",
     "400 SemanticError"),
    ("4.4 one band with all", "for $c in (rgb) return max($c * 0 + $c.red / 7)", "{ 1, 1, 1 }"),
    ("4.4 null in, null out", f"{EOBS}count($c + 1 is null) = count($c is null)", "true"),
    ("4.4 null compared", f"{EOBS}count($c = $c or $c != $c) + count($c is null) = cellCount($c)", "true"),
    ("4.4 aggregates of nulls", f"{EOBS}add($c null values [-9999:9999])", "0"),
    ("4.4 aggregates of nulls", f"{EOBS}avg($c null values [-9999:9999])", "NaN"),
    ("4.4 condense on nothing", f"{MR}condense + over $x x(0:3) where $x > 9 using $x", "0"),
    ("4.4 condense on nothing", f"{MR}condense * over $x x(0:3) where $x > 9 using $x", "1"),
    ("4.4 condense on nothing", f"{MR}condense and over $x x(0:3) where $x > 9 using $x = 1", "true"),
    ("4.4 condense on nothing", f"{MR}condense or over $x x(0:3) where $x > 9 using $x = 1", "false"),
    # section 4.5, switch
    ("4.5 first true", f"{MR}switch case true return 1 case true return 2 default return 3", "1"),
    ("4.5 bands", f"{MR}switch case true return {{a: 1; b: 2}} default return 3", "400 SemanticError"),
    ("4.5 names may differ", f"{MR}switch case false return {{a: 1; b: 2}} default return {{x: 3; y: 4}}", "{ 3, 4 }"),
    ("4.5 null conditions",
     f"{EOBS}count((switch case $c > -10000 return 1 default return 0) = 0) = count($c is null)",
     "true"),
    # section 4.6, flip, sort, calendar
    ("4.6 flip keeps the domain", f"{MR}domain(flip $c along i)", "(0:9,0:7)"),
    ("4.6 flip", f"{MR}(flip $c along i)[i(0), j(0)]", "8"),
    ("4.6 flip along nothing", f"{MR}max(flip $c along q)", "404 InvalidAxisLabel"),
    ("4.6 sort is stable", f"{MR}(sort $c along i desc by avg($c))[i(0), j(0)]", "8"),
    ("4.6 sort by a subset of its axis", f"{MR}max(sort $c along i by $c[i(1), j(1)])", "404 InvalidAxisLabel"),
    ("4.6 calendar", f'{MR}months("2008-11-15":"2009-01-02")', "(11,12,1)"),
    ("4.6 resolution", f"{EOBS}domain($c, Lat).resolution", "-0.5"),
    # section 5, metadata
    ("5 imageCrsDomain", f"{EOBS}imageCrsDomain($c)", "(0:2,0:4,0:5)"),
    ("5 imageCrsDomain of a part", f"{EOBS}imageCrsDomain($c[Lat(38:39)], Lat)", "(2:3)"),
    ("5 hi without axis", f"{EOBS}imageCrsDomain($c).hi", "400 InvalidRequest"),
    ("5 domain", f"{EOBS}domain($c, t)", '("1949-12-31T12:00:00.000Z":"1950-01-03T12:00:00.000Z")'),
    ("5 domain of a foreign CRS", f'{EOBS}domain($c, Long, "EPSG:32633")', "400 InvalidRequest"),
    ("5 domain in the grid", f'{EOBS}domain($c, Long, "CRS:1")', "(0:5)"),
    ("5 imageCrs", f"{EOBS}imageCrs($c)", "http://www.opengis.net/def/crs/OGC/0/Index3D"),
    ("5 identifier", "for $c in (mr), $d in (mr) return identifier($c + $d)", "mr"),
    ("5 nilSet", f"{EOBS}nilSet($c)", "{-9999}"),
    ("5 cellCount", f"{EOBS}cellCount($c)", "90"),
    # section 6, encode
    ("6 csv", f'{MR}encode($c[i(0:2), j(0:2)], "csv")', "{0,2},{1,3}"),
    ("6 csv of one axis", f'{MR}encode($c[i(0), j(0:3)], "text/csv")', "0,2,4"),
    ("6 json", f'{MR}encode($c[i(0:2), j(0:2)], "JSON")', "[[0,2],[1,3]]"),
    ("6 several bands", 'for $c in (rgb) return encode($c[i(1), j(0:2)], "csv")', '"1 0 1","1 1 2"'),
    ("6 order",
     f'{MR}encode($c[i(0:2), j(0:2)], "csv", "{{\\"formatParameters\\": {{\\"order\\": \\"inner_outer\\"}}}}")',
     "{0,1},{2,3}"),
    ("6 unknown key", f'{MR}encode($c, "png", "{{\\"nodat\\": 1}}")', "400 InvalidParameterValue"),
    ("6 nodata of other bands", f'{MR}encode($c, "png", "{{\\"nodata\\": [1, 2]}}")', "400 InvalidParameterValue"),
    ("6 describe json", f'{MR}describe($c, "json")', "400 InvalidRequest"),
    # section 7, errors
    ("7 syntax", "for $c in", "400 SyntaxError"),
    ("7 missing query", "", "400 WCSPMissingQueryParameter"),
    ("7 unknown field", "for $c in (rgb) return max($c.alpha)", "400 NoSuchField"),
    ("7 unknown format", f'{MR}encode($c, "image/nothing")', "404 NoSuchMediaType"),
    ("7 interpolation",
     f'{EOBS}max(crsTransform($c[t("1950-01-01")], "EPSG:3857", {{magic}}))',
     "501 InterpolationMethodNotSupported"),
    ("7 unresolvable CRS", f'{EOBS}max($c[Lat:"EPSG:999999"(1:2)])', "400 InvalidParameterValue"),
]  # fmt: skip
"""Section and topic, query, answer."""


@pytest.mark.parametrize(("rule", "query", "expected"), RULES, ids=[f"{rule}-{query}" for rule, query, _ in RULES])
def test_a_rule(app: Application, rule: str, query: str, expected: str) -> None:
    assert answer(app, query) == expected, f"section {rule}"
