# SPDX-License-Identifier: MIT
"""The Web Map Service: finds version and operation of a request, makes maps, and tells of errors as asked.

``VERSIONS`` is all that another version has to be added to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from eoxserver.core.coverage import DataState
from eoxserver.core.errors import OperationNotSupported, suggest
from eoxserver.services.ows.capabilities import is_current, update_sequence
from eoxserver.services.ows.exceptions import Report, error_report
from eoxserver.services.ows.information import service_texts
from eoxserver.services.ows.versions import nearest, requested
from eoxserver.services.wire import Request, Response, json_response
from eoxserver.services.wms.cache import CachedMap, MapCache
from eoxserver.services.wms.entries import ServiceEntry
from eoxserver.services.wms.images import encode_error_image, encode_map, has_alpha
from eoxserver.services.wms.layers import Layer, Layers
from eoxserver.services.wms.maps import MapMaker, Planned
from eoxserver.services.wms.requests import MapRequest
from eoxserver.services.wms.v13.version import V13
from eoxserver.services.wms.versions import MapVersion

if TYPE_CHECKING:
    from eoxserver.services.context import ServiceContext

__all__ = ["VERSIONS", "WebMapService"]

VERSIONS: Sequence[MapVersion] = (V13,)
"""Highest first."""

COLOUR_DRIVERS = ("PNG", "JPEG", "GIF", "WEBP", "BMP")
"""Formats of pictures; in all others a map keeps the values of its coverages."""


class WebMapService:
    """The service ``WMS``."""

    key: ClassVar[str] = "WMS"
    operations: ClassVar[tuple[str, ...]] = ("GetCapabilities", "GetMap")
    operations_without_service: ClassVar[tuple[str, ...]] = ("GetMap", "GetFeatureInfo")
    """WMS 1.3.0 (OGC 06-042 clause 7.3.3) has no ``service`` parameter in them."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context
        settings = context.settings
        self._layers = Layers(context.catalogue, context.plugins, settings)
        self._maps = MapMaker(self._layers, context.catalogue, context.engine, settings)
        self._cache = MapCache(settings.evaluation.map_cache_bytes)
        self._limits = (settings.limits.max_map_width, settings.limits.max_map_height)
        self._drivers = {known.mime: known.driver for known in context.formats.wms_formats}
        self._media_types = tuple(self._drivers)
        self._handlers: Mapping[str, Callable[[MapVersion, Request], Response]] = {
            "getcapabilities": self._get_capabilities,
            "getmap": self._get_map,
        }

    def handle(self, request: Request) -> Response:
        """Answer a request.

        Raises
        ------
        MissingParameterValue, InvalidParameterValue, OperationNotSupported
            When version or operation cannot be told, or are not offered.
        EOxServerError
            What the operation raises.
        """
        name = request.params.require("request").strip()
        handler = self._handlers.get(name.lower())
        if handler is None:
            raise OperationNotSupported(
                f"WMS has no operation '{name}' here; {suggest(name, self.operations)}", locator="request"
            )
        choose = nearest if name.lower() == "getcapabilities" else requested
        number = choose(request.params, [known.version for known in VERSIONS]).number
        return handler(next(known for known in VERSIONS if known.version.number == number), request)

    def report(self, request: Request, error: Exception) -> Response:
        """Tell of an error: as a service exception report, as a picture of it, or as a blank picture.

        Pictures have the status 200: they stand in the place of the map that the client will show.
        """
        version = next((known for known in VERSIONS if self._asked(request, known)), VERSIONS[0])
        report = error_report(error, request.request_id)
        form = version.decode_error_form(request.params, self._media_types, *self._limits)
        if form.kind == "xml" or "getmap" not in (name.strip().lower() for name in request.params.all("request")):
            return Response(version.write_report(report), version.report_type, report.status)
        driver = self._drivers.get(form.media_type, "PNG")
        if driver not in COLOUR_DRIVERS:
            driver = "PNG"
        media_type = form.media_type if driver != "PNG" else "image/png"
        body = encode_error_image(form, report.text, driver, self._context.engine)
        return Response(body, media_type, lasting=False)

    @staticmethod
    def _asked(request: Request, known: MapVersion) -> bool:
        return any(known.version.matches(text) for text in request.params.all("version"))

    # -- GetCapabilities ------------------------------------------------------------------------

    def _get_capabilities(self, version: MapVersion, request: Request) -> Response:
        settings = self._context.settings
        current = update_sequence(settings, self._context.catalogue.version())
        if is_current(request.params, current):
            text = f"updateSequence '{current}' is the current one"
            report = Report("CurrentUpdateSequence", 200, "CurrentUpdateSequence", text, "updateSequence")
            return Response(version.write_report(report), version.report_type, report.status)
        entry = ServiceEntry(
            service_texts(self._context),
            request.base_url,
            current,
            self._media_types,
            self._layers.common_crss(),
            *self._limits,
        )
        body = version.write_capabilities(entry, self._layers.entries(request.actor))
        return Response(body, version.capabilities_type)

    # -- GetMap ---------------------------------------------------------------------------------

    def _get_map(self, version: MapVersion, request: Request) -> Response:
        asked = version.decode_get_map(request.params, self._media_types, *self._limits, parse=self._context.crss.parse)
        catalogue_version, key = self._context.catalogue.version(), (asked, request.actor)
        found = None if asked.explain else self._cache.get(catalogue_version, key)
        if found is None:
            layers = self._layers.requested(asked, request.actor, catalogue_version)
            if asked.explain:
                return json_response(self._explained(asked, layers, request.actor))
            found, complete = self._map(asked, layers, request)
            if not complete:
                return Response(found.body, found.media_type, lasting=False)
            self._cache.put(catalogue_version, key, found)
        return Response(found.body, found.media_type, data=found.data)

    def _map(self, asked: MapRequest, layers: tuple[Layer, ...], request: Request) -> tuple[CachedMap, bool]:
        """A map, and whether nothing is missing in it."""
        driver = self._drivers[asked.media_type]
        if driver not in COLOUR_DRIVERS:
            planned = self._maps.plan(asked, layers, request.actor)
            if planned is not None:
                return self._values(asked, planned, driver, request), planned.complete
        painted = self._maps.paint(asked, layers, request.actor, has_alpha(driver), request.proceed)
        body = encode_map(painted.pixels, driver, self._context.engine, asked)
        return CachedMap(body, asked.media_type, painted.data), painted.complete

    def _values(self, asked: MapRequest, planned: Planned, driver: str, request: Request) -> CachedMap:
        """The map with the values of its coverages."""
        engine = replace(self._context.engine, proceed=request.proceed)
        data = DataState.of(planned.coverages)
        return CachedMap(b"".join(engine.encode(engine.evaluate(planned.plan), driver, {})), asked.media_type, data)

    def _explained(self, asked: MapRequest, layers: tuple[Layer, ...], actor: str | None) -> object:
        planned = self._maps.plan(asked, layers, actor)
        return {"plan": None, "cost": None} if planned is None else self._context.engine.explain(planned.plan)
