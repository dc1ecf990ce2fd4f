# SPDX-License-Identifier: MIT
"""Types of rasdaman in all their notations."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoxserver.backends.storages.rasdaman.celltypes import (
    TypeUnknown,
    base_type,
    parse_components,
    parse_definitions,
    parse_null_values,
)


@pytest.mark.parametrize(
    ("name", "values", "dtype"),
    [
        ("boolean", [0, 1], "bool"),
        ("bool", [1, 0], "bool"),
        ("octet", [-128, 127], "int8"),
        ("char", [0, 255], "uint8"),
        ("unsigned char", [0, 255], "uint8"),
        ("short", [-32768, 32767], "int16"),
        ("ushort", [0, 65535], "uint16"),
        ("unsigned  SHORT", [0, 65535], "uint16"),
        ("long", [-(2**31), 2**31 - 1], "int32"),
        ("ulong", [0, 2**32 - 1], "uint32"),
        ("unsigned long", [0, 2**32 - 1], "uint32"),
        ("float", [-0.5, math.inf], "float32"),
        ("double", [-0.1, math.nan], "float64"),
        ("complex", [1 + 2j, -0.5j], "complex64"),
        ("complexd", [1 + 2j, -0.1j], "complex128"),
        ("CFloat64", [1 + 2j, -0.1j], "complex128"),
    ],
)
def test_cells_of_every_base_type(name: str, values: list[Any], dtype: str) -> None:
    kind = base_type(name)
    body = np.array(values, dtype).astype(np.dtype(dtype).newbyteorder("<")).tobytes()
    assert len(body) == len(values) * kind.wire.itemsize
    decoded = kind.decode(body)
    assert decoded.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(decoded, np.array(values, dtype))


@pytest.mark.parametrize(("name", "part", "dtype"), [("CInt16", "<i2", "complex64"), ("CInt32", "<i4", "complex128")])
def test_complex_integers_are_read_as_complex_floats(name: str, part: str, dtype: str) -> None:
    extreme = np.iinfo(part)
    body = np.array([1, -2, extreme.min, extreme.max], part).tobytes()
    decoded = base_type(name).decode(body)
    assert decoded.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(decoded, np.array([1 - 2j, complex(extreme.min, extreme.max)]))


def test_a_type_that_is_none_is_named() -> None:
    with pytest.raises(TypeUnknown, match="'varchar' is no cell type that can be read; accepted: boolean, octet, char"):
        base_type("varchar")


@pytest.mark.parametrize(
    "text",
    [
        "marray <struct { char red, ushort green, unsigned long blue }, [*:*,*:*]>",
        "marray <struct { char red, ushort green, unsigned long blue }, 2>",
        "marray <struct Pixel { char red; ushort green; unsigned long blue; }>",
        "struct{char red,ushort green,ulong blue}",
        "marray <Pixel, 2>",
        "Pixel",
        "( red char, green unsigned short, blue ulong )",
    ],
)
def test_structs_in_every_notation(text: str) -> None:
    components = parse_components(text, {"Pixel": "( red char,\n green ushort, blue  unsigned long )"})
    assert [part.name for part in components] == ["red", "green", "blue"]
    assert [part.type.dtype.name for part in components] == ["uint8", "uint16", "uint32"]


def test_components_that_share_a_type() -> None:
    components = parse_components("marray <struct { float u, v; char flag }, 2>", {})
    assert [(part.name, part.type.dtype.name) for part in components] == [
        ("u", "float32"),
        ("v", "float32"),
        ("flag", "uint8"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "marray <>",
        "marray <Other, 2>",
        "marray <struct { }, 2>",
        "marray <struct { char a, char a }, 2>",
        "marray <struct { struct { char a } b }, 2>",
        "( a char, b )",
        "(1a char)",
    ],
)
def test_what_is_no_cell_type(text: str) -> None:
    with pytest.raises(TypeUnknown):
        parse_components(text, {"Pixel": "( red char )"})


@given(st.text(max_size=60))
def test_any_text_is_a_cell_type_or_not(text: str) -> None:
    known = parse_definitions(text)
    assert all(name for name in (*known.structs, *known.marrays, *known.sets))
    parse_null_values(text)
    try:
        components = parse_components(text, {})
    except TypeUnknown:
        return
    assert components


def test_definitions_in_both_cases_and_any_layout() -> None:
    known = parse_definitions(
        "create type RGBPixel\n as ( red char, green char, blue char )\n\n"
        "CREATE TYPE RGBCube AS RGBPixel MDARRAY [ x (0:1023), y(*:*), z ]\n"
        "create type Direct as ( a char, b octet ) mdarray [ i ]\n"
        "create type Wide as unsigned long mdarray [ i, j ]\n"
        "create type RGBSet as set ( RGBCube )\0"
        "CREATE TYPE Sparse AS SET (RGBCube NULL VALUES [0, 253:255, nan])\n"
        "create nonsense; create type Half as"
    )
    assert known.structs == {"RGBPixel": "( red char, green char, blue char )"}
    assert {name: (found.cell, found.axes) for name, found in known.marrays.items()} == {
        "RGBCube": ("RGBPixel", ("x", "y", "z")),
        "Direct": ("( a char, b octet )", ("i",)),
        "Wide": ("unsigned long", ("i", "j")),
    }
    assert {name: found.marray for name, found in known.sets.items()} == {"RGBSet": "RGBCube", "Sparse": "RGBCube"}
    assert known.sets["RGBSet"].nil == ()
    assert [(nil.low, nil.high) for nil in known.sets["Sparse"].nil][:2] == [(0.0, None), (253.0, 255.0)]
    assert math.isnan(known.sets["Sparse"].nil[2].low)


def test_null_values_with_suffixes_and_open_ends() -> None:
    found = parse_null_values(" -1.5e3f, *:-5, 7c, nanf, oops, 250:* ,")
    assert [(nil.low, nil.high) for nil in found if nil.low == nil.low] == [
        (-1500.0, None),
        (-math.inf, -5.0),
        (7.0, None),
        (250.0, math.inf),
    ]
    assert len(found) == 5
