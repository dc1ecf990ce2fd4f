# SPDX-License-Identifier: MIT
"""What capabilities of WCS say to INSPIRE: ``inspire_dls:ExtendedCapabilities``.

As the Technical Guidance for INSPIRE download services using WCS has it (requirement 6, scenario 1): a link to the
metadata of the service, languages, and the identifiers of the data sets, which are the coverages that are marked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from eoxserver.services.ows.urls import kvp_url
from eoxserver.services.ows.xml import attributes, element, namespaces

if TYPE_CHECKING:
    from eoxserver.conf.schema import Inspire
    from eoxserver.resources.coverages.announcements import MarkedCoverage

__all__ = ["extended_capabilities"]

NAMESPACES: Mapping[str, str] = {
    "inspire_common": "http://inspire.ec.europa.eu/schemas/common/1.0",
    "inspire_dls": "http://inspire.ec.europa.eu/schemas/inspire_dls/1.0",
}
SCHEMAS = {
    NAMESPACES["inspire_dls"]: "http://inspire.ec.europa.eu/schemas/inspire_dls/1.0/inspire_dls.xsd",
}
RECORD = "application/vnd.iso.19139+xml"
"""Media type of metadata records."""


def extended_capabilities(settings: Inspire, marked: Iterable[MarkedCoverage], url: str) -> str:
    """``ows:ExtendedCapabilities``; nothing when no coverage is marked, because the schema wants one.

    Parameters
    ----------
    url : str
        The public URL of the endpoint, without query.
    """
    namespace = settings.namespace or url
    identifiers = [
        f"<inspire_dls:SpatialDataSetIdentifier{attributes({'metadataURL': one.metadata_url})}>"
        + element("inspire_common:Code", one.identifier)
        + element("inspire_common:Namespace", namespace)
        + "</inspire_dls:SpatialDataSetIdentifier>"
        for one in marked
    ]
    if not identifiers:
        return ""
    language = element("inspire_common:Language", settings.language)
    parts = [
        "<ows:ExtendedCapabilities>",
        f"<inspire_dls:ExtendedCapabilities{namespaces(NAMESPACES, SCHEMAS)}>",
        *_metadata_url(settings, url),
        "<inspire_common:SupportedLanguages>",
        f"<inspire_common:DefaultLanguage>{language}</inspire_common:DefaultLanguage>",
        "</inspire_common:SupportedLanguages>",
        f"<inspire_common:ResponseLanguage>{language}</inspire_common:ResponseLanguage>",
        *identifiers,
        "</inspire_dls:ExtendedCapabilities>",
        "</ows:ExtendedCapabilities>",
    ]
    return "\n".join(parts)


def _metadata_url(settings: Inspire, url: str) -> list[str]:
    """Where the metadata of the service are: a record somewhere, else these capabilities."""
    configured = settings.inspire_common_url
    place = configured or f"{kvp_url(url)}service=WCS&request=GetCapabilities"
    media_type = [element("inspire_common:MediaType", RECORD)] if configured else []
    return [
        "<inspire_common:MetadataUrl>",
        element("inspire_common:URL", place),
        *media_type,
        "</inspire_common:MetadataUrl>",
    ]
