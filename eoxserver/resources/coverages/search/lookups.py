# SPDX-License-Identifier: MIT
"""The lookups of the footprint field.

The right side is a geometry (anything ``geometries.geometry`` understands), bounds (west, south, east, north) or a
``Region``, which may add a span of time to be answered by the same look-up of the index.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.core.exceptions import FieldError
from django.db import NotSupportedError
from django.db.models import Lookup

from eoxserver.resources.coverages.search import postgresql, sqlite
from eoxserver.resources.coverages.search.columns import Columns, Sql
from eoxserver.resources.coverages.search.regions import Region, Relation, region_of

__all__ = ["LOOKUPS"]


if TYPE_CHECKING:
    AnyLookup = Lookup[Any]
else:
    # Django's lookups take type parameters for the type checker only.
    AnyLookup = Lookup


class FootprintLookup(AnyLookup):
    """A relation of footprints to a region; how it is written depends on the database."""

    relation: ClassVar[Relation]
    prepare_rhs = True

    def get_prep_lookup(self) -> Region:
        """The region on the right side; raises ValueError, or FieldError for an expression."""
        if hasattr(self.rhs, "resolve_expression"):
            raise FieldError(f"footprint__{self.lookup_name} needs a geometry, not an expression")
        return region_of(self.rhs, self.relation)

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        """Not known for other databases; raises NotSupportedError."""
        raise NotSupportedError(f"no search by footprints on {connection.vendor}; supported: sqlite, postgresql")

    def as_sqlite(self, compiler: Any, connection: Any, **_: Any) -> Sql:
        """By the R*Tree and a function of ours."""
        return sqlite.search(self.relation, self._region, self._columns(compiler, connection), connection)

    def as_postgresql(self, compiler: Any, connection: Any, **_: Any) -> Sql:
        """By the GiST index; what boxes leave open is read and decided here, before the query runs."""
        return postgresql.search(self.relation, self._region, self._columns(compiler, connection), connection)

    @property
    def _region(self) -> Region:
        region = self.rhs
        assert isinstance(region, Region)
        return region

    def _columns(self, compiler: Any, connection: Any) -> Columns:
        column = self.lhs
        if not hasattr(column, "alias") or not hasattr(column, "target"):
            raise NotSupportedError(f"footprint__{self.lookup_name} works on the column only, not on {column!r}")
        alias = compiler.quote_name_unless_alias(column.alias)
        return Columns(connection.ops.quote_name, alias, column.target.model._meta.db_table)


class Intersects(FootprintLookup):
    """The footprint and the geometry have a point in common."""

    lookup_name = "intersects"
    relation = Relation.INTERSECTS


class Within(FootprintLookup):
    """The footprint lies within the geometry."""

    lookup_name = "within"
    relation = Relation.WITHIN


class Contains(FootprintLookup):
    """The footprint contains the geometry."""

    lookup_name = "contains"
    relation = Relation.CONTAINS


class Bbox(FootprintLookup):
    """The box around the footprint meets a box."""

    lookup_name = "bbox"
    relation = Relation.BBOX


class Disjoint(FootprintLookup):
    """There is a footprint, and it has no point in common with the geometry."""

    lookup_name = "disjoint"
    relation = Relation.INTERSECTS

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Sql:
        """Those that are not in the answer of ``intersects``."""
        return self._others(super().as_sqlite(compiler, connection, **extra), self._columns(compiler, connection))

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Sql:
        """Those that are not in the answer of ``intersects``."""
        return self._others(super().as_postgresql(compiler, connection, **extra), self._columns(compiler, connection))

    @staticmethod
    def _others(found: Sql, column: Columns) -> Sql:
        sql, parameters = found
        return f"({column('footprint')} IS NOT NULL AND NOT {sql})", parameters


LOOKUPS = (Intersects, Within, Contains, Disjoint, Bbox)
