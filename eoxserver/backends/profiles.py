# SPDX-License-Identifier: MIT
"""How GDAL reads each kind of place: the one table of its configuration options.

They belong to a path (``connections.RasterPath``) and hold in the thread that opens or reads it, never for the
process. Storages add what only they know: credentials, end points. Read in GDAL's documentation: "GDAL Virtual File
Systems", "Configuration options".
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import eoxserver
from eoxserver.conf.schema import Settings

__all__ = ["PROFILE_KINDS", "gdal_profile"]

INGESTED_BYTES = 32 << 10
"""Asked for at once when a TIFF is opened [bytes]: the header of most COGs with all their overviews. GDAL asks for
whole chunks of 16 KiB in any case; where the header is longer it goes on by itself."""

_ANYWHERE: Mapping[str, str] = MappingProxyType(
    {
        # Never list the folder of a file to look for others that belong to it, nor ask for them one by one.
        "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    }
)

_REMOTE: Mapping[str, str] = MappingProxyType(
    {
        # One request for blocks that lie next to each other, and requests for others at the same time.
        "GDAL_HTTP_MERGE_CONSECUTIVE_RANGES": "YES",
        "GDAL_HTTP_MULTIPLEX": "YES",
        "GDAL_INGESTED_BYTES_AT_OPEN": str(INGESTED_BYTES),
        # The size of a file is asked for by HEAD: without it GDAL sends a GET of the whole file and hangs up.
        "CPL_VSIL_CURL_USE_HEAD": "YES",
        "GDAL_HTTP_TCP_KEEPALIVE": "YES",
        # Credentials come from the storage's record, never from the home folder of whoever runs the server.
        "GDAL_HTTP_NETRC": "NO",
    }
)


def _patience(settings: Settings) -> dict[str, str]:
    """Time-outs and retries as the settings say."""
    remote = settings.remote
    return {
        "GDAL_HTTP_CONNECTTIMEOUT": str(remote.connect_timeout),
        # A transfer may take long as long as something arrives.
        "GDAL_HTTP_LOW_SPEED_TIME": str(remote.timeout),
        "GDAL_HTTP_LOW_SPEED_LIMIT": "1",
        "GDAL_HTTP_MAX_RETRY": str(remote.retries),
        "GDAL_HTTP_RETRY_DELAY": "0.5",
        "GDAL_HTTP_USERAGENT": f"EOxServer/{eoxserver.__version__}",
    }


_PROFILES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "local-archive": _ANYWHERE,
        "http": {**_ANYWHERE, **_REMOTE},
        "s3": {**_ANYWHERE, **_REMOTE},
        # No question to the machine's own metadata service for credentials when there are none.
        "gs": {**_ANYWHERE, **_REMOTE, "CPL_GCE_SKIP": "YES"},
        "abfs": {**_ANYWHERE, **_REMOTE},
    }
)

PROFILE_KINDS: tuple[str, ...] = tuple(_PROFILES)
"""The kinds of places."""


def gdal_profile(kind: str, settings: Settings) -> dict[str, str]:
    """Answer GDAL's configuration options for a kind of place.

    Parameters
    ----------
    kind : str
        One of ``PROFILE_KINDS``: ``http`` for ``/vsicurl``, ``s3``, ``gs``, ``abfs`` (``/vsiaz``, ``/vsiadls``),
        ``local-archive`` for members of archives on this machine.
    settings : Settings
        ``remote`` says how long to wait and how often to try again.

    Raises
    ------
    KeyError
        For any other kind.
    """
    profile = dict(_PROFILES[kind])
    return profile if kind == "local-archive" else profile | _patience(settings)
