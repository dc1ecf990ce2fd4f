# SPDX-License-Identifier: MIT
"""The capabilities document of WMS 1.3.0 (OGC 06-042 clause 7.2.4), written while layers are listed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from eoxserver.conf.schema import Ows
from eoxserver.core.coordinates import number_text
from eoxserver.core.crs import Crs
from eoxserver.services.ows.information import several
from eoxserver.services.ows.urls import kvp_url
from eoxserver.services.ows.xml import DECLARATION, attribute, element, namespaces, text
from eoxserver.services.wms.entries import Dimension, LayerEntry, ServiceEntry

__all__ = ["write_capabilities"]

CHUNK = 64 * 1024
"""Characters that are sent at a time."""

NAMESPACES = {"": "http://www.opengis.net/wms", "xlink": "http://www.w3.org/1999/xlink"}
SCHEMA = "http://schemas.opengis.net/wms/1.3.0/capabilities_1_3_0.xsd"
EXCEPTION_FORMATS = (
    "application/vnd.ogc.se_inimage", "application/vnd.ogc.se_xml", "application/vnd.ogc.se_blank",
    "XML", "INIMAGE", "BLANK",
)  # fmt: skip


def write_capabilities(service: ServiceEntry, layers: Iterable[LayerEntry]) -> Iterator[bytes]:
    """The document in parts of about 64 KiB; ``layers`` is walked once, as the parts are taken."""
    buffer, size = [], 0
    for part in _parts(service, layers):
        buffer.append(part)
        size += len(part)
        if size >= CHUNK:
            yield "".join(buffer).encode()
            buffer, size = [], 0
    yield "".join(buffer).encode()


def _parts(service: ServiceEntry, layers: Iterable[LayerEntry]) -> Iterator[str]:
    declared = namespaces({"xlink": NAMESPACES["xlink"]}, {NAMESPACES[""]: SCHEMA})
    yield (
        f'{DECLARATION}<WMS_Capabilities version="1.3.0" updateSequence="{attribute(service.update_sequence)}"'
        f' xmlns="{NAMESPACES[""]}"{declared}>\n'
    )
    yield _service(service)
    yield _operations(service)
    yield "<Layer>\n" + element("Title", service.ows.title) + "\n"
    yield "".join(element("CRS", crs.short) + "\n" for crs in service.crss)
    for layer in layers:
        yield _layer(layer)
    yield "</Layer>\n</Capability>\n</WMS_Capabilities>\n"


def _service(service: ServiceEntry) -> str:
    ows = service.ows
    parts = ["<Service>", "<Name>WMS</Name>", element("Title", ows.title)]
    if ows.abstract:
        parts.append(element("Abstract", ows.abstract))
    if ows.keywords:
        parts.append("<KeywordList>" + "".join(element("Keyword", word) for word in ows.keywords) + "</KeywordList>")
    parts += [_online(ows.online_resource or ows.provider_site or service.url), *_contact(ows)]
    parts += [element("Fees", ows.fees or "none"), element("AccessConstraints", ows.access_constraints or "none")]
    parts += [f"<MaxWidth>{service.max_width}</MaxWidth>", f"<MaxHeight>{service.max_height}</MaxHeight>"]
    parts.append("</Service>\n")
    return "\n".join(parts)


def _contact(ows: Ows) -> list[str]:
    """ContactInformation; its address is all or nothing, as the schema wants it."""
    parts = []
    if ows.individual_name or ows.provider_name:
        parts += [
            "<ContactPersonPrimary>",
            element("ContactPerson", ows.individual_name),
            element("ContactOrganization", ows.provider_name),
            "</ContactPersonPrimary>",
        ]
    if ows.position_name:
        parts.append(element("ContactPosition", ows.position_name))
    if any((ows.delivery_point, ows.city, ows.administrative_area, ows.postal_code, ows.country)):
        parts += [
            "<ContactAddress>",
            element("AddressType", "postal"),
            element("Address", ows.delivery_point),
            element("City", ows.city),
            element("StateOrProvince", ows.administrative_area),
            element("PostCode", ows.postal_code),
            element("Country", ows.country),
            "</ContactAddress>",
        ]
    for name, value in (
        ("ContactVoiceTelephone", ows.phone_voice),
        ("ContactFacsimileTelephone", ows.phone_facsimile),
        ("ContactElectronicMailAddress", ows.electronic_mail_address),
    ):
        parts += [element(name, each) for each in several(value)[:1]]  # the schema has room for one
    return ["<ContactInformation>", *parts, "</ContactInformation>"] if parts else []


def _operations(service: ServiceEntry) -> str:
    where = f"<DCPType><HTTP><Get>{_online(kvp_url(service.url))}</Get></HTTP></DCPType>"
    parts = ["<Capability>", "<Request>"]
    for name, formats in (("GetCapabilities", ("text/xml",)), ("GetMap", service.media_types)):
        parts += [f"<{name}>", *(element("Format", media_type) for media_type in formats), where, f"</{name}>"]
    parts += ["</Request>", "<Exception>", *(element("Format", name) for name in EXCEPTION_FORMATS), "</Exception>\n"]
    return "\n".join(parts)


def _online(url: str) -> str:
    return f'<OnlineResource xlink:type="simple" xlink:href="{attribute(url)}"/>'


def _layer(layer: LayerEntry) -> str:
    parts = [
        '<Layer queryable="0" cascaded="0" opaque="1" noSubsets="0" fixedWidth="0" fixedHeight="0">',
        element("Name", layer.name),
        element("Title", layer.title or layer.name),
    ]
    if layer.abstract:
        parts.append(element("Abstract", layer.abstract))
    parts += [f"<CRS>{text(crs.short)}</CRS>" for crs in layer.crss]
    if layer.wgs84_bounds is not None:
        parts += _boxes(layer, layer.wgs84_bounds)
    parts += [_dimension(dimension) for dimension in layer.dimensions]
    parts += [
        "<Style>",
        element("Name", layer.name),
        "<Title>Default Raster Style</Title>",
        "<Abstract>The layer as it is stored.</Abstract>",
        "</Style>",
        "</Layer>\n",
    ]
    return "\n".join(parts)


def _boxes(layer: LayerEntry, wgs84: tuple[float, float, float, float]) -> list[str]:
    """The geographic box, the box in the layer's own CRS, and those that follow from the geographic one."""
    west, south, east, north = wgs84
    if east > 180:  # across the antimeridian: the schema knows -180 to 180 only
        geographic = (-180.0, 180.0, south, north)
    else:
        geographic = (west, east, south, north)
    names = ("westBoundLongitude", "eastBoundLongitude", "southBoundLatitude", "northBoundLatitude")
    values = "".join(f"<{n}>{number_text(v)}</{n}>" for n, v in zip(names, geographic, strict=True))
    parts = [f"<EX_GeographicBoundingBox>{values}</EX_GeographicBoundingBox>"]
    own = layer.native_crs
    if own is not None and layer.native_bounds is not None:
        parts.append(_bounding_box(own, layer.native_bounds))
    parts += [
        _bounding_box(crs, (west, south, east, north))
        for crs in layer.crss
        if crs != own and (crs.epsg == 4326 or crs.short == "CRS:84")
    ]
    return parts


def _bounding_box(crs: Crs, bounds: tuple[float, float, float, float]) -> str:
    """A box in the axis order of its CRS (OGC 06-042 clause 6.7.4)."""
    numbers = [number_text(value) for value in bounds]
    if crs.yx:
        numbers = [numbers[1], numbers[0], numbers[3], numbers[2]]
    corners = zip(("minx", "miny", "maxx", "maxy"), numbers, strict=True)
    return f'<BoundingBox CRS="{attribute(crs.short)}"' + "".join(f' {n}="{v}"' for n, v in corners) + "/>"


def _dimension(dimension: Dimension) -> str:
    default = f' default="{attribute(dimension.default)}"' if dimension.default else ""
    return (
        f'<Dimension name="{attribute(dimension.name)}" units="{attribute(dimension.units)}"{default}'
        f' multipleValues="1" nearestValue="0">{text(dimension.extent)}</Dimension>'
    )
