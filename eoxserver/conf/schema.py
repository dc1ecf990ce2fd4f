# SPDX-License-Identifier: MIT
"""Every setting: its section, type, default and meaning, in one table.

The dataclasses are what the program reads; the same fields make ``default.conf``, ``TEMPLATE_eoxserver.conf``,
``eoxserver config --explain`` and ``docs/configuration.md`` (:mod:`eoxserver.conf.reference`). Section and key names
are those of the configuration of RFC 17 where it has them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, Generic, Literal, TypeVar

from eoxserver.conf.values import (
    CODES,
    DATABASE,
    DURATION,
    MEMORY,
    MIME,
    MIME_MAP,
    MIMES,
    NAMES,
    OPTIONAL_SIZE,
    PATH,
    SIZE,
    TEXT,
    URL,
    DatabaseUrl,
    Kind,
    choice,
    integer,
)

__all__ = [
    "PLUGIN_SECTION",
    "SECTIONS",
    "Cache",
    "Catalogue",
    "Cubes",
    "Evaluation",
    "Inspire",
    "Limits",
    "Option",
    "Ows",
    "OwsCommon",
    "Packages",
    "Remote",
    "Settings",
    "System",
    "Wcps",
    "Wcs",
    "Wcs20",
    "Wcst",
    "Wms",
    "default_settings",
    "options",
    "variable",
]

T = TypeVar("T")

_LANGUAGES = (
    "bul", "cze", "dan", "dut", "eng", "est", "fin", "fre", "ger", "gle", "gre", "hrv", "hun", "ita", "lav", "lit",
    "mlt", "pol", "por", "rum", "slo", "slv", "spa", "swe",
)  # fmt: skip
"""Of the European Union, which are those that INSPIRE accepts."""

PLUGIN_SECTION = "plugins."
"""Prefix of the sections that belong to plugins: ``[plugins.NAME]``."""


@dataclass(frozen=True, slots=True)
class Option(Generic[T]):
    """One setting of the table."""

    section: str
    key: str
    kind: Kind[T]
    default: str
    """As it would be written in the file."""
    meaning: str

    @property
    def variable(self) -> str:
        """Environment variable that overrides it."""
        return variable(self.section, self.key)


def variable(section: str, key: str) -> str:
    """Answer the environment variable of a setting.

    >>> variable("services.ows.wms", "supported_crs")
    'EOXS_SERVICES_OWS_WMS__SUPPORTED_CRS'
    """
    return f"EOXS_{re.sub('[^A-Za-z0-9]', '_', section)}__{re.sub('[^A-Za-z0-9]', '_', key)}".upper()


def setting(kind: Kind[T], default: str, meaning: str) -> T:
    """Declare a setting as a field of a section's dataclass."""
    declared = (kind, default, meaning)
    made: T = field(default_factory=lambda: kind.parse(default), metadata={"setting": declared})
    return made


@dataclass(frozen=True, slots=True)
class System:
    """The server itself."""

    section: ClassVar[str] = "core.system"

    logging_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = setting(
        choice("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"), "INFO", "Least severity of what is logged."
    )
    logging_format: str = setting(
        TEXT, "%(asctime)s %(levelname)s %(name)s: %(message)s", "Form of a log line, in the terms of Python's logging."
    )
    instance_id: str = setting(TEXT, "eoxserver", "Name of the instance, in logs, metrics and pages.")
    required_plugins: tuple[str, ...] = setting(
        NAMES,
        "",
        "Plugins (or distributions) without which the server must not start, one that guards coverages for example; "
        "any other plugin that fails to load is reported and left out.",
    )


@dataclass(frozen=True, slots=True)
class OwsCommon:
    """What all OGC services have in common."""

    section: ClassVar[str] = "services.owscommon"

    http_service_url: str | None = setting(
        URL, "", "Public URL of /ows in answers, as https://eo.example/ows; empty: as in the request."
    )
    time_interval_interpretation: Literal["closed", "open"] = setting(
        choice("closed", "open"),
        "closed",
        "Whether a time interval in a request contains its two ends (closed) or not (open).",
    )


@dataclass(frozen=True, slots=True)
class Ows:
    """Texts in the capabilities of all services."""

    section: ClassVar[str] = "services.ows"

    update_sequence: str = setting(
        TEXT, "", "Version of the capabilities; empty: the version of the catalogue, which is what clients expect."
    )
    title: str = setting(TEXT, "EOxServer", "Title of the services.")
    abstract: str = setting(TEXT, "", "What the services offer.")
    keywords: tuple[str, ...] = setting(NAMES, "", "Keywords of the services.")
    fees: str = setting(TEXT, "none", "Fees for the use of the services.")
    access_constraints: str = setting(TEXT, "none", "Who may use the services.")
    provider_name: str = setting(TEXT, "", "Organisation that runs the services.")
    provider_site: str = setting(TEXT, "", "Web page of that organisation.")
    individual_name: str = setting(TEXT, "", "Person to ask.")
    position_name: str = setting(TEXT, "", "Position of that person.")
    phone_voice: str = setting(TEXT, "", "Telephone number; several are separated by commas.")
    phone_facsimile: str = setting(TEXT, "", "Facsimile number; several are separated by commas.")
    delivery_point: str = setting(TEXT, "", "Street and number.")
    city: str = setting(TEXT, "", "City.")
    administrative_area: str = setting(TEXT, "", "State or province.")
    postal_code: str = setting(TEXT, "", "Postal code.")
    country: str = setting(TEXT, "", "Country.")
    electronic_mail_address: str = setting(TEXT, "", "Mail address; several are separated by commas.")
    online_resource: str = setting(TEXT, "", "Web page with more on the services.")
    hours_of_service: str = setting(TEXT, "", "When the person can be reached.")
    contact_instructions: str = setting(TEXT, "", "How to reach the person.")
    role: str = setting(TEXT, "", "Role of the person, as pointOfContact (ISO 19115).")


@dataclass(frozen=True, slots=True)
class Inspire:
    """What capabilities say to INSPIRE, when coverages are marked as its data sets."""

    section: ClassVar[str] = "services.ows.inspire"

    inspire_common_url: str = setting(
        TEXT, "", "URL of the metadata record of the services in a catalogue; empty: that of their capabilities."
    )
    namespace: str = setting(TEXT, "", "Namespace of the identifiers of data sets; empty: the URL of /ows.")
    language: str = setting(choice(*_LANGUAGES), "eng", "Language of titles and abstracts, as ISO 639-2/B has it.")


@dataclass(frozen=True, slots=True)
class Wms:
    """WMS."""

    section: ClassVar[str] = "services.ows.wms"

    supported_formats: tuple[str, ...] = setting(
        MIMES,
        "image/png,image/jpeg",
        "Formats of maps, in this order; those that this machine cannot write are left out.",
    )
    supported_crs: tuple[int, ...] = setting(
        CODES, "4326,3857,3035", "CRSs of maps beside the coverage's own, and those of collections."
    )


@dataclass(frozen=True, slots=True)
class Wcs:
    """WCS, all versions."""

    section: ClassVar[str] = "services.ows.wcs"

    supported_formats: tuple[str, ...] = setting(
        MIMES,
        "image/tiff,image/tiff; application=geotiff; profile=cloud-optimized,application/netcdf,application/x-netcdf,"
        "image/jp2,image/png,image/jpeg,text/csv,application/json,application/vnd.cov+json,"
        "application/prs.coverage+json",
        "Formats of coverages, in this order; those that this machine cannot write are left out.",
    )
    supported_crs: tuple[int, ...] = setting(CODES, "4326,3857,3035", "CRSs of coverages beside their own.")


@dataclass(frozen=True, slots=True)
class Wcs20:
    """WCS 2.x."""

    section: ClassVar[str] = "services.ows.wcs20"

    default_native_format: str = setting(
        MIME,
        "image/tiff",
        "Native format of coverages whose stored format cannot be written.",
    )
    source_to_native_format_map: Mapping[str, str] = setting(
        MIME_MAP, "", "Native format by stored format: source,native,source,native,..."
    )
    paging_count_default: int = setting(integer(1), "10", "Coverages in an answer of DescribeEOCoverageSet.")
    subset_mode: Literal["halfopen", "closed", "gdal"] = setting(
        choice("halfopen", "closed", "gdal"),
        "halfopen",
        "Which cells a trim takes: those whose extent it overlaps, without the cell that starts at its upper end "
        "(halfopen) or with it (closed), or as GDAL's gdal_translate -projwin (gdal).",
    )
    invalid_subsetting_status: Literal["400", "404"] = setting(
        choice("400", "404"),
        "400",
        "HTTP status of reports of InvalidSubsetting, of WCPS too: 400 as of other mistakes, or 404 as WCS 2.0 has it.",
    )


@dataclass(frozen=True, slots=True)
class Wcst:
    """WCS-T: coverages that come and change by requests of users who may."""

    section: ClassVar[str] = "services.wcst"

    file_roots: tuple[str, ...] = setting(
        NAMES, "data", "Folders below which files lie that requests may refer to (file:///...); empty: none may."
    )
    remote_hosts: tuple[str, ...] = setting(
        NAMES,
        "",
        "Web servers that requests may refer to, as data.example or data.example:8080; nothing else is ever fetched.",
    )
    remote_private: Literal["no", "yes"] = setting(
        choice("no", "yes"), "no", "Whether those servers may have addresses of this machine or a private network."
    )
    request_body_bytes: int = setting(
        SIZE, "256MiB", "Size of a request body, or a document it refers to, of users who may insert or change."
    )
    max_file_bytes: int = setting(SIZE, "16GiB", "Size of a file that is fetched from a web server.")


@dataclass(frozen=True, slots=True)
class Wcps:
    """WCPS: queries."""

    section: ClassVar[str] = "services.wcps"

    max_combinations: int = setting(
        integer(1),
        "1000",
        "How often one query is evaluated: coverages of its first list times those of the others.",
    )
    max_file_bytes: int = setting(SIZE, "256MiB", "Size of the cells of a file that comes with a query.")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may cost; more is refused before any cell is read."""

    section: ClassVar[str] = "services.limits"

    max_result_cells: int = setting(integer(1), "1_000_000_000", "Cells in a result, all fields counted.")
    max_result_bytes: int = setting(SIZE, "1GiB", "Size of a result before encoding.")
    max_read_bytes: int = setting(SIZE, "16GiB", "Size of the cells that must be read for a result.")
    max_folded_cells: int = setting(
        integer(1), "1_000_000_000_000", "Cells that one condenser of a query goes through."
    )
    max_evaluation_time: int = setting(
        DURATION, "5min", "Time in which an answer must begin, and go on when part of it was sent; 0s: any."
    )
    max_map_width: int = setting(integer(1), "4096", "Width of a map [pixels].")
    max_map_height: int = setting(integer(1), "4096", "Height of a map [pixels].")
    max_map_coverages: int = setting(
        integer(1), "256", "Coverages painted over each other in one map; more may lie below those that cover it."
    )
    memory_bytes: int = setting(
        SIZE, "64MiB", "Encoded results up to this size are made in memory, larger ones in a temporary file."
    )
    request_body_bytes: int = setting(SIZE, "16MiB", "Size of a request body.")


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How results are computed."""

    section: ClassVar[str] = "services.evaluation"

    executor: str = setting(TEXT, "local", "Executor plugin that runs the plans.")
    dask_scheduler: str = setting(
        TEXT, "tcp://127.0.0.1:8786", "Address of the Dask scheduler whose workers the executor `dask` gives work to."
    )
    dask_least_bytes: int = setting(
        SIZE, "256MiB", "Work that goes through fewer bytes of cells is not given to Dask workers."
    )
    dask_timeout: int = setting(DURATION, "10s", "Longest wait for the Dask scheduler, or for a worker of it.")
    threads: int = setting(integer(0), "0", "Threads of a process; 0: one a core.")
    block_cells: int = setting(integer(1024), "1_048_576", "Cells that are computed at a time.")
    open_files: int = setting(integer(1), "128", "Files kept open by a process.")
    tile_cache_bytes: int = setting(MEMORY, "5%", "Memory of a process for blocks read from files.")
    map_cache_bytes: int = setting(OPTIONAL_SIZE, "64MiB", "Memory of a process for finished maps; 0: none are kept.")


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Where it is written what is served."""

    section: ClassVar[str] = "resources.catalogue"

    database: DatabaseUrl = setting(DATABASE, "sqlite:///catalogue.sqlite3", "Database of the catalogue.")


@dataclass(frozen=True, slots=True)
class Cache:
    """Local copies of remote and packed files."""

    section: ClassVar[str] = "backends.cache"

    directory: Path = setting(PATH, "cache", "Folder of the copies.")
    max_bytes: int = setting(SIZE, "10GiB", "Size of the folder; what was not used for longest goes first.")
    max_age: int = setting(DURATION, "30d", "Time after which an unused copy is removed.")
    revalidate: int = setting(
        DURATION, "60s", "Time for which a copy is trusted before its storage is asked whether the original changed."
    )


@dataclass(frozen=True, slots=True)
class Remote:
    """How storages on other machines are spoken to."""

    section: ClassVar[str] = "backends.remote"

    connect_timeout: int = setting(DURATION, "10s", "Longest wait for a connection.")
    timeout: int = setting(DURATION, "60s", "Longest silence of a storage in a transfer.")
    retries: int = setting(
        integer(0, 10), "3", "How often a request is sent again after a failure that may pass, each time later."
    )


@dataclass(frozen=True, slots=True)
class Packages:
    """What archives may hold."""

    section: ClassVar[str] = "backends.packages"

    max_member_bytes: int = setting(SIZE, "64GiB", "Largest unpacked size of one member.")
    max_ratio: int = setting(
        integer(1), "1100", "Most bytes that one packed byte of a member may become (deflate reaches 1032)."
    )
    max_members: int = setting(integer(1), "1_000_000", "Most members of one archive.")


@dataclass(frozen=True, slots=True)
class Cubes:
    """Arrays of ingested coverages."""

    section: ClassVar[str] = "backends.cubes"

    url: str = setting(
        TEXT, "cubes", "Where new cubes are kept: a folder of the instance, or the URL of an object store."
    )
    cache_bytes: int = setting(SIZE, "64MiB", "Memory of each process for cells of cubes that were read, for each URL.")
    update_bytes: int = setting(
        SIZE, "128MiB", "Memory for cells of an update; what is beyond is written before the update is complete."
    )
    max_parallel_reads: int = setting(
        integer(1), "3", "Parts of the input of an update, up to 32 MiB each, that are read at a time."
    )


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings, by section."""

    system: System = field(default_factory=System)
    owscommon: OwsCommon = field(default_factory=OwsCommon)
    ows: Ows = field(default_factory=Ows)
    inspire: Inspire = field(default_factory=Inspire)
    wms: Wms = field(default_factory=Wms)
    wcs: Wcs = field(default_factory=Wcs)
    wcs20: Wcs20 = field(default_factory=Wcs20)
    wcst: Wcst = field(default_factory=Wcst)
    wcps: Wcps = field(default_factory=Wcps)
    limits: Limits = field(default_factory=Limits)
    evaluation: Evaluation = field(default_factory=Evaluation)
    catalogue: Catalogue = field(default_factory=Catalogue)
    cache: Cache = field(default_factory=Cache)
    remote: Remote = field(default_factory=Remote)
    packages: Packages = field(default_factory=Packages)
    cubes: Cubes = field(default_factory=Cubes)
    plugins: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: MappingProxyType({}))
    """Sections ``[plugins.NAME]`` as written; each plugin reads its own."""
    instance: Path | None = None
    """Folder of the instance; None without one."""

    def path(self, relative: str | Path) -> Path:
        """Answer a path of the configuration as an absolute one, from the instance, else from the working folder."""
        return (self.instance or Path()).joinpath(relative).absolute()


SECTIONS: Mapping[str, type[Any]] = MappingProxyType(
    {
        "system": System,
        "owscommon": OwsCommon,
        "ows": Ows,
        "inspire": Inspire,
        "wms": Wms,
        "wcs": Wcs,
        "wcs20": Wcs20,
        "wcst": Wcst,
        "wcps": Wcps,
        "limits": Limits,
        "evaluation": Evaluation,
        "catalogue": Catalogue,
        "cache": Cache,
        "remote": Remote,
        "packages": Packages,
        "cubes": Cubes,
    }
)
"""Attribute of Settings -> its section, in the order in which they are written."""


def options(section: type[Any]) -> Iterator[Option[Any]]:
    """Answer the settings of a section in the order of the table."""
    for item in fields(section):
        kind, default, meaning = item.metadata["setting"]
        yield Option(section.section, item.name, kind, default, meaning)


def default_settings() -> Settings:
    """Answer the settings that hold without an instance."""
    return Settings()
