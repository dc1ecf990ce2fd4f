# SPDX-License-Identifier: MIT
"""From the text of a query to its syntax tree."""

from __future__ import annotations

from contextlib import suppress
from functools import lru_cache
from importlib.resources import files
from typing import Any, cast

from lark import Lark, UnexpectedInput, UnexpectedToken

from eoxserver.core.errors import WcpsSyntaxError
from eoxserver.services.wcps import nodes
from eoxserver.services.wcps.builder import Builder
from eoxserver.services.wcps.mistakes import Mistake, Spot, describe_spot, find_hint
from eoxserver.services.wcps.places import pointed
from eoxserver.services.wcps.wkt import NoGeometry, plain_geometry

__all__ = ["MAX_DEPTH", "MAX_LENGTH", "check_depth", "parse_expression", "parse_geometry", "parse_query"]

MAX_LENGTH = 250_000
"""The longest text that is read [characters]: a polygon of ten thousand vertices has room."""

MAX_DEPTH = 100
"""How deep a tree may be: what walks it may call itself for every level."""


_DEEP = 1000
"""How many rules may be open for every terminal to be tried on a copy of them, when a query cannot be read."""


def parse_query(text: str) -> nodes.Query:
    """The syntax tree of a query.

    Raises
    ------
    WcpsSyntaxError
        When it is none; the message shows the place, what was expected there, and a hint.
    """
    tree = _parse(text, "query")
    assert isinstance(tree, nodes.Query)
    return tree


def parse_expression(text: str) -> nodes.Expression:
    """The syntax tree of one expression, as styles of WMS layers and positional parameters have it.

    Raises
    ------
    WcpsSyntaxError
    """
    tree = _parse(text, "fragment")
    return cast("nodes.Expression", tree)


def parse_geometry(text: str) -> nodes.LineString | nodes.Polygon | nodes.MultiPolygon | nodes.Curtain | nodes.Corridor:
    """The syntax tree of what a coverage is clipped with, as the ``clip`` parameter of GetCoverage has it.

    Raises
    ------
    WcpsSyntaxError
    """
    plain = plain_geometry(text) if len(text) <= MAX_LENGTH else None
    tree = plain or _parse(text, "geometry")
    assert isinstance(tree, nodes.LineString | nodes.Polygon | nodes.MultiPolygon | nodes.Curtain | nodes.Corridor)
    return tree


@lru_cache(maxsize=2)
def _parser(outlines: bool = True) -> Lark:
    """The parser, made of the grammar when it is first needed; it may be used by many threads.

    Parameters
    ----------
    outlines : bool
        Whether a long geometry is one terminal.
    """
    grammar = files("eoxserver.services.wcps").joinpath("grammar.lark").read_text("utf-8")
    if not outlines:
        grammar = grammar.replace(" | outline\n", "\n").replace("\noutline: OUTLINE\n", "\n")
    return Lark(grammar, parser="lalr", start=["query", "fragment", "geometry"], transformer=Builder())


def _parse(text: str, start: str) -> nodes.Syntax:
    if len(text) > MAX_LENGTH:
        raise WcpsSyntaxError(f"the query has {len(text)} characters; {MAX_LENGTH} are accepted", locator="query")
    try:
        tree = _read(_parser(), text, start)
    except NoGeometry:
        tree = _read(_parser(outlines=False), text, start)
    check_depth(text, tree)
    return tree


def _read(parser: Lark, text: str, start: str) -> nodes.Syntax:
    try:
        return cast("nodes.Syntax", parser.parse(text, start=start))
    except UnexpectedInput as error:
        raise _unexpected(parser, text, start, error) from error
    except Mistake as error:
        raise pointed(WcpsSyntaxError, error.message, text, error.line, error.column, error.hint) from error


def _unexpected(parser: Lark, text: str, start: str, error: UnexpectedInput) -> WcpsSyntaxError:
    """The error of a place where the grammar cannot go on."""
    ended = isinstance(error, UnexpectedToken) and error.token.type == "$END"
    stopped: Any = error.pos_in_stream
    position = len(text.rstrip()) if ended else int(stopped)
    spot = Spot(text, position, _accepted(parser, text, start, position))
    line = text.count("\n", 0, position) + 1
    column = position - text.rfind("\n", 0, position)
    return pointed(WcpsSyntaxError, describe_spot(spot), text, line, column, find_hint(spot))


def _accepted(parser: Lark, text: str, start: str, position: int) -> set[str]:
    """The terminals that could stand at a position.

    Reads again up to there: the parser that failed has closed rules already that could have gone on.
    """
    reading = parser.parse_interactive(text, start=start)
    with suppress(UnexpectedInput):
        for token in reading.iter_parse():
            if (token.start_pos or 0) >= position:
                break
    reader: Any = reading  # lark gives this method no types
    if len(reading.parser_state.state_stack) > _DEEP:
        return {name for name in reader.choices() if name.isupper()}
    accepted: set[str] = reader.accepts()
    return accepted


def check_depth(text: str, tree: nodes.Syntax) -> None:
    """Refuse a tree deeper than MAX_DEPTH; raises WcpsSyntaxError."""
    level: list[nodes.Syntax] = [tree]
    depth = 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            line, column = level[0].line, level[0].column
            raise pointed(
                WcpsSyntaxError,
                f"the query is nested more than {MAX_DEPTH} levels deep",
                text,
                line,
                column,
                "a long chain of operators counts too: put parts of it into let, or use condense",
            )
        level = [below for node in level for below in nodes.children(node)]
