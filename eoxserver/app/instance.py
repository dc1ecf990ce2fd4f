# SPDX-License-Identifier: MIT
"""An open instance: what the command line, the WSGI application and scripts work with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from eoxserver.conf.instance import InstancePaths
from eoxserver.conf.schema import Settings

if TYPE_CHECKING:
    from eoxserver.backends.access import Access
    from eoxserver.backends.readers.base import Reader
    from eoxserver.plugins.manager import Plugins
    from eoxserver.resources.coverages.catalogue import Catalogue
    from eoxserver.resources.coverages.formats import FormatRegistry
    from eoxserver.resources.coverages.ingestion.ingestion import Ingestion
    from eoxserver.resources.coverages.registration.registrar import Registrar
    from eoxserver.resources.coverages.stacking.stacks import Stacks
    from eoxserver.resources.crs.catalogue import CrsCatalogue

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

    def registrar(self) -> Registrar:
        """What brings files into the catalogue and takes them out again."""
        return self._registrar

    def close(self) -> None:
        """Close every data set and this thread's database connection."""
        for reader in self.readers.values():
            reader.close()
        self.catalogue.release()
