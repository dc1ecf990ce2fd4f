# SPDX-License-Identifier: MIT
"""Each expression of the XML syntax has the tree of its text."""

from __future__ import annotations

import pytest

from eoxserver.core.errors import WcpsSyntaxError
from eoxserver.services.ows.xml import parse
from eoxserver.services.wcps.parse import parse_query
from eoxserver.services.wcps.xml import ProcessCoverages, read_process_coverages

WCPS = 'xmlns="http://www.opengis.net/wcps/1.0" xmlns:gml="http://www.opengis.net/gml"'
C = "<coverage>$c</coverage>"
ONE, TWO = "<numericConstant>1</numericConstant>", "<numericConstant>2.5</numericConstant>"
LOW_HIGH = f"<lowerBound>{ONE}</lowerBound><upperBound>{TWO}</upperBound>"
OVER = "<iteratorVar>$x</iteratorVar><axis>x</axis>"


def read(result: str, before: str = "") -> ProcessCoverages:
    document = (
        f"<ProcessCoveragesRequest {WCPS}><query><xmlSyntax><coverageIterator><iteratorVar>$c</iteratorVar>"
        f"<coverageName>mr</coverageName></coverageIterator>{before}{result}</xmlSyntax></query>"
        "</ProcessCoveragesRequest>"
    )
    return read_process_coverages(parse(document.encode()))


@pytest.mark.parametrize(
    ("element", "text"),
    [
        (f"<encode>{C}<format>png</format></encode>", 'encode($c, "png")'),
        (
            f"<encode>{C}<format>png</format><extraParameters>nodata=0</extraParameters></encode>",
            'encode($c, "png", "nodata=0")',
        ),
        (f"<avg>{C}</avg>", "avg($c)"),
        (f"<reduce><max>{C}</max></reduce>", "max($c)"),
        (f"<plus>{C}{ONE}</plus>", "$c + 1"),
        (
            f"<booleanAnd><booleanConstant>1</booleanConstant><booleanNot>{C}</booleanNot></booleanAnd>",
            "true and not $c",
        ),
        (f"<numericUnaryMinus>{TWO}</numericUnaryMinus>", "-2.5"),
        (f"<unaryMinus>{C}</unaryMinus>", "-$c"),
        ("<complexConstant><re>1</re><im>-2</im></complexConstant>", "(1, -2)"),
        ("<stringConstant>a b</stringConstant>", '"a b"'),
        ("<numericConstant>NaN</numericConstant>", "nan"),
        (f"<sqrt>{C}</sqrt>", "sqrt($c)"),
        (f"<bit>{C}<bitIndex>7</bitIndex></bit>", "bit($c, 7)"),
        (f"<cast>{C}<type>unsigned short</type></cast>", "(unsigned short) $c"),
        (f"<fieldSelect>{C}<field><name>red</name></field></fieldSelect>", "$c.red"),
        (
            f"<rangeConstructor><component><field><name>a</name></field>{C}</component></rangeConstructor>",
            "{a: $c}",
        ),
        (f"<identifier>{C}</identifier>", "identifier($c)"),
        (f"<nullSet>{C}</nullSet>", "nilSet($c)"),
        (f"<imageCrsDomain>{C}<axis>x</axis></imageCrsDomain>", "imageCrsDomain($c, x)"),
        (
            f"<DomainMetadata>{C}<axis>x</axis><gml:srsName>CRS:1</gml:srsName></DomainMetadata>",
            'domain($c, x, "CRS:1")',
        ),
        (f"<trim>{C}<axis>x</axis>{LOW_HIGH}<axis>y</axis>{LOW_HIGH}</trim>", "$c[x(1:2.5), y(1:2.5)]"),
        (
            f"<trim>{C}<axis>x</axis>{C}<axis>y</axis><gml:srsName>CRS:1</gml:srsName><axis>t</axis>{LOW_HIGH}</trim>",
            '$c[x(domain($c, y, "CRS:1")), t(1:2.5)]',
        ),
        (
            f"<slice>{C}<axis>x</axis><gml:srsName>CRS:1</gml:srsName><slicingPosition>{ONE}</slicingPosition></slice>",
            '$c[x:"CRS:1"(1)]',
        ),
        (f"<extend>{C}<axis>x</axis>{LOW_HIGH}</extend>", "extend($c, {x(1:2.5)})"),
        (
            f"<scale>{C}<axis>x</axis>{LOW_HIGH}<name>red</name><interpolationMethod>nearest</interpolationMethod>"
            "<nullResistance>full</nullResistance></scale>",
            "scale($c, {x(1:2.5)})",
        ),
        (
            f"<crsTransform>{C}<axis>x</axis><gml:srsName>EPSG:3857</gml:srsName>{LOW_HIGH}"
            "<name>red</name><interpolationMethod>cubic</interpolationMethod></crsTransform>",
            'crsTransform($c, {x:"EPSG:3857"}, {cubic}, {x:"EPSG:3857"(1:2.5)})',
        ),
        (
            f"<condense><opMax/><iterator>{OVER}{ONE}{TWO}</iterator><where><booleanConstant>true</booleanConstant>"
            f"</where>{C}</condense>",
            "condense max over $x x(1:2.5) where true using $c",
        ),
        (
            f"<construct><name>k</name><axisIterator>{OVER}{C}<axis>y</axis></axisIterator><variable>$x</variable>"
            "</construct>",
            "coverage k over $x x(imageCrsDomain($c, y)) values $x",
        ),
        (
            f"<const><name>k</name><axisIterator>{OVER}{ONE}{TWO}</axisIterator><value>{ONE}</value>"
            f"<value>{TWO}</value></const>",
            "coverage k over $x x(1:2.5) value list <1; 2.5>",
        ),
    ],
)
def test_xml_and_text_are_one_tree(element: str, text: str) -> None:
    assert repr(read(element).query) == repr(parse_query(f"for $c in (mr) return {text}"))


def test_where_and_several_coverages() -> None:
    where = f"<where><booleanGreaterThan><avg>{C}</avg>{ONE}</booleanGreaterThan></where>"
    more = "<coverageIterator><iteratorVar>d</iteratorVar><coverageName>a</coverageName><coverageName>b</coverageName>"
    tree = read(ONE, f"{more}</coverageIterator>{where}").query
    assert tree == parse_query("for $c in (mr), d in (a, b) where avg($c) > 1 return 1")


TEXT = 'for $c in (mr) where avg($c) < 3 return encode($c, "$1")'
PROC = 'xmlns:proc="http://www.opengis.net/wcs/processing/2.0"'
REQUEST = (
    f"<proc:ProcessCoverages {PROC} service='WCS' version='2.0.1'><proc:query><![CDATA[{TEXT}]]></proc:query>"
    "<proc:extraParameter>png</proc:extraParameter></proc:ProcessCoverages>"
)


@pytest.mark.parametrize(
    "document",
    [
        REQUEST,
        f'<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"><e:Header/><e:Body>{REQUEST}</e:Body></e:Envelope>',
    ],
)
def test_requests_carry_text_and_parameters(document: str) -> None:
    assert read_process_coverages(parse(document.encode())) == ProcessCoverages(parse_query(TEXT), TEXT, ("png",))


def test_abstract_syntax_in_a_request() -> None:
    query = "<query><abstractSyntax>for c in (mr) <!-- x --> return 1</abstractSyntax></query>"
    document = f"<ProcessCoveragesRequest {WCPS}>{query}</ProcessCoveragesRequest>"
    assert read_process_coverages(parse(document.encode())).query == parse_query("for c in (mr) return 1")


@pytest.mark.parametrize(
    ("element", "message"),
    [
        ("<frob/>", "'frob' is no expression"),
        (f"<plus>{C}</plus>", "'plus' holds 2 expression\\(s\\), not 1"),
        ("<numericConstant>x</numericConstant>", "'x' is no finite number"),
        ("<booleanConstant>maybe</booleanConstant>", "'maybe' is neither true nor false"),
        (f"<bit>{C}<bitIndex>0.5</bitIndex></bit>", "'0.5' is no whole number"),
        (f"<cast>{C}<type>blob</type></cast>", "there is no type 'blob'"),
        (f"<setNullSet>{C}</setNullSet>", "'setNullSet' is not part of the language here"),
        (f"<trim>{C}</trim>", "'trim' needs an axis"),
        (f"<trim>{C}<axis>x</axis></trim>", "axis x needs 'lowerBound'"),
        (f"<condense><opFoo/><iterator>{OVER}{ONE}{TWO}</iterator>{C}</condense>", "'opFoo' does not condense"),
        (f"<construct><name>k</name>{C}</construct>", "'construct' needs 'axisIterator'"),
        ("<construct><name>k</name><axisIterator/><coverage>c</coverage></construct>", "an iterator holds"),
        (f"{ONE}{ONE}", "a query has one result, not 2"),
        ("<coverage><b/></coverage>", "'coverage' holds text, not 'b'"),
        ("<abs>" * 200 + C + "</abs>" * 200, "more than 150 deep"),
        (f"<const><name>k</name><axisIterator>{OVER}{ONE}{TWO}</axisIterator></const>", "'const' needs 'value'"),
        ("<abs/>", "'abs' holds 1 expression\\(s\\), not 0"),
        ("<bit/>", "'bit' needs 'bitIndex'"),
        ("<rangeConstructor/>", "'rangeConstructor' needs a component"),
        (f"<scale>{C}<axis>x</axis>{LOW_HIGH}<interpolationMethod>cubic</interpolationMethod></scale>", "nearest cell"),
    ],
)
def test_what_cannot_be_read_is_told(element: str, message: str) -> None:
    with pytest.raises(WcpsSyntaxError, match=message):
        read(element)


@pytest.mark.parametrize("document", ["<a/>", "<Envelope/>", "<Envelope><Body/></Envelope>", "<ProcessCoverages/>"])
def test_other_documents_are_refused(document: str) -> None:
    with pytest.raises(WcpsSyntaxError):
        read_process_coverages(parse(document.encode()))
