# SPDX-License-Identifier: MIT
"""GetCoverage of WCS 2.0.1 (OGC 09-110r4 clause 8.4): plan, check, evaluate, encode."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from eoxserver.core.coverage import Coverage, DataState
from eoxserver.core.errors import InvalidParameterValue, InvalidRequest, UnsupportedCombination
from eoxserver.resources.coverages.crss import wcs_crss
from eoxserver.services.engine import Engine
from eoxserver.services.wcs.formats import GML_FORMAT, OutputFormat, find_format, native_format
from eoxserver.services.wcs.v20.describe import readable
from eoxserver.services.wcs.v20.gmlcoverage import encode_gml
from eoxserver.services.wcs.v20.multipart import Part, boundary, coverage_parts, media_type, multipart_related
from eoxserver.services.wcs.v20.plan import plan_coverage
from eoxserver.services.wcs.v20.requests import GetCoverage
from eoxserver.services.wire import Request, Response, json_response

if TYPE_CHECKING:
    from eoxserver.services.context import ServiceContext

__all__ = ["deliver"]

ENCODING_DRIVERS: Mapping[str, frozenset[str]] = {"geotiff": frozenset({"GTiff", "COG"})}
"""For each prefix of encoding parameters the drivers that understand them."""


def deliver(context: ServiceContext, request: Request, decoded: GetCoverage) -> Response:
    """The coverage, or the part of it, that is asked for.

    Raises
    ------
    EOxServerError
        Before any cell is read, what ``plan``, the engine's ``check`` and the encoder refuse;
        DataUnavailable when the data cannot be read.
    """
    coverage = readable(context, request, [decoded.coverage_id])[0]
    native = native_format(context.formats, coverage.native_format)
    asked = None if decoded.format is None else find_format(context.formats, decoded.format, native)
    settings = context.settings
    plan = plan_coverage(decoded, coverage, wcs_crss(settings), settings.wcs20.subset_mode)
    if decoded.explain:
        return json_response(context.engine.explain(plan))
    data = DataState.of((coverage,))
    result = replace(context.engine.evaluate(plan), identifier=coverage.identifier)
    if asked is None:
        asked = native if decoded.encoding or _holds(context.engine, native, result) else GML_FORMAT
    chunks = _encoded(context.engine, asked, result, decoded.encoding)
    return replace(_response(result, asked, chunks, decoded.multipart), data=data)


def _holds(engine: Engine, wanted: OutputFormat, result: Coverage) -> bool:
    """Whether the native format can hold the result, which may have lost axes that the format needs."""
    if wanted.driver is None:
        return True
    try:
        engine.encoder(wanted.driver).check(result, wanted.driver, {})
    except UnsupportedCombination:
        return False
    return True


def _encoded(engine: Engine, wanted: OutputFormat, result: Coverage, encoding: Mapping[str, str]) -> Iterator[bytes]:
    """The bytes of the result; encoding parameters of another format than the wanted one are refused."""
    options: dict[str, str] = {}
    for key, value in encoding.items():
        prefix, _, name = key.partition(":")
        if wanted.driver is None or wanted.driver not in ENCODING_DRIVERS[prefix]:
            raise InvalidRequest(f"parameter '{key}' does not apply to the format {wanted.mime}", locator=key)
        options[name] = value
    if wanted.driver is None:
        return encode_gml(result, engine.workspace)
    try:
        return engine.encode(result, wanted.driver, options)
    except InvalidParameterValue as error:
        # The encoder knows its parameters without their prefix.
        error.locator = next((key for key in encoding if key.partition(":")[2] == error.locator), error.locator)
        raise


def _response(result: Coverage, wanted: OutputFormat, chunks: Iterator[bytes], multipart: bool) -> Response:
    filename = f"{result.identifier}{wanted.extension}"
    if not multipart:
        return Response(chunks, wanted.mime, headers=(("Content-Disposition", f'inline; filename="{filename}"'),))
    if wanted.driver is None:
        parts: tuple[Part, ...] = (Part({"Content-Type": wanted.mime, "Content-ID": f"<{filename}>"}, chunks),)
    else:
        parts = coverage_parts(result, chunks, wanted.mime, filename)
    limit = boundary(result.identifier, wanted.mime)
    return Response(multipart_related(parts, limit), media_type(limit))
