# SPDX-License-Identifier: MIT
"""What the capabilities of all OWS 2.0 services have in common (OGC 06-121r9, clause 7.4).

The sections are texts in the ``ows`` prefix, which the document declares; the service adds its own.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from eoxserver.conf.schema import Ows, Settings
from eoxserver.core.errors import InvalidParameterValue, InvalidUpdateSequence, suggest
from eoxserver.services.ows.information import several
from eoxserver.services.ows.kvp import Params
from eoxserver.services.ows.urls import kvp_url
from eoxserver.services.ows.xml import attributes, element

__all__ = [
    "OperationMetadata", "accepted_format", "is_current", "operations_metadata", "requested_sections",
    "service_identification", "service_provider", "update_sequence",
]  # fmt: skip

FORMATS = ("text/xml", "application/xml")
"""MIME types in which capabilities are answered; the first is the default."""


@dataclass(frozen=True, slots=True)
class OperationMetadata:
    """An operation as the capabilities list it."""

    name: str
    post_encodings: tuple[str, ...] = ("KVP",)
    """Encodings of requests by POST (``KVP``, ``XML``, ``SOAP``); empty: GET only."""
    parameters: tuple[str, ...] = ()
    """Parameters that no profile tells of."""


# -- parameters of GetCapabilities --------------------------------------------------------------


def requested_sections(params: Params, known: Sequence[str]) -> frozenset[str]:
    """The sections that ``sections`` asks for, spelt as in ``known``; all of them without it.

    Raises
    ------
    InvalidParameterValue
        For a section that is not ``known``.
    """
    given = params.get("sections")
    if given is None or not given.strip():
        return frozenset(known)
    spelling = {name.lower(): name for name in known}
    result: set[str] = set()
    for name in filter(None, (part.strip() for part in given.split(","))):
        if name.lower() == "all":
            result.update(known)
        elif name.lower() in spelling:
            result.add(spelling[name.lower()])
        else:
            raise InvalidParameterValue(
                f"sections: there is no section '{name}'; {suggest(name, [*known, 'All'])}", locator="sections"
            )
    return frozenset(result)


def accepted_format(params: Params) -> str:
    """The MIME type of the answer: the first of ``acceptFormats`` that is offered, else ``text/xml``."""
    for name in (params.get("acceptFormats") or "").split(","):
        if name.strip().lower() in FORMATS:
            return name.strip().lower()
    return FORMATS[0]


def update_sequence(settings: Settings, catalogue_version: int) -> str:
    """The version of the capabilities: configured, or that of the catalogue."""
    return settings.ows.update_sequence or str(catalogue_version)


def is_current(params: Params, current: str) -> bool:
    """Whether the client's ``updateSequence`` is the ``current`` one, so that it needs no document.

    Raises
    ------
    InvalidUpdateSequence
        When the client's is the greater: by number where both are numbers, else as text.
    """
    given = (params.get("updateSequence") or "").strip()
    if not given or given == current:
        return given == current
    if _greater(given, current):
        raise InvalidUpdateSequence(
            f"updateSequence '{given}' is greater than the current one, '{current}'", locator="updateSequence"
        )
    return False


def _greater(one: str, other: str) -> bool:
    """Whether a sequence is the greater one; numbers have any length, so they are compared as texts."""
    if all(text.isascii() and text.isdigit() for text in (one, other)):
        one, other = one.lstrip("0"), other.lstrip("0")
        return (len(one), one) > (len(other), other)
    return one > other


# -- sections -----------------------------------------------------------------------------------


def service_identification(ows: Ows, service_type: str, versions: Sequence[str], profiles: Sequence[str] = ()) -> str:
    """``ows:ServiceIdentification``: what the service is."""
    parts = ["<ows:ServiceIdentification>", element("ows:Title", ows.title)]
    if ows.abstract:
        parts.append(element("ows:Abstract", ows.abstract))
    if ows.keywords:
        parts.append("<ows:Keywords>")
        parts += [element("ows:Keyword", keyword) for keyword in ows.keywords]
        parts.append("</ows:Keywords>")
    parts.append(element("ows:ServiceType", service_type))
    parts += [element("ows:ServiceTypeVersion", version) for version in versions]
    parts += [element("ows:Profile", profile) for profile in profiles]
    if ows.fees:
        parts.append(element("ows:Fees", ows.fees))
    if ows.access_constraints:
        parts.append(element("ows:AccessConstraints", ows.access_constraints))
    parts.append("</ows:ServiceIdentification>\n")
    return "\n".join(parts)


def service_provider(ows: Ows) -> str:
    """``ows:ServiceProvider``: who offers the service; elements without a value are left out."""
    parts = ["<ows:ServiceProvider>", element("ows:ProviderName", ows.provider_name or ows.title)]
    if ows.provider_site:
        parts.append(_link("ows:ProviderSite", ows.provider_site))
    parts += [
        "<ows:ServiceContact>",
        *_filled(("ows:IndividualName", ows.individual_name), ("ows:PositionName", ows.position_name)),
        *_contact_info(ows),
        *_filled(("ows:Role", ows.role)),
        "</ows:ServiceContact>",
        "</ows:ServiceProvider>\n",
    ]
    return "\n".join(parts)


def operations_metadata(operations: Sequence[OperationMetadata], url: str, extended: str = "") -> str:
    """``ows:OperationsMetadata``: where each operation is reached.

    Parameters
    ----------
    url : str
        The public URL of the endpoint, without query.
    extended : str
        ``ows:ExtendedCapabilities``, where there are any.
    """
    parts = ["<ows:OperationsMetadata>"]
    for operation in operations:
        parts += [f'<ows:Operation name="{operation.name}">', "<ows:DCP>", "<ows:HTTP>"]
        parts.append(_link("ows:Get", kvp_url(url)))
        if operation.post_encodings:
            parts += [
                _link("ows:Post", url, close=False),
                _constraint("PostEncoding", operation.post_encodings),
                "</ows:Post>",
            ]
        parts += ["</ows:HTTP>", "</ows:DCP>"]
        parts += [f'<ows:Parameter name="{name}"><ows:AnyValue/></ows:Parameter>' for name in operation.parameters]
        parts.append("</ows:Operation>")
    parts += [*filter(None, [extended]), "</ows:OperationsMetadata>\n"]
    return "\n".join(parts)


def _contact_info(ows: Ows) -> list[str]:
    phone = [
        *(element("ows:Voice", number) for number in several(ows.phone_voice)),
        *(element("ows:Facsimile", number) for number in several(ows.phone_facsimile)),
    ]
    filled = _filled(
        ("ows:DeliveryPoint", ows.delivery_point),
        ("ows:City", ows.city),
        ("ows:AdministrativeArea", ows.administrative_area),
        ("ows:PostalCode", ows.postal_code),
        ("ows:Country", ows.country),
    )
    address = [
        *filled,
        *(element("ows:ElectronicMailAddress", each) for each in several(ows.electronic_mail_address)),
    ]
    parts = [
        *_wrapped("ows:Phone", phone),
        *_wrapped("ows:Address", address),
        *([_link("ows:OnlineResource", ows.online_resource)] if ows.online_resource else []),
        *_filled(("ows:HoursOfService", ows.hours_of_service), ("ows:ContactInstructions", ows.contact_instructions)),
    ]
    return _wrapped("ows:ContactInfo", parts)


def _filled(*pairs: tuple[str, str]) -> list[str]:
    return [element(name, value) for name, value in pairs if value]


def _wrapped(name: str, content: Collection[str]) -> list[str]:
    return [f"<{name}>", *content, f"</{name}>"] if content else []


def _link(name: str, href: str, close: bool = True) -> str:
    return f"<{name}{attributes({'xlink:type': 'simple', 'xlink:href': href})}{'/' if close else ''}>"


def _constraint(name: str, allowed: Sequence[str]) -> str:
    values = "".join(element("ows:Value", value) for value in allowed)
    return f'<ows:Constraint name="{name}"><ows:AllowedValues>{values}</ows:AllowedValues></ows:Constraint>'
