# SPDX-License-Identifier: MIT
"""How the parts of the server are put together; needs Django configured (``open_instance`` does it)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.core.wsgi import get_wsgi_application

import eoxserver
from eoxserver.app.instance import Instance
from eoxserver.app.queries import Queries
from eoxserver.app.static_files import MountedStaticFiles
from eoxserver.app.users import Users
from eoxserver.backends.access import Access, install_access
from eoxserver.backends.cache import Cache
from eoxserver.backends.drivers import format_drivers
from eoxserver.backends.encoders.base import Workspace
from eoxserver.conf.formats import load_formats
from eoxserver.conf.instance import InstancePaths
from eoxserver.conf.schema import Settings
from eoxserver.plugins.manager import load_from_environ
from eoxserver.query.check import Limits
from eoxserver.query.executors import Executor
from eoxserver.resources.coverages.announcements import Announcements
from eoxserver.resources.coverages.catalogue import Catalogue
from eoxserver.resources.coverages.formats import FormatRegistry
from eoxserver.resources.coverages.ingestion.ingestion import Ingestion
from eoxserver.resources.coverages.pyramids import PyramidCatalogue
from eoxserver.resources.coverages.registration.registrar import Registrar
from eoxserver.resources.coverages.stacking.stacks import Stacks
from eoxserver.resources.coverages.virtual_coverages import VirtualCoverages
from eoxserver.resources.crs.catalogue import CrsCatalogue
from eoxserver.services.context import ServiceContext
from eoxserver.services.dispatch import Dispatcher, mounted
from eoxserver.services.engine import Engine

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

__all__ = ["assemble", "assemble_app", "assemble_engine"]


def assemble(paths: InstancePaths, settings: Settings, environ: Mapping[str, str]) -> Instance:
    """The instance of these settings; raises PluginError."""
    plugins = load_from_environ(environ, settings.system.required_plugins)
    readers = {key: plugins.readers[key](settings) for key in plugins.readers}
    bounds = settings.cache
    cache = Cache(settings.path(bounds.directory), bounds.max_bytes, bounds.max_age, bounds.revalidate)
    access = Access(plugins, settings, cache)
    install_access(access)
    formats = FormatRegistry(settings, load_formats(paths.formats), format_drivers(plugins.encoders))
    catalogue = Catalogue(settings, readers, access, formats)
    metadata_readers = [plugins.metadata_readers[key]() for key in plugins.metadata_readers]
    stacks = Stacks(readers, access, formats)
    registrar = Registrar(list(readers.values()), metadata_readers, formats, access, stacks)
    ingestion = Ingestion(access, settings)
    crss = CrsCatalogue()
    return Instance(
        paths, settings, plugins, formats, readers, access, catalogue, crss, ingestion, stacks, registrar, _services
    )


def _services(instance: Instance) -> tuple[ServiceContext, Queries]:
    context = ServiceContext(
        instance.settings,
        instance.plugins,
        instance.catalogue,
        instance.formats,
        assemble_engine(instance),
        instance.crss,
        instance.ingestion,
        PyramidCatalogue(),
        Announcements(),
        VirtualCoverages(instance.catalogue),
        instance.readers,
    )
    return context, Queries(context)


def assemble_engine(instance: Instance) -> Engine:
    """The engine over the instance's catalogue, as its settings say.

    Raises
    ------
    UnknownKey
        When no plugin brings the configured executor.
    """
    settings = instance.settings
    executor: Executor = instance.plugins.executors[settings.evaluation.executor].configured(settings)
    directory = settings.path(settings.cache.directory) / "results"
    directory.mkdir(parents=True, exist_ok=True)
    return Engine(
        lookup=instance.catalogue.coverage,
        executor=executor,
        limits=Limits(
            max_result_cells=settings.limits.max_result_cells,
            max_result_bytes=settings.limits.max_result_bytes,
            max_read_bytes=settings.limits.max_read_bytes,
            max_folded_cells=settings.limits.max_folded_cells,
        ),
        encoders={key: instance.plugins.encoders[key](settings) for key in instance.plugins.encoders},
        workspace=Workspace(directory, executor.pool, settings.evaluation.block_cells, settings.limits.memory_bytes),
    )


def assemble_app(instance: Instance) -> WSGIApplication:
    """The dispatcher over all services, with Django's admin site at ``/admin``; raises UnknownKey."""
    context = instance.context
    services = {key: instance.plugins.services[key](context) for key in instance.plugins.services}
    dispatcher = Dispatcher(
        context, services, Users().authenticate, _fingerprint(instance), cache=instance.access.cache
    )
    return mounted(dispatcher, {"/admin": MountedStaticFiles(get_wsgi_application())})


def _fingerprint(instance: Instance) -> str:
    """Changes with the release, the settings, the formats and the plugins."""
    parts = (
        eoxserver.__version__,
        repr(instance.settings),
        repr(instance.formats.formats),
        repr([(report.name, report.version) for report in instance.plugins.reports]),
    )
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
