# SPDX-License-Identifier: MIT
"""Every hook of the server, one sentence each: this file is the whole extension surface.

A plugin is a module (or another object) named in the entry-point group ``eoxserver.plugins``. It implements a hook by
a function of the same name, marked ``@hookimpl``. All hooks but the last *collect*: each plugin returns a list of
component classes, and the server makes the instances. Hooks declare and never change the server.

Each component class has a class attribute ``key``: a text, unique among the components of its kind.
``docs/hooks.md`` shows an example of each; ``eoxserver.plugins.registry.KINDS`` lists the attributes that are checked
when a plugin is loaded.
"""

from __future__ import annotations

from collections.abc import Sequence

from eoxserver.plugins.markers import hookspec

__all__ = [
    "eoxs_authorize",
    "eoxs_encoders",
    "eoxs_executors",
    "eoxs_import_recipes",
    "eoxs_metadata_readers",
    "eoxs_packages",
    "eoxs_readers",
    "eoxs_services",
    "eoxs_storages",
]


@hookspec
def eoxs_storages() -> Sequence[type]:
    """Return the storage classes this plugin adds: places where files or arrays live.

    ``key`` is the storage type in the catalogue (``local``, ``http``, ``s3``). A file storage has ``validate``,
    ``retrieve`` and ``list_files``, a connected one ``validate`` and ``connect``; one class may have all of them. The
    contract is ``eoxserver.backends.storages.base``.
    """
    raise AssertionError("a specification is never called")


@hookspec
def eoxs_packages() -> Sequence[type]:
    """Return the package classes this plugin adds: archives that hold files.

    ``key`` is the package format in the catalogue (``ZIP``, ``TAR``). The class has ``extract`` and ``list_files``. The
    contract is ``eoxserver.backends.packages.base``.
    """
    raise AssertionError("a specification is never called")


@hookspec
def eoxs_readers() -> Sequence[type]:
    """Return the reader classes this plugin adds: they turn a file or a connection into cells.

    ``key`` is the reader's name (``GDAL``, ``netCDF``). The class has ``can_open`` (cheap: by extension or first
    bytes), ``describe`` and ``open``; readers are asked in the order of their registration. The contract is
    ``eoxserver.backends.readers.base``.
    """
    raise AssertionError("a specification is never called")


@hookspec
def eoxs_encoders() -> Sequence[type]:
    """Return the encoder classes this plugin adds: they turn a coverage into the bytes of a format.

    ``key`` is the driver name of ``formats.conf`` (``GTiff``, ``PNG``). The class has ``check`` (refuses a coverage it
    cannot hold, before any work) and ``encode``. The contract is ``eoxserver.backends.encoders.base``.
    """
    raise AssertionError("a specification is never called")


@hookspec
def eoxs_metadata_readers() -> Sequence[type]:
    """Return the metadata reader classes this plugin adds: they find times, footprint and names at registration.

    ``key`` is the metadata format (``eogml``). The class has ``can_read`` (cheap) and ``read``. The contract is
    ``eoxserver.resources.coverages.metadata.base``.
    """
    raise AssertionError("a specification is never called")


@hookspec
def eoxs_services() -> Sequence[type]:
    """Return the service classes this plugin adds: protocols under ``/ows``.

    ``key`` is the value of the ``service`` parameter (``WCS``, ``WMS``). The class is made once with the service
    context and has ``handle`` (answers a request) and ``report`` (puts an error in the service's words). The contract
    is ``Service`` of ``eoxserver.services.wire``.
    """
    raise AssertionError("a specification is never called")


@hookspec
def eoxs_executors() -> Sequence[type]:
    """Return the executor classes this plugin adds: they run the blocks of a checked plan.

    ``key`` is the value of ``executor`` in section ``services.evaluation`` (``local``, ``dask``). The class has
    ``evaluate``, and ``configured``, which makes one of settings. The contract is ``eoxserver.query.executors``.
    """
    raise AssertionError("a specification is never called")


@hookspec
def eoxs_import_recipes() -> Sequence[type]:
    """Return the import recipe classes this plugin adds: ways to turn many files into coverages.

    ``key`` is the recipe's name in an ingredients file (``general_coverage``). The class has ``slices``. The contract
    is ``eoxserver.wcst_import.recipes.base``.
    """
    raise AssertionError("a specification is never called")


@hookspec(firstresult=True)
def eoxs_authorize(actor: str | None, action: str, coverage_id: str | None) -> bool | None:
    """Say whether an actor may do something to a coverage: True, False, or None for "not mine to decide".

    The first answer that is not None holds, the plugin registered last is asked first; without one, reading is allowed
    and everything else is not.

    Parameters
    ----------
    actor : str or None
        Name of the authenticated user; None when nobody logged in.
    action : str
        ``read``, or what would be changed: ``insert``, ``update``, ``delete``, ``admin``.
    coverage_id : str or None
        The coverage, or None when the action concerns no single one.
    """
    raise AssertionError("a specification is never called")
