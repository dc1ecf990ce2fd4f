# SPDX-License-Identifier: MIT
"""What administrators let capabilities say: which coverages are data sets of INSPIRE, and who offers the services.

``admin/inspire/metadata/update`` marks a coverage by the URL of its metadata record, and with an empty one takes the
mark away. ``admin/ows/serviceinfo`` sets texts on the service: an empty value, and ``undefined``, which is what forms
of web clients send for one, keep what holds, but for the role, which becomes empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from eoxserver.core.errors import InvalidParameterValue, MissingParameterValue
from eoxserver.services.wcst.permissions import Gate
from eoxserver.services.wire import Request

if TYPE_CHECKING:
    from eoxserver.services.context import ServiceContext

__all__ = ["SERVICE_INFO", "Announcing", "web_url"]

SERVICE_INFO: Mapping[str, str] = {
    "serviceTitle": "title",
    "abstract": "abstract",
    "providerName": "provider_name",
    "providerSite": "provider_site",
    "individualName": "individual_name",
    "positionName": "position_name",
    "role": "role",
    "email": "electronic_mail_address",
    "voicePhone": "phone_voice",
    "facsimilePhone": "phone_facsimile",
    "hoursOfService": "hours_of_service",
    "contactInstructions": "contact_instructions",
    "city": "city",
    "administrativeArea": "administrative_area",
    "postalCode": "postal_code",
    "country": "country",
}
"""Keys of a request, and the settings whose values they replace."""
_LISTS = ("email", "voicePhone", "facsimilePhone")
"""Keys that may stand several times."""
_LONGEST = 10_000
"""Characters of one text."""


class Announcing:
    """Carries out the two requests."""

    def __init__(self, context: ServiceContext, gate: Gate) -> None:
        self._gate = gate
        self._announcements = context.announcements

    def mark(self, request: Request) -> None:
        """Mark a coverage for INSPIRE, or take the mark away.

        Raises
        ------
        AccessDenied, LoginNeeded
            When the user may not change the coverage.
        MissingParameterValue, InvalidParameterValue, NoSuchCoverage
        """
        request.params.allow({"coverageid", "metadataurl"})
        identifier = request.params.require("coverageId").strip()
        given = request.params.get("metadataUrl")
        if given is None:
            raise MissingParameterValue(
                "parameter 'metadataUrl' is missing; give the URL of the metadata record, or 'metadataUrl=' for none",
                locator="metadataUrl",
            )
        self._gate.check(request, "update", identifier)
        self._announcements.mark(identifier, web_url(given.strip(), "metadataUrl"))

    def inform(self, request: Request) -> None:
        """Set texts on the service.

        Raises
        ------
        AccessDenied, LoginNeeded
            When the user may not administer the services.
        InvalidRequest
            For an unknown key, or one that stands twice.
        InvalidParameterValue
        """
        request.params.allow({key.lower() for key in SERVICE_INFO})
        self._gate.check(request, "admin", None)
        texts: dict[str, str] = {}
        for key, setting in SERVICE_INFO.items():
            if key not in request.params:
                continue
            values = request.params.all(key) if key in _LISTS else (request.params.get(key, ""),)
            text = ", ".join(filter(None, (_said(value) for value in values)))
            if len(text) > _LONGEST:
                raise InvalidParameterValue(
                    f"{key} has {len(text)} characters; {_LONGEST} are accepted at most", locator=key
                )
            if text or key == "role":
                texts[setting] = web_url(text, key) if key == "providerSite" else text
        self._announcements.set_service_texts(texts)


def _said(value: str | None) -> str:
    text = (value or "").strip()
    return "" if text == "undefined" else text


def web_url(text: str, key: str) -> str:
    """A URL of the web, or nothing; raises InvalidParameterValue."""
    try:
        parts = urlsplit(text)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and not set(text) & set(' <>"\\')
    except ValueError:
        good = False
    if text and (not good or len(text) > _LONGEST):
        raise InvalidParameterValue(f"{key}: '{text[:200]}' is no http or https URL", locator=key)
    return text
