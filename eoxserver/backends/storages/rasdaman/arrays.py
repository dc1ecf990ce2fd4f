# SPDX-License-Identifier: MIT
"""Locations in a rasdaman storage, and the arrays they mean.

A location is the name of a collection, and as far as needed which of its arrays and how its axes are to come::

    mr                          the only array of collection mr
    mr?oid=1025                 one of several
    mr?axes=1,0                 axis 1 first: rows of an array that was stored as columns, rows
    cube?oid=1025&axes=t,y,x    axes may be named where the array type names them

Only checked names and numbers become part of a query.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl

from eoxserver.backends.storages.rasdaman.answers import ArrayFacts, Interval, parse_domains, parse_facts
from eoxserver.backends.storages.rasdaman.celltypes import (
    Component,
    Definitions,
    TypeUnknown,
    parse_components,
    parse_definitions,
)
from eoxserver.backends.storages.rasdaman.client import QueryFailed, RasqlClient
from eoxserver.core.errors import DataUnavailable, ItemMissing, suggest
from eoxserver.core.fields import NilValue
from eoxserver.core.roles import Role

__all__ = ["ArrayName", "StoredArray", "find_array", "parse_location"]

ACCEPTED_LOCATIONS = "COLLECTION, COLLECTION?oid=NUMBER, COLLECTION?axes=1,0"

_LOCATION = re.compile(r"(?P<collection>[A-Za-z_][A-Za-z0-9_]{0,254})(?:\?(?P<query>[A-Za-z0-9_=&,.+-]*))?")
_OID = re.compile(r"[0-9]{1,18}")
_AXES = re.compile(r"[A-Za-z0-9_]+(?:,[A-Za-z0-9_]+)*")
_MOST_OIDS = 10


@dataclass(frozen=True, slots=True)
class ArrayName:
    """A location, understood."""

    collection: str
    oid: str = ""
    """Empty: the only array of the collection."""
    axes: tuple[str, ...] = ()
    """Numbers or names of the axes of the array, in the order in which they are wanted; empty: as they are."""

    def __str__(self) -> str:
        keys = {"oid": self.oid, "axes": ",".join(self.axes)}
        query = "&".join(f"{key}={text}" for key, text in keys.items() if text)
        return f"{self.collection}?{query}" if query else self.collection

    def query(self, expression: str) -> str:
        """The query for an expression of the array, which is ``c`` in it."""
        where = f" where oid(c) = {self.oid}" if self.oid else ""
        # The collection matches _LOCATION, the oid _OID; expressions are made of numbers.
        return f"select {expression} from {self.collection} as c{where}"  # noqa: S608


def parse_location(location: str) -> ArrayName:
    """Understand a location.

    Raises
    ------
    DataUnavailable
        When it is none.

    >>> str(parse_location("mr?axes=1,0&oid=7"))
    'mr?oid=7&axes=1,0'
    """
    match = _LOCATION.fullmatch(location)
    given = parse_qsl(match["query"] or "", keep_blank_values=True) if match else []
    keys = dict(given)
    sound = match is not None and len(keys) == len(given) and set(keys) <= {"oid", "axes"}
    sound = sound and bool(_OID.fullmatch(keys.get("oid", "0")) and _AXES.fullmatch(keys.get("axes", "0")))
    if match is None or not sound:
        raise DataUnavailable(
            f"{location!r} is no location in a rasdaman storage; accepted: {ACCEPTED_LOCATIONS}", locator=location
        )
    axes = tuple(keys["axes"].split(",")) if "axes" in keys else ()
    return ArrayName(match["collection"], keys.get("oid", ""), axes)


# -- arrays

_ROLES = {
    Role.X: {"x", "lon", "long", "longitude", "e", "easting", "i", "column"},
    Role.Y: {"y", "lat", "latitude", "n", "northing", "j", "row"},
    Role.Z: {"z", "h", "height", "depth", "elevation"},
    Role.T: {"t", "time", "date", "ansi", "unix"},
}


@dataclass(frozen=True, slots=True)
class StoredArray:
    """An array of a server, as it is stored."""

    name: ArrayName
    domain: tuple[Interval, ...]
    axis_names: tuple[str, ...]
    """As the array type names them; empty where it does not."""
    components: tuple[Component, ...]
    nil: tuple[NilValue, ...]
    """Of all components, as the type of the collection says."""
    tiles: tuple[int, ...]
    """Cells of a tile along each axis; empty where that is not known."""

    @property
    def roles(self) -> tuple[Role, ...]:
        """What the axes are, by their names; without names that tell, an image is columns by rows.

        (That is how rasql encodes and decodes images: axis 0 is x, axis 1 is y.)
        """
        roles = tuple(
            next((role for role, names in _ROLES.items() if name.lower() in names), Role.OTHER)
            for name in self.axis_names or [""] * len(self.domain)
        )
        plain = len(roles) == 2 and not {Role.X, Role.Y} & set(roles)
        return (Role.X, Role.Y) if plain else roles

    def order(self) -> tuple[int, ...]:
        """The axes of the array, as the location wants them to come.

        Raises
        ------
        DataUnavailable
            When the location does not name each axis once.
        """
        count = len(self.domain)
        if not self.name.axes:
            return tuple(range(count))
        known = {str(axis): axis for axis in range(count)}
        known |= {name: axis for axis, name in enumerate(self.axis_names)}
        order = tuple(known.get(axis, -1) for axis in self.name.axes)
        if sorted(order) != list(range(count)):
            names = f", or {', '.join(self.axis_names)}" if self.axis_names else ""
            raise DataUnavailable(
                f"{self.name}: axes={','.join(self.name.axes)} does not name each axis of the array once; "
                f"its axes are {', '.join(map(str, range(count)))}{names}",
                locator=str(self.name),
            )
        return order

    def upright(self) -> ArrayName:
        """The location under which y comes before x; the same one when it gives an order itself."""
        roles = self.roles
        if self.name.axes or Role.X not in roles or Role.Y not in roles:
            return self.name
        order, x, y = list(range(len(roles))), roles.index(Role.X), roles.index(Role.Y)
        if y < x:
            return self.name
        order[x], order[y] = y, x
        return replace(self.name, axes=tuple(map(str, order)))


def find_array(client: RasqlClient, location: str) -> StoredArray:
    """Ask the server for the array that a location means.

    Raises
    ------
    ItemMissing
        When there is no such collection, or no such array in it.
    DataUnavailable
        When there are several, or its cells are of a type that cannot be read, or the server cannot be reached.
    """
    name = parse_location(location)
    domain = _domain(client, name, location)
    facts = parse_facts(client.text(name.query("dbinfo(c)"), location))
    if facts is None:
        raise _not_understood(client, location, "dbinfo")
    known = _definitions(client, facts, location)
    declared = known.sets.get(facts.set_type)
    marray = known.marrays.get(facts.marray_type or (declared.marray if declared else ""))
    base = facts.base_type or (marray.cell if marray else "")
    try:
        components = parse_components(base, known.structs)
    except TypeUnknown as error:
        raise DataUnavailable(f"{location}: rasdaman storage {client.url}: {error}", locator=location) from error
    axes = marray.axes if marray and len(marray.axes) == len(domain) else tuple(each.name for each in domain)
    return StoredArray(
        name,
        domain,
        axes if all(axes) and len(set(axes)) == len(axes) else (),
        components,
        declared.nil if declared else (),
        facts.tiles if len(facts.tiles) == len(domain) else (),
    )


def _domain(client: RasqlClient, name: ArrayName, location: str) -> tuple[Interval, ...]:
    """The domain of the one array."""
    try:
        text = client.text(name.query("sdom(c)"), location)
    except (ItemMissing, QueryFailed) as error:
        known = client.text("select r from RAS_COLLECTIONNAMES as r", location).split()
        if name.collection in known:
            raise
        raise ItemMissing(
            f"{location}: there is no collection '{name.collection}' in rasdaman storage {client.url}; "
            f"{suggest(name.collection, known)}",
            locator=location,
        ) from error
    domains = parse_domains(text)
    if domains is None:
        raise _not_understood(client, location, "sdom")
    if not domains:
        what = f"array of oid {name.oid}" if name.oid else "array"
        raise ItemMissing(
            f"{location}: there is no {what} in collection '{name.collection}' of rasdaman storage {client.url}",
            locator=location,
        )
    if len(domains) > 1:
        oids = client.text(name.query("oid(c)"), location).split()
        raise DataUnavailable(
            f"{location}: collection '{name.collection}' of rasdaman storage {client.url} holds {len(domains)} arrays; "
            f"say which by its oid, as {name.collection}?oid={oids[0] if oids else 1}; they are {_first(oids)}",
            locator=location,
        )
    return domains[0]


def _first(oids: Sequence[str]) -> str:
    more = f", ... ({len(oids)} in all)" if len(oids) > _MOST_OIDS else ""
    return ", ".join(oids[:_MOST_OIDS]) + more


def _definitions(client: RasqlClient, facts: ArrayFacts, location: str) -> Definitions:
    """The type definitions that an array needs; those of its collection only where the server names its type."""
    queries = []
    if facts.set_type or facts.marray_type:
        queries += ["select t from RAS_SET_TYPES as t", "select t from RAS_MARRAY_TYPES as t"]
    if "{" not in facts.base_type:
        queries.append("select t from RAS_STRUCT_TYPES as t")
    return parse_definitions("\n".join(client.text(query, location) for query in queries))


def _not_understood(client: RasqlClient, location: str, function: str) -> DataUnavailable:
    return DataUnavailable(
        f"{location}: rasdaman storage {client.url}: the answer to {function}() is not understood", locator=location
    )
