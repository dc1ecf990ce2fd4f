# SPDX-License-Identifier: MIT
"""Plans and prices as text and as values for JSON."""

from __future__ import annotations

import json
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from eoxserver.core.errors import LimitExceeded
from eoxserver.core.fields import NilValue
from eoxserver.core.selection import GRID, Slice, Trim
from eoxserver.query.check import Limits
from eoxserver.query.explain import explain, explain_text
from eoxserver.query.plan import (
    Cast,
    Clip,
    Combine,
    Condense,
    Constant,
    Construct,
    Corridor,
    Each,
    Extend,
    Extent,
    Factor,
    Flip,
    Given,
    Interpolation,
    Iterator,
    Map,
    Mask,
    Node,
    Overlay,
    Pick,
    PickCell,
    PickRange,
    Read,
    Reduce,
    Reproject,
    Scale,
    Select,
    SetNil,
    Sort,
    SubsetNode,
    Switch,
    TargetGrid,
    Trace,
)
from tests.query.plans import LOOKUP, plans
from tests.query.samples import MERCATOR, UTM, catalogue, covering, image, pyramid, waves


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(plans())
def test_every_plan_can_be_explained(plan: Node) -> None:
    assert json.loads(json.dumps(explain(plan, LOOKUP)))["plan"]["position"] == "1"
    assert explain_text(plan, LOOKUP).startswith("1 ")


def nodes(explained: Any) -> dict[str, Any]:
    """Nodes by position."""
    found = {explained["position"]: explained}
    for each in explained["inputs"]:
        found.update(nodes(each))
    return found


def test_an_explanation_names_nodes_by_position_with_domain_level_and_price() -> None:
    values = waves(512, 512, 3)
    lookup = catalogue(covering(image(values).domain, values, source=pyramid(values, 4)))
    plan = Select(Reproject(Read("c"), MERCATOR, TargetGrid((1.12e6, 4.9e6, 2.2e6, 6.4e6), 60, 60)), (0,))
    explained: Any = explain(plan, lookup)
    found = nodes(explained["plan"])
    assert [(position, node["node"]) for position, node in found.items()] == [
        ("1", "Reproject"),
        ("1.1", "Select"),
        ("1.1.1", "Read"),
    ]
    assert found["1"]["level"] == 3
    assert found["1"]["factors"] == [8, 8]
    assert found["1"]["mapping"] == "by axes"
    assert found["1"]["parameters"] == {
        "crs": "http://www.opengis.net/def/crs/EPSG/0/3857",
        "grid": {"bounds": [1.12e6, 4.9e6, 2.2e6, 6.4e6], "width": 60, "height": 60},
        "interpolation": "near",
    }
    assert [axis["label"] for axis in found["1"]["axes"]] == ["Y", "X"]
    assert found["1"]["axes"][1]["low"] == "1120000"
    assert found["1.1"]["fields"] == ["b0"]
    assert found["1.1.1"]["parameters"] == {"coverage_id": "c"}
    assert found["1.1.1"]["reads"] == {"cells": 3 * 512 * 512, "bytes": 3 * 512 * 512}
    assert found["1"]["reads"]["cells"] == explained["cost"]["cells"] < 64 * 64
    assert explained["cost"]["coverages"] == 1


def test_text_has_a_line_a_node_and_the_price() -> None:
    plan = Scale(
        SubsetNode(Overlay((Read("cube"), Read("cube"))), (Trim("ansi", '"2008-01-01"', None), Slice("N", 3, GRID))),
        (Factor("E", 0.5),),
        Interpolation.AVERAGE,
    )
    lines = explain_text(plan, LOOKUP).split("\n")
    assert [line.split("(")[0] for line in lines] == [
        "1 Scale",
        "  1.1 Overlay",
        "    1.1.1 Subset",
        "      1.1.1.1 Read",
        "    1.1.2 Subset",
        "      1.1.2.1 Read",
        "reads 72 values ",  # the same cells twice
    ]
    assert "targets=[(label E, factor 0.5)], interpolation=average" in lines[0]
    assert lines[0].endswith("-> E 4 x ansi 4, 3 fields, from level 0")
    assert "coverage_id=cube" in lines[3]


def test_times_are_shown_as_times_and_cells_by_cells_is_said() -> None:
    explained: Any = explain(SubsetNode(Read("cube"), (Trim("E", 0, 2, GRID),)), LOOKUP)
    axis = explained["plan"]["axes"][2]
    assert (axis["kind"], axis["low"]) == ("irregular", "2008-01-01T06:00:00.000Z")
    turned: Any = explain(Reproject(Read("image"), UTM), LOOKUP)
    assert turned["plan"]["mapping"] == "by cells"


def test_what_is_refused_is_not_explained() -> None:
    with pytest.raises(LimitExceeded):
        explain(Read("image"), LOOKUP, Limits(max_result_cells=5))


def test_a_shared_node_is_shown_once() -> None:
    node = Read("image")
    explained: Any = explain(Overlay((node, node)), LOOKUP)
    first, second = explained["plan"]["inputs"]
    assert first["node"] == "Read"
    assert second == {"position": "1.2", "same_as": "1.1"}
    assert explain_text(Overlay((node, node)), LOOKUP).splitlines()[2] == "  1.2 same as 1.1"


SCAN = Read("scan")
I4 = np.dtype("i4")
ROW = Iterator("$j", 0, 20)
RING = ((4.0, 2.0), (9.0, 2.0), (9.0, 7.0))
PICKED = Pick(SCAN, (PickCell("j", ROW),))
KINDS: dict[type[Node], tuple[Node, dict[str, Any], int]] = {
    Read: (SCAN, {"coverage_id": "scan"}, 0),
    SubsetNode: (SubsetNode(SCAN, (Slice("j", 3),)), {"subsets": [{"label": "j", "point": 3, "crs": "CRS:1"}]}, 1),
    Select: (Select(Read("world"), (1,)), {"fields": [1]}, 1),
    Scale: (Scale(SCAN, (Factor("j", 0.5),)), {"interpolation": "near"}, 1),
    Reproject: (Reproject(Read("world"), MERCATOR), {"grid": None}, 1),
    Overlay: (Overlay((SCAN, SCAN)), {}, 2),
    Given: (Given(LOOKUP("scan")), {"coverage": "scan"}, 0),
    Constant: (Constant(3, I4), {"value": 3, "dtype": "int32"}, 0),
    Iterator: (ROW, {"name": "$j", "low": 0, "size": 20, "values": None}, 0),
    Map: (Map("+", (SCAN, Constant(1, I4))), {"function": "+"}, 2),
    Cast: (Cast(SCAN, np.dtype("u1")), {"dtype": "uint8"}, 1),
    Combine: (Combine(("a", "b"), (SCAN, SCAN)), {"names": ["a", "b"]}, 2),
    Switch: (Switch((Map("<", (SCAN, Constant(1, I4))),), (SCAN,), SCAN), {}, 3),
    SetNil: (SetNil(SCAN, (NilValue(0.0),)), {"nil": [{"low": 0.0, "high": None, "reason": ""}]}, 1),
    Mask: (Mask(SCAN), {}, 1),
    Reduce: (Reduce("avg", SCAN), {"operator": "avg"}, 1),
    Condense: (Condense("max", (ROW,), PICKED), {"operator": "max"}, 1),
    Construct: (Construct(("y",), (ROW,), Map("*", (ROW, ROW))), {"labels": ["y"], "identifier": ""}, 1),
    Each: (Each((Iterator("$k", 0, 2),), (SCAN, Flip(SCAN, "i"))), {}, 2),
    Pick: (Pick(SCAN, (PickRange("j", Constant(2, I4), 3),)), {"picks": [{"label": "j", "size": 3}]}, 2),
    Flip: (Flip(SCAN, "j"), {"label": "j"}, 1),
    Sort: (Sort(SCAN, "j", ROW, Reduce("max", PICKED)), {"label": "j", "descending": False}, 2),
    Extend: (Extend(SCAN, (Extent("j", -1, 20),)), {"extents": [{"label": "j", "low": -1, "high": 20}]}, 1),
    Clip: (Clip(SCAN, ("i", "j"), ((RING,),)), {"polygons": [[[[4, 2], [9, 2], [9, 7]]]]}, 1),
    Trace: (Trace(SCAN, ("i", "j"), RING), {"labels": ["i", "j"], "coordinates": False}, 1),
    Corridor: (Corridor(SCAN, ("i", "j"), ((8.0, 3.0),), (RING,)), {"track": [[8, 3]], "discrete": False}, 1),
}
"""For each kind a plan, some of the parameters that are explained, and the number of inputs."""


def test_no_kind_of_node_is_forgotten() -> None:
    assert set(KINDS) == set(get_args(Node))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_kind_of_node_is_shown_with_its_parameters_and_inputs(kind: type[Node]) -> None:
    plan, parameters, inputs = KINDS[kind]
    explained: Any = json.loads(json.dumps(explain(plan, LOOKUP)))["plan"]
    assert explained["node"] == kind.__name__.removesuffix("Node")
    assert {name: explained["parameters"].get(name) for name in parameters} == parameters
    assert len(explained["inputs"]) == inputs
    assert not {"input", "inputs", "using", "where", "mask", "key", "bodies"} & set(explained["parameters"])
    assert f"{explained['node']}(" in explain_text(plan, LOOKUP).splitlines()[0]


def test_what_is_shared_again_and_again_is_not_expanded() -> None:
    """Two to the 80 paths lead from the result to the coverage."""
    node: Node = SCAN
    for _ in range(80):
        node = Map("+", (node, node))
    node = Map("+", (Iterator("$k", 0, 3), node))
    assert len(explain_text(node, LOOKUP).splitlines()) == 2 + 2 * 80 + 1 + 1
    explained: Any = explain(node, LOOKUP)
    assert len(json.dumps(explained)) < 200_000
    assert explained["cost"]["cells"] == 600
