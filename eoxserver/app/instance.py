# SPDX-License-Identifier: MIT
"""An open instance: what the command line, the WSGI application and scripts work with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from eoxserver.conf.instance import InstancePaths
from eoxserver.conf.schema import Settings

if TYPE_CHECKING:
    from eoxserver.app.queries import Parameter, Queries
    from eoxserver.backends.access import Access
    from eoxserver.backends.readers.base import Reader
    from eoxserver.plugins.manager import Plugins
    from eoxserver.resources.coverages.catalogue import Catalogue
    from eoxserver.resources.coverages.formats import FormatRegistry
    from eoxserver.resources.coverages.ingestion.ingestion import Ingestion
    from eoxserver.resources.coverages.registration.registrar import Registrar
    from eoxserver.resources.coverages.stacking.stacks import Stacks
    from eoxserver.resources.crs.catalogue import CrsCatalogue
    from eoxserver.services.context import ServiceContext

__all__ = ["Instance"]


@dataclass(frozen=True)
class Instance:
    """Everything that is made once for an instance folder; ``close`` gives handles back."""

    paths: InstancePaths
    settings: Settings
    plugins: Plugins
    formats: FormatRegistry
    readers: Mapping[str, Reader]
    access: Access
    catalogue: Catalogue
    crss: CrsCatalogue
    """CRSs by name, those of administrators among them."""
    ingestion: Ingestion
    """Inserts, changes and deletes coverages whose cells are kept here."""
    stacks: Stacks
    """Registers files as slices of coverages, which stay where they are."""
    _registrar: Registrar
    _services: Callable[[Instance], tuple[ServiceContext, Queries]]

    def registrar(self) -> Registrar:
        """What brings files into the catalogue and takes them out again."""
        return self._registrar

    @cached_property
    def _made(self) -> tuple[ServiceContext, Queries]:
        return self._services(self)

    @property
    def context(self) -> ServiceContext:
        """What services are given, made when it is first needed; raises UnknownKey when there is no such executor."""
        return self._made[0]

    @property
    def queries(self) -> Queries:
        """WCPS queries whose results are told one from the other; ``wcps`` is what most programs need."""
        return self._made[1]

    def wcps(self, query: str, *parameters: Parameter) -> Any:
        """Evaluate a WCPS query.

        Parameters
        ----------
        query : str
            As ``for $c in (cube) return avg($c)``.
        *parameters : str, bytes or Path
            What the query calls ``$1``, ``$2``, ...: texts; for ``decode`` paths of files, or their content.

        Returns
        -------
        bytes
            What ``encode`` or ``describe`` makes.
        int, float, complex, bool or None
            A scalar; None when it is null. Several fields are a tuple.
        str
            What metadata functions answer.
        xarray.DataArray, xarray.Dataset
            A coverage that the query does not encode: of one field, of several. This takes the package ``xarray``.
        list
            Of these, when there is not exactly one combination of coverages that ``where`` lets pass.

        Raises
        ------
        WcpsSyntaxError, WcpsSemanticError
            For a wrong query, with the place.
        EOxServerError
            Whatever else stands in the way: unknown coverages, limits, data that cannot be read.

        Examples
        --------
        >>> instance = open_instance("instance")  # doctest: +SKIP
        >>> instance.wcps("for $c in (cube) return max($c)")  # doctest: +SKIP
        255
        """
        results = self.queries.results(query, dict(enumerate(parameters, 1)))
        return results[0] if len(results) == 1 else results

    def close(self) -> None:
        """Close every data set and this thread's database connection."""
        if "_made" in self.__dict__:
            self.context.engine.executor.close()
        for reader in self.readers.values():
            reader.close()
        self.catalogue.release()
