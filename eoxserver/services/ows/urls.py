# SPDX-License-Identifier: MIT
"""The URLs that answers name: the public one of the configuration, or that of the request."""

from __future__ import annotations

from eoxserver.conf.schema import Settings

__all__ = ["kvp_url", "public_url", "sibling_url"]


def public_url(settings: Settings, request_url: str) -> str:
    """The URL of the OGC endpoint as clients reach it, without query.

    Parameters
    ----------
    request_url : str
        What the request was sent to, as the server saw it; used where ``http_service_url`` is not set.
    """
    return settings.owscommon.http_service_url or request_url


def sibling_url(settings: Settings, request_url: str, path: str) -> str:
    """The URL of another endpoint as clients reach it, without query.

    Parameters
    ----------
    request_url : str
        What the request was sent to; used unless the configured URL of the OGC endpoint ends in ``/ows``.
    path : str
        What stands in the place of ``/ows``.
    """
    configured = settings.owscommon.http_service_url or ""
    return f"{configured.removesuffix('/ows')}{path}" if configured.endswith("/ows") else request_url


def kvp_url(url: str) -> str:
    """The URL to which a client appends ``key=value`` pairs (OGC 06-121r9 clause 7.4.7).

    >>> kvp_url("https://eo.example/ows"), kvp_url("https://eo.example/cgi?map=a")
    ('https://eo.example/ows?', 'https://eo.example/cgi?map=a&')
    """
    if url.endswith(("?", "&")):
        return url
    return url + ("&" if "?" in url else "?")
