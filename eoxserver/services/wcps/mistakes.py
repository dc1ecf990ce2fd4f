# SPDX-License-Identifier: MIT
"""What to tell of a query that cannot be read: what was expected, what was found, and what was probably meant.

The hints are a table of typical mistakes, each a function of the ``Spot`` where reading stopped; the first that knows
an answer is heard.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Set
from dataclasses import dataclass

from eoxserver.core.errors import shortened, suggest
from eoxserver.services.wcps.nodes import CellType

__all__ = ["Mistake", "Spot", "describe_spot", "find_hint"]


class Mistake(Exception):
    """Something in a query that the grammar lets pass and the language does not.

    Parameters
    ----------
    message : str
        What is wrong, in one line.
    line, column : int
        Where.
    hint : str
        What may help.
    """

    def __init__(self, message: str, *, line: int, column: int, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column
        self.hint = hint


_WORD = re.compile(r'"[^"]*"|[\w$]+|:=|==|!=|<>|<=|>=|&&|\|\||\*\*|\S')
_BRACKETS = {")": "(", "]": "[", "}": "{"}
_QUOTES = "'`\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u00ab\u00bb\u2039\u203a"
_QUIET = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|--[^\n]*|/\*.*?\*/|([()\[\]{}])', re.DOTALL)
_BEFORE = 200
"""How far hints look back [characters]."""

_PUNCTUATION = {
    "LPAR": "(", "RPAR": ")", "LSQB": "[", "RSQB": "]", "LBRACE": "{", "RBRACE": "}", "COMMA": ",", "COLON": ":",
    "SEMICOLON": ";", "DOT": ".", "LESS": "<", "MORE": ">", "_ASSIGN": ":=", "STAR": "*",
}  # fmt: skip
_PHRASES = {
    "STRING": "text in double quotes", "NUMBER": "a number", "SIGN": "a sign", "POSITIONAL": "a parameter as $1",
    "VARIABLE": "a variable", "NAME": "a name", "INDEX": "the number of a field", "COVERAGE_NAME": "a coverage",
    "CONDENSER": "one of + * min max and or overlay", "TYPE": "a type", "ORDER": "'asc' or 'desc'",
    "$END": "the end of the query", "DECODE": "decode($1)",
}  # fmt: skip
_OPERATORS = {
    "LESS",
    "MORE",
    "SIGN",
    "STAR",
    "SLASH",
    "COMPARISON",
    "AND",
    "OR",
    "OVERLAY",
    "IS",
    "NULL",
    "DOT",
    "LSQB",
}
_KEYWORDS = {
    "FOR", "IN", "WHERE", "LET", "RETURN", "CASE", "DEFAULT", "OVER", "USING", "VALUES", "VALUE", "LIST", "ALONG",
    "BY", "OVERLAY", "IS", "NOT", "NULL", "MASK", "DISCARD", "WITH", "COORDINATES", "DISCRETE", "AND", "OR",
    "PROJECTION",
}  # fmt: skip
_STARTS = {
    "TRUE", "FALSE", "NAN", "SWITCH", "CONDENSE", "COVERAGE", "FLIP", "SORT", "STRUCT", "DECODE", "DOMAIN", "SLICE",
    "TRIM", "EXTEND", "SCALE", "SCALE_AXES", "SCALE_SIZE", "SCALE_EXTENT", "CRS_TRANSFORM", "CLIP", "NUMBER", "STRING",
    "POSITIONAL", "VARIABLE", "NAME", "LPAR", "LBRACE", "SIGN", "NOT", "TYPE", "ENCODE", "DESCRIBE",
    "DESCRIBE_COVERAGE",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Spot:
    """Where reading stopped."""

    text: str
    """The query."""
    position: int
    """From 0."""
    accepted: Set[str]
    """Terminals of the grammar that could stand here."""

    @property
    def word(self) -> str:
        """What stands there; empty at the end."""
        found = _WORD.match(self.text, self.position)
        return found[0] if found else ""

    @property
    def before(self) -> str:
        """What stands just before, without blanks at its end."""
        return self.text[max(0, self.position - _BEFORE) : self.position].rstrip()

    @property
    def rest(self) -> str:
        """What follows, this word included."""
        return self.text[self.position : self.position + _BEFORE]

    @property
    def is_name(self) -> bool:
        """Whether a name or number stands there."""
        return bool(re.match(r"[\w$]", self.word))


def describe_spot(spot: Spot) -> str:
    """What was expected, and what was found."""
    found = shortened(spot.word, 40)
    quoted = found if found.startswith('"') and len(found) > 1 else repr(found)
    have = f"found {quoted}" if found else "the query ends"
    return f"expected {_expected(spot.accepted)}, {have}"


def _expected(accepted: Set[str]) -> str:
    left, phrases = set(accepted), []
    if {"NUMBER", "VARIABLE"} <= left:
        phrases.append("an expression")
        left -= _STARTS
    elif {"STAR", "SLASH"} <= left:
        left -= _OPERATORS
        phrases += _named(left)
        left = set()
        phrases.append("an operator")
    elif {"VARIABLE", "NAME"} <= left:
        left.discard("NAME")
    phrases += _named(left)
    return " or ".join([", ".join(phrases[:-1]), phrases[-1]] if len(phrases) > 1 else phrases or ["nothing more"])


def _named(terminals: Set[str]) -> list[str]:
    """The terminals as words: keywords first, then punctuation, then the rest."""
    keywords = [f"'{name.lower()}'" for name in sorted(terminals & _KEYWORDS)]
    marks = [f"'{mark}'" for name, mark in _PUNCTUATION.items() if name in terminals]
    return keywords + marks + [_PHRASES[name] for name in sorted(terminals & _PHRASES.keys())]


def find_hint(spot: Spot) -> str:
    """What was probably meant; empty when nothing is known."""
    return next((hint for hint in (rule(spot) for rule in _RULES) if hint), "")


# -- the table of typical mistakes ----------------------------------------------------------------------------


def _quotes(spot: Spot) -> str:
    if spot.word and spot.word[0] in _QUOTES:
        return 'text stands in double quotes: "..."'
    if not spot.rest.startswith('"') or re.match(r'"[^"\\]*(?:\\["\\][^"\\]*)*"', spot.text[spot.position :]):
        return ""
    escape = re.match(r'"[^"\\]*(?:\\["\\][^"\\]*)*(\\[^"\\])', spot.text[spot.position :])
    if escape:
        return f'in text, \\" and \\\\ are the only escapes, not {escape[1]!s}'
    return 'this text is not closed; inside text, " is written \\"'


def _comment(spot: Spot) -> str:
    return "this comment is not closed; it ends with */" if spot.rest.startswith("/*") else ""


def _signs(spot: Spot) -> str:
    if spot.word in ("=", "==") and "_ASSIGN" in spot.accepted:
        return "a variable of let is bound by ':='"
    doubled = spot.before[-1:] + spot.word
    return {
        "&": "write 'and'",
        "|": "write 'or'",
        "==": "equality is written '='",
        ":=": "':=' only binds the variables of let; equality is written '='",
        "<>": "inequality is written '!='",
        "&&": "write 'and'",
        "||": "write 'or'",
        "!": "write not(...), and '!=' for inequality",
        "%": "the remainder is mod(a, b)",
        "^": "powers are pow(a, b)",
        "**": "powers are pow(a, b)",
    }.get(doubled if doubled in ("==", "<>", "**") else spot.word, "")


def _for(spot: Spot) -> str:
    return "a query begins: for $c in (coverage)" if spot.accepted == {"FOR"} and not _close(spot) else ""


def _in(spot: Spot) -> str:
    if "IN" not in spot.accepted or _close(spot):
        return ""
    return f"did you forget 'in'? write: for {_last_word(spot)} in (coverage)"


def _close(spot: Spot) -> str:
    """The keyword that could stand here and is spelt nearly like the word that does."""
    words = [name.lower() for name in spot.accepted & (_KEYWORDS | {"SWITCH", "CONDENSE"})]
    near = difflib.get_close_matches(spot.word.lower(), words, n=1, cutoff=0.65)
    return near[0] if near and near[0] != spot.word.lower() else ""


def _misspelt(spot: Spot) -> str:
    return f"did you mean '{_close(spot)}'?" if spot.is_name and _close(spot) else ""


def _return(spot: Spot) -> str:
    if "RETURN" not in spot.accepted or "DEFAULT" in spot.accepted:
        return ""
    if "WHERE" in spot.accepted or "LET" in spot.accepted or spot.is_name or not spot.word:
        missing = _unclosed(spot)
        return missing or "did you forget 'return'?"
    return ""


def _unclosed(spot: Spot) -> str:
    """Which bracket is open, or closed by another one."""
    stack: list[tuple[str, int]] = []
    for found in _QUIET.finditer(spot.text, 0, spot.position):
        mark = found[1]
        if mark in _BRACKETS:
            if stack and stack[-1][0] == _BRACKETS[mark]:
                stack.pop()
        elif mark:
            stack.append((mark, found.start()))
    if spot.word in _BRACKETS and (not stack or stack[-1][0] != _BRACKETS[spot.word]):
        return (
            f"this '{spot.word}' closes '{stack[-1][0]}' of {_place(spot, stack[-1][1])}"
            if stack
            else (f"no '{_BRACKETS[spot.word]}' is open here")
        )
    if stack and (not spot.word or spot.word.upper() in _KEYWORDS):
        return f"'{stack[-1][0]}' of {_place(spot, stack[-1][1])} is not closed"
    return ""


def _place(spot: Spot, position: int) -> str:
    line = spot.text.count("\n", 0, position) + 1
    return f"line {line}, column {position - spot.text.rfind(chr(10), 0, position)}"


def _last_word(spot: Spot) -> str:
    found = re.search(r"[\w$]+$", spot.before)
    return found[0] if found else "$c"


def _cast(spot: Spot) -> str:
    found = re.search(r"(?<![\w$])\(\s*([A-Za-z]\w*(?:\s+[A-Za-z]\w*)?)\s*\)$", spot.before)
    if found is None or not re.match(r'[\w$("{]', spot.word) or "COMPARISON" not in spot.accepted:
        return ""
    return f"there is no type '{found[1]}'; {suggest(found[1].lower(), [kind.value for kind in CellType], 20)}"


def _chained(spot: Spot) -> str:
    if spot.word in ("=", "!=", "<", "<=", ">", ">=") and "AND" in spot.accepted:
        return "comparisons do not chain; write: a < b and b < c"
    return ""


def _separators(spot: Spot) -> str:
    if spot.word == "," and {"SEMICOLON", "RBRACE"} <= spot.accepted:
        return "fields of a struct are separated by ';'"
    if spot.word == "," and {"SEMICOLON", "MORE"} <= spot.accepted:
        return "values of a list are separated by ';'"
    if spot.word == "," and {"COLON", "RPAR"} <= spot.accepted:
        return "the bounds of an interval are separated by ':', as in axis(low:high)"
    if spot.word == ";" and "$END" in spot.accepted:
        return "a query ends without ';'"
    return ""


def _instant(spot: Spot) -> str:
    near = spot.text[max(0, spot.position - 20) : spot.position + 20]
    if re.search(r"(?<![\d\"])\d{4}-\d\d(-\d\d)?(T\d\d)?", near):
        return 'an instant stands in double quotes, as "2008-01-02T03:04:05Z"'
    return ""


def _axis(spot: Spot) -> str:
    if {"COLON", "LPAR"} <= spot.accepted and "COMPARISON" not in spot.accepted:
        return f"a subset is {_last_word(spot)}(point) or {_last_word(spot)}(low:high)"
    return ""


def _text(spot: Spot) -> str:
    if "STRING" in spot.accepted and "VARIABLE" not in spot.accepted and re.fullmatch(r"[A-Za-z]\w*", spot.word):
        return f'text stands in double quotes: "{spot.word}"'
    return ""


def _format(spot: Spot) -> str:
    if spot.word == ")" and "COMMA" in spot.accepted and re.search(r"(?i)\bencode\s*\([^,]*$", spot.before):
        return 'encode() takes a format too: encode(e, "png")'
    return ""


def _phrase(spot: Spot) -> str:
    word = _last_word(spot).lower()
    if "COMPARISON" not in spot.accepted:
        return ""
    return {
        "condense": "condense is followed by one of + * min max and or overlay",
        "switch": "switch is followed by case",
        "coverage": "coverage is followed by the name of the new coverage",
    }.get(word, "")


_RULES: tuple[Callable[[Spot], str], ...] = (
    _quotes, _comment, _signs, _for, _in, _instant, _separators, _chained, _cast, _axis, _text, _format, _phrase,
    _misspelt, _unclosed, _return,
)  # fmt: skip
