# SPDX-License-Identifier: MIT
"""WCS-T requests that are wrong: each ends in the error of its name, and nothing has changed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lxml import etree

from tests.applications import Application, application, instance_template
from tests.backends.rasters import write
from tests.integration.transactions import ask, code, insert, pyramid, slice_of, values
from tests.services.wcst import documents
from tests.xmlschemas import ValidateXml

__all__ = ["instance_template"]

pytestmark = pytest.mark.integration

OUTSIDE = "file:///etc/passwd"
GOOD = documents.index2d("other")


def without(tag: str, document: str) -> str:
    """The document without an element and what is in it."""
    root = etree.fromstring(document.encode())
    element = found(root, tag)
    parent = element.getparent()
    assert parent is not None
    parent.remove(element)
    return etree.tostring(root, encoding="unicode")


def doubled(tag: str, document: str) -> str:
    """The document with an element twice."""
    root = etree.fromstring(document.encode())
    element = found(root, tag)
    element.addnext(etree.fromstring(etree.tostring(element)))
    return etree.tostring(root, encoding="unicode")


def found(root: etree._Element, tag: str) -> etree._Element:
    """The first element of a name, whatever its namespace."""
    return next(element for element in root.iter() if etree.QName(element).localname == tag)


MAP = documents.grid2d(documents.cells(",".join(map(str, range(24)))), "other")
FILE = documents.grid2d(documents.file_cells("file:///nowhere/a.tif"), "other")
LOW = "<gml:low>0 0</gml:low>"
WRONG_LOWS = {"0": "WCSTHighLowDifferentSizes", "0 x": "WCSTWrongIntervalFormat", "0 9": "WCSTWrongIntervalFormat"}
BAD_INSERTS: list[tuple[dict[str, str], str, int]] = [
    ({}, "WCSTMissingCoverageParameter", 400),
    ({"inputCoverage": GOOD, "inputCoverageRef": OUTSIDE}, "InvalidRequest", 400),
    ({"inputCoverage": GOOD, "useId": "old"}, "WCSTUnknownUseId", 400),
    ({"inputCoverage": GOOD, "foo": "1"}, "InvalidRequest", 400),
    ({"inputCoverage": GOOD, "tiling": "CLOSE TOGETHER"}, "InvalidParameterValue", 400),
    ({"inputCoverage": GOOD, "tiling": "ALIGNED [0:1]"}, "InvalidParameterValue", 400),
    ({"inputCoverage": GOOD, "pixelDataType": "Int12"}, "InvalidParameterValue", 400),
    ({"inputCoverage": GOOD, "pixelDataType": "Byte,Byte"}, "InvalidParameterValue", 400),
    ({"inputCoverage": GOOD, "pixelDataType": "CFloat32"}, "InvalidParameterValue", 400),
    ({"inputCoverage": documents.index2d("demo")}, "WCSTDuplicatedCoverageName", 400),
    ({"inputCoverage": documents.index2d("a b")}, "InvalidParameterValue", 400),
    ({"inputCoverageRef": "gopher://a/b"}, "WCSTMalformedURL", 400),
    ({"inputCoverageRef": "http://[::1/a"}, "WCSTMalformedURL", 400),
    ({"inputCoverageRef": "file://elsewhere/a"}, "WCSTMalformedURL", 400),
    ({"inputCoverageRef": OUTSIDE}, "AccessDenied", 403),
    ({"inputCoverageRef": "file:///{data}/../conf/admin.credentials"}, "AccessDenied", 403),
    ({"inputCoverageRef": "file:///{data}/link"}, "AccessDenied", 403),
    ({"inputCoverageRef": "file:///{data}/none.gml"}, "WCSTCoverageNotFound", 404),
    ({"inputCoverage": "no XML"}, "WCSTInvalidXML", 400),
    ({"inputCoverage": "<a/>"}, "WCSTInvalidXML", 400),
    ({"inputCoverage": GOOD[:-20]}, "WCSTInvalidXML", 400),
    ({"inputCoverage": f'<!DOCTYPE a [<!ENTITY x "y">]>{GOOD[38:]}'}, "WCSTInvalidXML", 400),
    *(
        ({"inputCoverage": without(tag, MAP)}, f"WCSTMissing{name}", 400)
        for tag, name in {
            "boundedBy": "BoundedBy", "Envelope": "Envelope", "domainSet": "DomainSet", "RectifiedGrid": "GridType",
            "limits": "Limits", "GridEnvelope": "GridEnvelope", "low": "Low", "high": "High",
            "lowerCorner": "LowerCorner", "upperCorner": "UpperCorner", "Point": "Point", "pos": "Pos",
        }.items()
    ),
    ({"inputCoverage": doubled("boundedBy", MAP)}, "WCSTMissingBoundedBy", 400),
    ({"inputCoverage": doubled("low", MAP)}, "WCSTMissingLow", 400),
    *(
        ({"inputCoverage": MAP.replace(LOW, f"<gml:low>{low}</gml:low>")}, name, 400)
        for low, name in WRONG_LOWS.items()
    ),
    ({"inputCoverage": MAP.replace("Corner>48.0 10", "Corner>nine 10")}, "WCSTWrongIntervalFormat", 400),
    ({"inputCoverage": doubled("offsetVector", MAP)}, "WCSTWrongNumberOfOffsetVectors", 400),
    ({"inputCoverage": MAP.replace(">0 0.5<", ">0.1 0.5<")}, "WCSTOnlyRectifiedGridsSupported", 400),
    ({"inputCoverage": MAP.replace("RectifiedGrid ", "Cloud ").replace("RectifiedGrid>", "Cloud>")},
     "WCSTOnlyRectifiedGridsSupported", 400),
    ({"inputCoverage": MAP.replace("0,1,2", "0,1")}, "WCSTWrongNumberOfPixels", 400),
    ({"inputCoverage": MAP.replace("0,1,2", "0,one,2")}, "InvalidParameterValue", 400),
    ({"inputCoverage": doubled("tupleList", MAP)}, "WCSTWrongNumberOfTupleLists", 400),
    ({"inputCoverage": without("rangeSet", MAP)}, "WCSTWrongNumberOfRangeSetElements", 400),
    ({"inputCoverage": without("DataBlock", MAP)}, "WCSTWrongNumberOfDataBlockElements", 400),
    ({"inputCoverage": doubled("DataBlock", MAP)}, "WCSTWrongNumberOfDataBlockElements", 400),
    ({"inputCoverage": doubled("File", FILE)}, "WCSTWrongNumberOfFileElements", 400),
    ({"inputCoverage": without("fileReference", FILE)}, "WCSTWrongNumberOfFileReferenceElements", 400),
    ({"inputCoverage": without("fileStructure", FILE)}, "WCSTWrongNumberOfFileStructureElements", 400),
    ({"inputCoverage": FILE}, "AccessDenied", 403),
    ({"inputCoverage": FILE.replace("/nowhere/", "/{data}/")}, "WCSTCoverageNotFound", 404),
    ({"inputCoverage": FILE.replace("/nowhere/a.tif", "/{data}/small.tif")}, "WCSTWrongNumberOfPixels", 400),
    ({"inputCoverage": FILE.replace("/nowhere/a.tif", "/{data}/words.tif")}, "InvalidParameterValue", 400),
    ({"inputCoverage": FILE.replace("/nowhere/a.tif", "/{data}/all.vrt")}, "AccessDenied", 403),
    ({"inputCoverage": FILE.replace("rangeParameters></", "rangeParameters>{{]</")}, "InvalidParameterValue", 400),
    ({"inputCoverage": MAP.replace("4326", "999999")}, "InvalidParameterValue", 400),
    ({"inputCoverage": MAP.replace("</gmlcov:rangeType>", "</gmlcov:rangeType><gmlcov:metadata><gmlcov:Extension>a: b"
                                   "</gmlcov:Extension></gmlcov:metadata>")}, "WCSTInvalidXML", 400),
]  # fmt: skip


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, instance_template: Path) -> Iterator[Application]:
    """An instance with some coverages and files, which no bad request may change."""
    with application(tmp_path_factory.mktemp("bad"), instance_template) as app:
        insert(app, documents.index2d())
        insert(app, slice_of(1, "2008-01-01"))
        insert(app, documents.grid2d(documents.cells(",".join(map(str, range(24))))))
        data = app.instance.paths.data
        write(data / "small.tif", np.zeros((1, 2, 2), "uint8"), bounds=(0, 0, 2, 2))
        write(data / "complex.tif", np.ones((1, 2, 3), "complex64"), bounds=(0, 0, 3, 2))
        write(data / "large.tif", np.full((1, 2, 3), 1000, "int16"), bounds=(0, 0, 3, 2))
        (data / "words.tif").write_text("nothing but words")
        (data / "all.vrt").write_text('<VRTDataset rasterXSize="6" rasterYSize="4"></VRTDataset>')
        (data / "link").symlink_to("/etc/passwd")
        yield app


def refuse(app: Application, request: str, form: dict[str, Any], name: str, status: int, validate: ValidateXml) -> None:
    """A request must end in this error, and change nothing."""
    data = str(app.instance.paths.data).lstrip("/")
    form = {key: value.replace("{data}", data) if isinstance(value, str) else value for key, value in form.items()}
    cubes = sorted(path for path in (app.instance.paths.root / "cubes").iterdir())
    version = app.instance.catalogue.version()
    response = ask(app, request, **form)
    assert (response.status_code, code(response, validate)) == (status, name), response.text
    assert app.instance.catalogue.version() == version
    assert sorted((app.instance.paths.root / "cubes").iterdir()) == cubes
    assert values(app, "demo") == ["1", "2", "3", "4", "5", "6"]


@pytest.mark.parametrize(("form", "name", "status"), BAD_INSERTS)
def test_bad_inserts(
    served: Application, form: dict[str, str], name: str, status: int, validate_xml: ValidateXml
) -> None:
    refuse(served, "InsertCoverage", form, name, status, validate_xml)


def two_times(coefficients: str) -> str:
    """Two slices at times that are given as coefficients [d]."""
    return documents.cube(documents.cells(",".join(["1"] * 12)), ("", ""), coefficients=coefficients).replace(
        '""', "148654"
    )


OTHER_CRS = documents.cube(documents.cells("1,1,1,1,1,1")).replace("EPSG/0/4326", "EPSG/0/4258")
BAD_UPDATES: list[tuple[dict[str, str | list[str]], str, int]] = [
    ({"inputCoverage": GOOD}, "MissingParameterValue", 400),
    ({"coverageId": "nix", "inputCoverage": GOOD}, "NoSuchCoverage", 404),
    ({"coverageId": "demo"}, "WCSTMissingCoverageParameter", 400),
    ({"coverageId": "demo", "inputCoverage": GOOD, "rangeComponent": "v"}, "OperationNotSupported", 501),
    ({"coverageId": "demo", "inputCoverage": MAP}, "InconsistentChange", 400),
    ({"coverageId": "cube", "inputCoverage": MAP, "subset": "Lat(48,50)"}, "InconsistentChange", 400),
    ({"coverageId": "cube", "inputCoverage": OTHER_CRS}, "InconsistentChange", 400),
    ({"coverageId": "demo", "inputCoverage": documents.index2d(values="1 1,2 2,3 3,4 4,5 5,6 6",
      fields=documents.field("a") + documents.field("b"))}, "InconsistentChange", 400),
    ({"coverageId": "demo", "inputCoverage": documents.index2d(values="1,2,3,4,5,1000")}, "InvalidParameterValue", 400),
    ({"coverageId": "demo", "inputCoverage": GOOD, "subset": "k(0,1)"}, "InvalidAxisLabel", 404),
    ({"coverageId": "demo", "inputCoverage": GOOD, "subset": ["i(0,1)", "i(0,1)"]}, "InvalidAxisLabel", 404),
    ({"coverageId": "demo", "inputCoverage": GOOD, "subset": "i(0,5)"}, "InvalidSubsetting", 400),
    ({"coverageId": "demo", "inputCoverage": GOOD, "subset": "i(0.5,1.5)"}, "InvalidSubsetting", 400),
    ({"coverageId": "demo", "inputCoverage": GOOD, "subset": "i(1,0)"}, "InvalidSubsetting", 400),
    ({"coverageId": "map", "inputCoverage": MAP, "subset": ["Lat(48.01,50.01)", "Long(10,13)"]},
     "InvalidSubsetting", 400),
    ({"coverageId": "map", "inputCoverage": MAP, "subset": ["Lat(48,51)", "Long(10,13)"]}, "InvalidSubsetting", 400),
    ({"coverageId": "map", "inputCoverage": MAP, "subset": "Lat,EPSG:3857(4,5)"}, "SubsettingCrs-NotSupported", 404),
    ({"coverageId": "map", "inputCoverage": documents.grid2d(documents.cells("1,2,3,4"), shape=(2, 2), step=0.3)},
     "InconsistentChange", 400),
    ({"coverageId": "map", "inputCoverage": documents.grid2d(documents.cells("1,2,3,4"), shape=(2, 2),
      corner=(50.2, 10))}, "InvalidSubsetting", 400),
    ({"coverageId": "cube", "inputCoverage": slice_of(2, "2008-01-02"), "subset": 'ansi("yesterday")'},
     "InvalidSubsetting", 400),
    ({"coverageId": "cube", "inputCoverage": slice_of(2, "2008-01-02"),
      "subset": 'ansi("2008-02-01","2008-02-05")'}, "InvalidSubsetting", 400),
    # two coefficients that are the same as one of the coverage, which is 148654
    ({"coverageId": "cube", "inputCoverage": two_times("148654 148654.000000001")}, "InconsistentChange", 400),
    ({"coverageId": "cube", "inputCoverage": two_times("148653.999999999 148654")}, "InconsistentChange", 400),
    ({"coverageId": "cube", "inputCoverage": two_times("148656 148655")}, "InconsistentChange", 400),
    ({"coverageId": "cube", "inputCoverage": two_times("148655 148655")}, "InvalidRequest", 400),
    ({"coverageId": "demo", "inputCoverage": GOOD[:-20]}, "WCSTInvalidXML", 400),
    ({"coverageId": "demo", "inputCoverageRef": OUTSIDE}, "AccessDenied", 403),
    ({"coverageId": "demo", "inputCoverageRef": "file:///{data}/none.gml"}, "WCSTCoverageNotFound", 404),
    ({"coverageId": "demo", "inputCoverage": documents.index2d(content=documents.file_cells(
      "file:///{data}/complex.tif"))}, "InconsistentChange", 400),
    ({"coverageId": "demo", "inputCoverage": documents.index2d(content=documents.file_cells(
      "file:///{data}/large.tif"))}, "InconsistentChange", 400),
]  # fmt: skip


@pytest.mark.parametrize(("form", "name", "status"), BAD_UPDATES)
def test_bad_updates(
    served: Application, form: dict[str, str | list[str]], name: str, status: int, validate_xml: ValidateXml
) -> None:
    refuse(served, "UpdateCoverage", form, name, status, validate_xml)


@pytest.mark.parametrize(
    ("form", "name", "status"),
    [
        ({}, "MissingParameterValue", 400),
        ({"coverageId": ","}, "emptyCoverageIdList", 400),
        ({"coverageId": "nix"}, "NoSuchCoverage", 404),
        ({"coverageId": "demo", "force": "1"}, "InvalidRequest", 400),
        ({"coverageId": "demo", "version": "1.0.0"}, "InvalidParameterValue", 400),
    ],
)
def test_bad_deletes(
    served: Application, form: dict[str, str], name: str, status: int, validate_xml: ValidateXml
) -> None:
    refuse(served, "DeleteCoverage", form, name, status, validate_xml)


@pytest.mark.parametrize(
    ("action", "query", "status"),
    [
        ("create", {"coverageId": "nix", "member": "a", "scaleVector": "1,2,2"}, 404),
        ("create", {"coverageId": "cube", "member": "map", "scaleVector": "1,2,2"}, 400),
        ("create", {"coverageId": "cube", "member": "a", "scaleVector": "2,2,2"}, 400),
        ("create", {"coverageId": "cube", "member": "a", "scaleVector": "1,1,1"}, 400),
        ("create", {"coverageId": "cube", "member": "a", "scaleVector": "1,-2,2"}, 400),
        ("create", {"coverageId": "cube", "member": "a", "scaleVector": "1,2"}, 400),
        ("create", {"coverageId": "cube", "member": "a"}, 400),
        ("add", {"coverageId": "cube", "members": "cube"}, 400),
        ("add", {"coverageId": "cube", "members": "map"}, 400),
        ("add", {"coverageId": "cube", "members": "nix"}, 404),
        ("add", {"coverageId": "cube", "members": "map", "harvest": "true"}, 400),
        ("remove", {"coverageId": "cube", "members": "map"}, 400),
        ("list", {"coverageId": "nix"}, 404),
        ("polish", {"coverageId": "cube"}, 501),
    ],
)
def test_bad_pyramids(served: Application, action: str, query: dict[str, str], status: int) -> None:
    version = served.instance.catalogue.version()
    assert pyramid(served, action, **query).status_code == status
    assert served.instance.catalogue.version() == version
