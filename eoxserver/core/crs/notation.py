# SPDX-License-Identifier: MIT
r"""The notations in which a CRS is named.

URLs of any host, ``.../def/crs/EPSG/0/4326`` or ``.../def/crs?authority=EPSG&version=0&code=4326``, with parameters
``?axis-label="day"``; compounds ``.../def/crs-compound?1=..&2=..`` with raw or percent-encoded components
(OGC 09-048r5, 11-135r2); URNs (OGC 07-092r3); short forms ``EPSG:4326``, ``EPSG/0/4326``, ``CRS:84``, joined as
``A@B``; and definitions in WKT, PROJJSON or PROJ text. The host of a URL means nothing: every host is an alias.
Names that an administrator has defined are known to whoever passes ``Definitions`` along.

In the catalogue a CRS is a text that holds whatever is needed to make it again (``stored_text``): a definition that is
changed or removed later changes nothing that was written before.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import TypeAlias
from urllib.parse import unquote

from eoxserver.core.crs.auto import auto_crs, is_auto
from eoxserver.core.crs.definitions import NO_DEFINITIONS, Definition, Definitions, Parameter
from eoxserver.core.crs.identity import ROOT, Crs, compound_crs, rename_axes
from eoxserver.core.crs.ogc import OGC_CODES, ogc_crs
from eoxserver.core.crs.registry import definition_crs, is_definition, registered_crs
from eoxserver.core.errors import CrsUnknown, NoSuchDefinition, shortened

__all__ = [
    "ParseCrs",
    "check_definition",
    "parse_crs",
    "parse_stored",
    "split_numbered",
    "split_parameters",
    "stored_text",
]

ACCEPTED = (
    "http://www.opengis.net/def/crs/EPSG/0/4326, urn:ogc:def:crs:EPSG::4326, EPSG:4326, CRS:84, OGC/0/AnsiDate, "
    "crs-compound URLs, A@B, WKT"
)
LONGEST = 20_000
"""Longer texts are refused unread [characters]."""
DIGITS = 1000
"""No number in a text has so many."""

ParseCrs: TypeAlias = Callable[[str], Crs]
"""From a text to the CRS it names; ``parse_crs``, or one that knows the definitions of administrators."""

_URL = re.compile(
    r"https?://[^/?#]+(?:/[^?#]*?)?/def/(crs-compound|crs)((?:/[^?#]*)?)(?:\?([^#]*))?", re.IGNORECASE | re.DOTALL
)
_OLD_URL = re.compile(r"https?://[^/?#]+/gml/srs/([a-z]+)\.xml#(\w+)", re.IGNORECASE)
_URN = re.compile(r"urn:(?:x-)?ogc:def:crs:([^:]+):([^:]*):(.+)", re.IGNORECASE)
_OLD_URN = re.compile(r"urn:(?:x-)?ogc:def:crs:([^:]+):([^:]+)", re.IGNORECASE)
_URN_COMPOUND = re.compile(r"urn:(?:x-)?ogc:def:crs,(.+)", re.IGNORECASE)
_SHORT = re.compile(r"([A-Za-z][A-Za-z0-9_]*)(?::([^:/?]*):|/([^:/?]+)/|:)([^:/?][^/?]*)(?:\?(.*))?", re.DOTALL)
_NUMBERED = re.compile(r"(?:^|&)([0-9]{1,3})=")
_PAIR = re.compile(r"""([^=&"']+)=("[^"]*"|'[^']*'|[^&"']*)(?:&|$)""")
_AXIS_LABEL = re.compile(r"axis-label(?:-([0-9]{1,2}))?")
_ENDLESS = re.compile(f"[0-9]{{{DIGITS}}}")
_VERSION = re.compile(r"[0-9]+(?:\.[0-9]+)*")


def parse_crs(text: str, definitions: Definitions = NO_DEFINITIONS) -> Crs:
    """The CRS that a text names or defines.

    Parameters
    ----------
    definitions : Definitions
        What an administrator has defined; no such name is one that everybody knows.

    Raises
    ------
    CrsUnknown
        When it names none; the message says what is wrong or what is accepted.

    >>> parse_crs("urn:ogc:def:crs:EPSG::32632").uri
    'http://www.opengis.net/def/crs/EPSG/0/32632'
    >>> parse_crs('OGC/0/AnsiDate?axis-label="day"@EPSG:4326').labels
    ('day', 'Lat', 'Long')
    """
    if len(text) > LONGEST:
        raise CrsUnknown(f"a CRS text of {len(text)} characters is too long; at most {LONGEST} are read")
    endless = _ENDLESS.search(text)
    if endless is not None:
        raise CrsUnknown(f"a number in the CRS text '{shortened(text)}' has {DIGITS} digits or more; no CRS has such")
    return _parsed(text.strip(), definitions)


def check_definition(definition: Definition) -> Crs | None:
    """The CRS that a definition makes by itself; None when it needs values of parameters.

    Raises
    ------
    CrsUnknown
        When the definition cannot be accepted; the message says why.
    """
    definition.check()
    if definition.unbound({}):
        return None
    try:
        return parse_crs(f"{ROOT}crs/{definition.name}", Definitions((definition,)))
    except CrsUnknown as error:
        raise CrsUnknown(f"definition of {definition.name}: {error.message}", locator="definition") from error


def stored_text(crs: Crs) -> str:
    """The text that stands for a CRS in a catalogue; ``parse_stored`` makes an equal value of it.

    Its URI, or its WKT where it has no code; with definitions by administrators JSON that has both.
    """
    if not crs.custom:
        return crs.uri if crs.code or crs.parts or crs.wkt is None else crs.wkt
    defined = [
        [one.authority, one.version, one.code, one.text, [[p.name, p.default] for p in one.parameters]]
        for one in crs.custom
    ]
    return json.dumps({"crs": crs.uri, "definitions": defined}, ensure_ascii=False)


def parse_stored(text: str) -> Crs:
    """The CRS of a text that ``stored_text`` made, or of any other; raises CrsUnknown."""
    if not text.startswith('{"crs"'):
        return parse_crs(text)
    try:
        stored = json.loads(text)
        definitions = Definitions(
            tuple(
                Definition(authority, version, code, definition, tuple(Parameter(*pair) for pair in parameters))
                for authority, version, code, definition, parameters in stored["definitions"]
            )
        )
        uri = str(stored["crs"])
    except (ValueError, TypeError, KeyError) as error:
        raise CrsUnknown(f"the stored CRS '{text[:200]}' cannot be read: {error!r}") from error
    return parse_crs(uri, definitions)


@lru_cache(maxsize=512)
def _parsed(text: str, definitions: Definitions) -> Crs:
    if is_definition(text):
        return definition_crs(text)
    if "@" in text:
        return compound_crs([_parsed(part.strip(), definitions) for part in text.split("@")])
    if text.lower().startswith(("http%3a", "https%3a", "urn%3a")):
        return _parsed(unquote(text), definitions)
    if match := _URN_COMPOUND.fullmatch(text):
        parts = [part if part.lower().startswith("crs:") else f"crs:{part}" for part in match[1].split(",")]
        return compound_crs([_parsed(f"urn:ogc:def:{part}", definitions) for part in parts])
    for pattern in (_URN, _OLD_URN, _OLD_URL):
        if match := pattern.fullmatch(text):
            version = match[2] if pattern is _URN else ""
            return _resolved(match[1], version, match[match.lastindex or 1], "", text, definitions)
    if match := _URL.fullmatch(text):
        if match[1].lower() == "crs-compound":
            return _compound(match[3] or "", text, definitions)
        return _from_url(match[2], match[3] or "", text, definitions)
    if match := _SHORT.fullmatch(text):
        return _resolved(match[1], match[2] or match[3] or "", match[4], match[5] or "", text, definitions)
    raise _unknown(text)


def _from_url(path: str, query: str, text: str, definitions: Definitions) -> Crs:
    """The CRS of a URL, its name in the path or in the query."""
    segments = [unquote(segment) for segment in path.split("/") if segment]
    if len(segments) == 3:
        return _resolved(segments[0], segments[1], segments[2], query, text, definitions)
    if segments:
        raise CrsUnknown(f"'{text}' is incomplete; accepted: .../def/crs/AUTHORITY/VERSION/CODE", locator=text)
    pairs = split_parameters(query, text)
    named = {key.lower(): value for key, value in pairs.items() if key.lower() in {"authority", "version", "code"}}
    if "authority" not in named or "code" not in named:
        raise CrsUnknown(f"'{text}' is incomplete; accepted: .../def/crs?authority=..&version=..&code=..", locator=text)
    rest = "&".join(f'{key}="{value}"' for key, value in pairs.items() if key.lower() not in named)
    return _resolved(named["authority"], named.get("version", ""), named["code"], rest, text, definitions)


def _compound(query: str, text: str, definitions: Definitions) -> Crs:
    """The CRS of ``1=..&2=..``."""
    return compound_crs([_parsed(component, definitions) for component in split_numbered(query, text)])


def split_numbered(query: str, text: str) -> tuple[str, ...]:
    """The values of ``1=..&2=..`` by number; what lies between two numbered keys belongs to the first of them.

    Raises
    ------
    CrsUnknown
        When there is none, one is there twice, or something stands before the first.
    """
    pieces = _NUMBERED.split(query)
    numbers = [int(number) for number in pieces[1::2]]
    if pieces[0] or not numbers or len(set(numbers)) != len(numbers):
        raise CrsUnknown(
            f"'{text}' does not list CRSs; accepted: ?1=URL&2=URL (percent-encode those that are compounds themselves)",
            locator=text,
        )
    return tuple(unquote(value).strip() for _, value in sorted(zip(numbers, pieces[2::2], strict=True)))


def _resolved(authority: str, version: str, code: str, query: str, text: str, definitions: Definitions) -> Crs:
    """The CRS of an authority's code, with the parameters of the query."""
    authority = authority.upper() if authority.upper() != "IAU" else "IAU_2015"
    if version and not _VERSION.fullmatch(version):
        raise CrsUnknown(f"version '{version}' of '{text}'; accepted: 0, or numbers such as 9.8", locator=text)
    parameters = split_parameters(query, text)
    labels = {key: parameters.pop(key) for key in list(parameters) if _AXIS_LABEL.fullmatch(key)}
    defined = definitions.find(authority, version, code.strip())
    if defined is not None:
        crs = _defined(defined, parameters)
    else:
        crs = _coded(authority, code.strip(), parameters, text)
    return _renamed(crs, labels, text) if labels else crs


def _defined(definition: Definition, parameters: Mapping[str, str]) -> Crs:
    """The CRS that an administrator has defined; its text knows nothing of other such definitions."""
    crs = parse_crs(definition.bound(parameters))
    uri = f"{ROOT}crs/{definition.name}"
    if parameters:
        uri += "?" + "&".join(f'{name}="{parameters[name]}"' for name in sorted(parameters))
    return replace(
        crs,
        uri=uri,
        definition=uri,
        default_labels=crs.labels,
        authority=definition.authority,
        version=definition.version,
        code=definition.code,
        registered=False,
        custom=(definition,),
    )


def _coded(authority: str, code: str, parameters: dict[str, str], text: str) -> Crs:
    if authority == "CRS":
        authority, code = "OGC", "CRS:1" if code == "1" else f"CRS{code}"
    if authority == "OGC" and (crs := ogc_crs(code, parameters)) is not None:
        return crs
    if is_auto(authority, code):
        return auto_crs(authority, code, parameters)
    if parameters:
        name = next(iter(parameters))
        raise CrsUnknown(f"'{text}' has no parameter '{name}'; accepted: axis-label", locator=name)
    if authority == "EPSG" and not (code.isascii() and code.isdecimal()):
        raise NoSuchDefinition(f"EPSG code '{code}' of '{text}' is not a number", locator=text)
    try:
        if authority == "OGC":
            code = code[:3].upper() + code[3:].lower()
        return registered_crs(authority, str(int(code)) if authority == "EPSG" else code)
    except CrsUnknown as error:
        known = f"; OGC has {', '.join(OGC_CODES)}" if authority == "OGC" else ""
        raise NoSuchDefinition(
            f"no CRS '{text}': PROJ's database has no {authority} code {code}{known}", locator=text
        ) from error


def _renamed(crs: Crs, given: dict[str, str], text: str) -> Crs:
    """The CRS with the axis labels of ``axis-label`` (one axis) or ``axis-label-1``, ``axis-label-2``, ..."""
    labels = list(crs.labels)
    for key, label in given.items():
        match = _AXIS_LABEL.fullmatch(key)
        number = int(match[1] or 1) if match else 0
        if not 1 <= number <= len(labels) or (key == "axis-label" and len(labels) > 1):
            accepted = "axis-label" if len(labels) == 1 else f"axis-label-1 to axis-label-{len(labels)}"
            raise CrsUnknown(f"'{text}' has no parameter '{key}'; accepted: {accepted}", locator=key)
        labels[number - 1] = label
    return rename_axes(crs, labels)


def split_parameters(query: str, text: str) -> dict[str, str]:
    """``name=value&name="value"`` as a mapping; quotes and percent-encoding are taken away."""
    found: dict[str, str] = {}
    position = 0
    query = unquote(query)
    while position < len(query):
        match = _PAIR.match(query, position)
        if match is None:
            raise CrsUnknown(
                f"'{query[position:]}' in '{text}' is no parameter; accepted: name=\"value\"", locator=text
            )
        name, value = match[1].strip(), match[2].strip()
        if name in found:
            raise CrsUnknown(f"parameter '{name}' occurs twice in '{text}'", locator=name)
        found[name] = value[1:-1] if value[:1] in {'"', "'"} else value
        position = match.end()
    return found


def _unknown(text: str) -> CrsUnknown:
    shown = text if len(text) <= 200 else f"{text[:200]}..."
    return CrsUnknown(f"'{shown}' is not a CRS; accepted: {ACCEPTED}", locator=shown)
