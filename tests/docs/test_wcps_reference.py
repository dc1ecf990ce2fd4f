# SPDX-License-Identifier: MIT
"""docs/wcps-reference.md, held to the grammar: every example is asked, and every word of the language has one."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from eoxserver.query.plan import Interpolation
from eoxserver.services.wcps import nodes
from eoxserver.services.wcps.build_expressions import TYPES
from eoxserver.services.wcps.functions import every_function
from eoxserver.services.wcps.parse import parse_query
from tests.applications import Application, application, instance_template
from tests.docs.running import ROOT, blocks
from tests.xmlschemas import NS, parse_xml

__all__ = ["instance_template"]

pytestmark = [pytest.mark.docs, pytest.mark.integration]

PAGE = ROOT / "docs" / "wcps-reference.md"
HEAD = "for $c in (land), $d in (days) return "
CODE = re.compile(r"`([^`]*)`")
NO_WORDS = {
    "OUTLINE",
    "OUTLINE_RING",
    "OUTLINE_RINGS",
    "COVERAGE_NAME",
    "INDEX",
    "NAME",
    "NUMBER",
    "POSITIONAL",
    "STRING",
    "VARIABLE",
}
"""Terminals that are no words of the language."""


@dataclass(frozen=True)
class Row:
    """One row of a table of the page."""

    heading: str
    cells: tuple[str, ...]

    @property
    def example(self) -> str:
        """Its query; code in several pieces stands on as many lines."""
        text = "\n".join(CODE.findall(self.cells[2]))
        return text if text.startswith("for ") else HEAD + text


@cache
def rows() -> tuple[Row, ...]:
    """The rows of all tables, without their heads."""
    found, heading = [], ""
    for line in PAGE.read_text().splitlines():
        if line.startswith("#"):
            heading = line.lstrip("# ")
        cells = tuple(cell.strip() for cell in line.strip("|").split("|"))
        if line.startswith("| ") and cells[0] not in ("form", "code"):
            found.append(Row(heading, cells))
    return tuple(found)


FORMS = tuple(row for row in rows() if row.heading != "Mistakes")
MISTAKES = [
    (code, example)
    for row in rows()
    if row.heading == "Mistakes"
    for code, example in zip(CODE.findall(row.cells[0]), CODE.findall(row.cells[2]), strict=True)
]


@pytest.fixture(scope="module")
def app(instance_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    """Answer an application that serves the coverages of the page."""
    folder = tmp_path_factory.mktemp("reference")
    script = next(block.text for block in blocks(PAGE.read_text()) if block.language == "python")
    before = Path.cwd()
    os.chdir(folder)
    try:
        exec(compile(script, str(PAGE), "exec"), {})
    finally:
        os.chdir(before)
    with application(folder, instance_template) as found:
        found.register(folder / "land.tif", folder / "days.nc")
        yield found


def ask(app: Application, query: str) -> TestResponse:
    """The answer to a query, with what may come beside it."""
    fields: dict[str, Any] = {"query": query}
    if "decode($1)" in query:
        fields["1"] = ((app.instance.settings.instance or Path()).parent / "land.tif").open("rb")
    elif "$1" in query:
        fields["1"] = "csv"
    return app.client.post("/ows/wcps", data=fields)


def shown(app: Application, query: str) -> str:
    """What the page shows as the answer to a query."""
    answer = ask(app, query)
    if answer.status_code == 400 and "to get it, use encode()" in answer.get_data(as_text=True):
        head, _, result = query.partition("return ")
        answer = ask(app, f'{head}return encode({result}, "json")')
    assert answer.status_code == 200, answer.get_data(as_text=True)
    text, kind = answer.get_data(as_text=True), answer.mimetype or ""
    if "gml+xml" in kind:
        parse_xml(answer.data)
        return "a GML document"
    if text.startswith("{") and "json" in kind:
        json.loads(text)
        return "a JSON object"
    return ", ".join(f"`{line}`" for line in text.splitlines())


@pytest.mark.parametrize("row", FORMS, ids=lambda row: f"{row.heading}: {row.cells[2]}")
def test_an_example_is_answered_as_the_page_says(app: Application, row: Row) -> None:
    assert shown(app, row.example) == row.cells[3]


@pytest.mark.parametrize(("code", "example"), MISTAKES)
def test_a_mistake_has_the_code_that_the_page_says(app: Application, code: str, example: str) -> None:
    query = example if example.startswith("for ") else HEAD + example
    (exception,) = parse_xml(ask(app, query).data).iterfind("ows:Exception", NS)
    assert exception.get("exceptionCode") == code


# -- completeness -----------------------------------------------------------------------------------------------


def words() -> str:
    """All examples, in small letters and without what stands in quotes."""
    return re.sub(r'"[^"]*"', '""', "\n".join(row.example for row in FORMS)).lower()


def terminals() -> dict[str, str]:
    """Words and signs of the grammar, with the expressions that they are."""
    grammar = (ROOT / "eoxserver" / "services" / "wcps" / "grammar.lark").read_text()
    found: dict[str, str] = dict(re.findall(r"^([A-Z_]+)(?:\.\d+)?: (.*)$", grammar, re.MULTILINE))
    assert len(found) > 70
    return {name: text for name, text in found.items() if name not in NO_WORDS}


def pattern(text: str) -> str:
    """The expression of a terminal, as lark reads it."""
    return re.escape(text.strip('"')) if text.startswith('"') else text[1:].removesuffix("i").removesuffix("/")


@pytest.mark.parametrize("name", terminals())
def test_every_word_and_sign_of_the_grammar_has_an_example(name: str) -> None:
    expression = pattern(terminals()[name])
    before = r"(?<![\w$])" if expression[0].isalpha() else ""
    assert re.search(before + expression, "\n".join(row.example for row in FORMS), re.IGNORECASE)


@pytest.mark.parametrize("name", every_function())
def test_every_function_has_an_example(name: str) -> None:
    assert re.search(rf"(?<!\w){name.lower()}\(", words())


@pytest.mark.parametrize("name", TYPES)
def test_every_type_has_an_example(name: str) -> None:
    assert f"({name})" in words()


@pytest.mark.parametrize("operator", ["+", "*", "min", "max", "and", "or", "overlay"])
def test_every_condenser_has_an_example(operator: str) -> None:
    assert f"condense {operator} over" in words()


@pytest.mark.parametrize("operator", ["<", "<=", ">", ">=", "=", "!=", "+", "-", "*", "/", "and", "or", "xor"])
def test_every_operator_has_an_example(operator: str) -> None:
    assert f" {operator} " in words()


def test_every_interpolation_is_named() -> None:
    (line,) = re.findall(r"^Interpolations are (.*)\.$", PAGE.read_text(), re.MULTILINE)
    assert CODE.findall(line) == [one.value for one in Interpolation]


def test_every_kind_of_node_is_in_an_example() -> None:
    """The parser makes all that it can make."""
    found: set[str] = set()

    def visit(tree: nodes.Syntax) -> None:
        found.add(type(tree).__name__)
        for below in nodes.children(tree):
            visit(below)

    for row in FORMS:
        visit(parse_query(row.example))
    kinds = {
        name
        for name in nodes.__all__
        if isinstance(kind := getattr(nodes, name), type)
        and issubclass(kind, nodes.Syntax)
        and not kind.__subclasses__()
    }
    assert len(kinds) > 40
    assert kinds - found == set()
