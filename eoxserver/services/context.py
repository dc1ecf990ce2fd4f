# SPDX-License-Identifier: MIT
"""What a service is given by the application: settings, catalogue, engine, encoders and CRSs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from eoxserver.backends.readers.base import Reader
from eoxserver.conf.schema import Settings
from eoxserver.plugins.manager import Plugins
from eoxserver.resources.coverages.formats import FormatRegistry
from eoxserver.services.engine import Engine

if TYPE_CHECKING:
    # Stands on Django's models, which a plugin must be able to do without while it is loaded.
    from eoxserver.resources.coverages.announcements import Announcements
    from eoxserver.resources.coverages.catalogue import Catalogue
    from eoxserver.resources.coverages.ingestion.ingestion import Ingestion
    from eoxserver.resources.coverages.pyramids import PyramidCatalogue
    from eoxserver.resources.coverages.virtual_coverages import VirtualCoverages
    from eoxserver.resources.crs.catalogue import CrsCatalogue

__all__ = ["ServiceContext"]


@dataclass(frozen=True)
class ServiceContext:
    """Made once by the application and shared by all services and threads."""

    settings: Settings
    plugins: Plugins
    catalogue: Catalogue
    formats: FormatRegistry
    engine: Engine
    crss: CrsCatalogue
    """CRSs by name: whatever a request names is parsed here, so that those of administrators are known."""
    ingestion: Ingestion
    """Inserts, changes and deletes coverages."""
    pyramids: PyramidCatalogue
    """Knows which coverages are coarser versions of others."""
    announcements: Announcements
    """What capabilities say beside what is served."""
    virtuals: VirtualCoverages
    """Makes coverages whose cells are those of others."""
    readers: Mapping[str, Reader] = field(default_factory=dict)
    """Readers of files by key, in the order in which they are asked."""
