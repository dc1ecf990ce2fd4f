# SPDX-License-Identifier: MIT
"""GetCoverage of WCS 2.0.1 (OGC 09-110r4 clause 8.4), and of WCS 2.1: plan, check, evaluate, encode."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from eoxserver.backends.encoders.pointcells import check_points
from eoxserver.core.coverage import Coverage, DataState
from eoxserver.core.errors import InvalidParameterValue, InvalidRequest, UnsupportedCombination
from eoxserver.resources.coverages.crss import wcs_crss
from eoxserver.services.engine import Engine
from eoxserver.services.gmlcov import cis11json
from eoxserver.services.gmlcov.cis11 import GENERAL_GRID, encode_general_grid
from eoxserver.services.gmlcov.cis11json import encode_general_grid_json
from eoxserver.services.gmlcov.gml import GML
from eoxserver.services.gmlcov.gmlcoverage import check_gml, encode_gml
from eoxserver.services.ows.multipart import Part, boundary, media_type, multipart_related
from eoxserver.services.wcs.formats import GML_FORMAT, OutputFormat, find_format, native_format, offered_formats
from eoxserver.services.wcs.v20.describe import readable
from eoxserver.services.wcs.v20.multipart import coverage_parts
from eoxserver.services.wcs.v20.plan import plan_coverage
from eoxserver.services.wcs.v20.points import check_request, selected
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
    coverage = readable(context, request, [decoded.coverage_id], decoded.coverage_version)[0]
    # What is read is what was checked, and this version.
    engine = replace(context.engine, lookup=lambda _: coverage, proceed=request.proceed)
    native = native_format(context.formats, coverage.native_format)
    asked = None if decoded.format is None else find_format(context.formats, decoded.format, native)
    settings = context.settings
    if coverage.points is not None:
        check_request(decoded, coverage)
        plan = plan_coverage(replace(decoded, subsets=()), coverage, (), settings.wcs20.subset_mode)
    else:
        plan = plan_coverage(decoded, coverage, wcs_crss(settings), settings.wcs20.subset_mode)
    if decoded.explain:
        return json_response(engine.explain(plan))
    data = DataState.of((coverage,))
    result = replace(engine.evaluate(plan), identifier=coverage.identifier)
    if coverage.points is not None:
        result = selected(result, coverage.points, decoded.subsets)
    if asked is None:
        keep = not decoded.general_grid and (decoded.encoding or _holds(engine, native, result))
        asked = native if keep else GML_FORMAT
    try:
        chunks = _encoded(engine, asked, result, decoded)
    except UnsupportedCombination as error:
        raise UnsupportedCombination(f"{error.message}{_others(context, result)}", locator=error.locator) from error
    return replace(_response(result, asked, chunks, decoded), data=data)


def _holds(engine: Engine, wanted: OutputFormat, result: Coverage) -> bool:
    """Whether a format can hold the result, which may have more or fewer axes than the format takes."""
    try:
        if wanted.driver is None:
            check_gml(result)
        else:
            check_points(result, wanted.driver)
            engine.encoder(wanted.driver).check(result, wanted.driver, {})
    except UnsupportedCombination:
        return False
    return True


def _others(context: ServiceContext, result: Coverage) -> str:
    """The formats that are offered and hold the result."""
    able = [known.mime for known in offered_formats(context.formats) if _holds(context.engine, known, result)]
    return f". Formats that hold this result: {', '.join(able)}" if able else ""


def _encoded(engine: Engine, wanted: OutputFormat, result: Coverage, decoded: GetCoverage) -> Iterator[bytes]:
    """The bytes of the result; encoding parameters of another format than the wanted one are refused."""
    options: dict[str, str] = {}
    for key, value in decoded.encoding.items():
        prefix, _, name = key.partition(":")
        if wanted.driver is None or wanted.driver not in ENCODING_DRIVERS[prefix]:
            raise InvalidRequest(f"parameter '{key}' does not apply to the format {wanted.mime}", locator=key)
        options[name] = value
    if decoded.general_grid:
        return _general_grid(engine, wanted, result)
    if wanted.driver is None:
        return encode_gml(result, engine.workspace)
    check_points(result, wanted.driver)
    try:
        return engine.encode(result, wanted.driver, options)
    except InvalidParameterValue as error:
        # The encoder knows its parameters without their prefix.
        error.locator = next((key for key in decoded.encoding if key.partition(":")[2] == error.locator), error.locator)
        raise


def _general_grid(engine: Engine, wanted: OutputFormat, result: Coverage) -> Iterator[bytes]:
    """The result in the terms of CIS 1.1, which has GML and JSON."""
    if wanted.driver is None:
        return encode_general_grid(result, engine.workspace)
    if wanted.mime == cis11json.MIME:
        return encode_general_grid_json(result, engine.workspace)
    raise InvalidRequest(
        f"outputType={GENERAL_GRID} does not apply to the format {wanted.mime}; "
        f"accepted: {GML_FORMAT.mime}, {cis11json.MIME}",
        locator="outputType",
    )


def _response(result: Coverage, wanted: OutputFormat, chunks: Iterator[bytes], decoded: GetCoverage) -> Response:
    filename = f"{result.identifier}{wanted.extension}"
    if not decoded.multipart:
        return Response(chunks, wanted.mime, headers=(("Content-Disposition", f'inline; filename="{filename}"'),))
    if wanted.driver is None or decoded.general_grid:
        parts: tuple[Part, ...] = (Part({"Content-Type": wanted.mime, "Content-ID": f"<{filename}>"}, chunks),)
    else:
        parts = coverage_parts(result, chunks, wanted.mime, filename)
    limit = boundary("wcs", result.identifier, wanted.mime)
    return Response(multipart_related(parts, limit), media_type(limit, GML))
