# SPDX-License-Identifier: MIT
"""``encode`` and ``describe``: from a finished result to the bytes of an answer.

Everything that can be refused without the cells is refused before the first byte: the format, the extra parameters,
what the format cannot hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from eoxserver.core.coverage import Coverage
from eoxserver.core.crs import ParseCrs, parse_crs
from eoxserver.core.errors import EOxServerError, InvalidRequest, UnsupportedCombination
from eoxserver.resources.coverages.formats import FormatRegistry
from eoxserver.services.engine import Engine
from eoxserver.services.gmlcov.cis11 import GENERAL_GRID, encode_general_grid, general_grid_description
from eoxserver.services.gmlcov.cis11json import MIME as JSON_MIME
from eoxserver.services.gmlcov.cis11json import description_json, encode_general_grid_json
from eoxserver.services.gmlcov.gmlcoverage import check_gml, encode_gml, gml_description
from eoxserver.services.wcps.encoding.extra import Extra, parse_extra
from eoxserver.services.wcps.encoding.formats import JSON, ResultFormat, find_format, result_formats
from eoxserver.services.wcps.encoding.presentation import presented

__all__ = ["Encoded", "describe_result", "encode_result"]


@dataclass(frozen=True, slots=True)
class Encoded:
    """An answer in a format."""

    media_type: str
    chunks: Iterator[bytes]
    """The bytes, made as they are asked for; closing it removes temporary files."""
    extension: str
    """Of a file that holds it, with its dot."""


def encode_result(
    coverage: Coverage,
    name: str,
    extra: str | None,
    formats: FormatRegistry,
    engine: Engine,
    parse: ParseCrs = parse_crs,
) -> Encoded:
    """Encode a result.

    Parameters
    ----------
    coverage : Coverage
        Its cells are read as the bytes are asked for.
    name : str
        The format: a MIME type, the name of a GDAL driver or a short name, in any case.
    extra : str, optional
        The extra parameters, as JSON or ``key=value;...``.
    parse : callable
        From a text to a CRS.

    Raises
    ------
    NoSuchMediaType
        For a format that there is not.
    InvalidParameterValue, InvalidRequest, CrsUnknown
        For extra parameters that are wrong, or do not fit the result or the format; the locator is the key.
    UnsupportedCombination
        When the format cannot hold the result; the message names those that can.
    """
    wanted = find_format(formats, name)
    parameters = parse_extra(extra, parse)
    try:
        return _encoded(coverage, wanted, parameters, engine)
    except UnsupportedCombination as error:
        if error.locator != "format":
            raise
        refusal = error
    able = _able(coverage, formats, engine)
    raise UnsupportedCombination(f"{refusal.message}{able}", locator=refusal.locator) from refusal


def describe_result(
    coverage: Coverage, name: str, extra: str | None, formats: FormatRegistry, parse: ParseCrs = parse_crs
) -> Encoded:
    """Describe a result: the same as it is encoded, without its cells, of which none is read.

    Parameters
    ----------
    name : str
        ``gml``, or ``json`` together with ``outputType``.

    Raises
    ------
    NoSuchMediaType, InvalidParameterValue, InvalidRequest, CrsUnknown
        As ``encode_result``.
    """
    wanted = find_format(formats, name)
    parameters = parse_extra(extra, parse)
    if wanted.driver not in (None, JSON):
        raise InvalidRequest(
            f"describe answers gml, or json with outputType={GENERAL_GRID}, not {wanted.media_type}", locator="format"
        )
    if wanted.driver == JSON and not parameters.general_grid:
        raise InvalidRequest(
            f"describing a coverage in json is only supported for General Grid Coverage: add outputType={GENERAL_GRID}",
            locator="outputType",
        )
    result = presented(coverage, wanted, parameters)
    if wanted.driver == JSON:
        return Encoded(wanted.media_type, _bytes(description_json(result)), wanted.extension)
    document = general_grid_description(result) if parameters.general_grid else gml_description(result)
    return Encoded(wanted.media_type, _bytes(document), wanted.extension)


def _encoded(coverage: Coverage, wanted: ResultFormat, extra: Extra, engine: Engine) -> Encoded:
    result = presented(coverage, wanted, extra)
    if wanted.driver is None or extra.general_grid:
        return Encoded(*_document(result, wanted, extra, engine), wanted.extension)
    encoder = engine.encoder(wanted.driver)
    workspace = replace(engine.workspace, config=extra.config) if extra.config else engine.workspace
    options: Mapping[str, str] = extra.format_parameters
    encoder.check(result, wanted.driver, options)
    return Encoded(
        wanted.media_type, encoder.encode(result, wanted.driver, options, workspace), wanted.extension
    )  # fmt: skip


def _document(result: Coverage, wanted: ResultFormat, extra: Extra, engine: Engine) -> tuple[str, Iterator[bytes]]:
    """A coverage in GML, or in the JSON of CIS 1.1."""
    if extra.format_parameters:
        raise InvalidRequest(f"{wanted.media_type} has no formatParameters", locator="formatParameters")
    if wanted.driver == JSON:
        return JSON_MIME, encode_general_grid_json(result, engine.workspace)
    encode = encode_general_grid if extra.general_grid else encode_gml
    return wanted.media_type, encode(result, engine.workspace)


def _able(coverage: Coverage, formats: FormatRegistry, engine: Engine) -> str:
    """The formats that hold the result as it is."""
    able = [known.media_type for known in result_formats(formats) if _holds(coverage, known, engine)]
    return f". Formats that hold this result: {', '.join(able)}" if able else ""


def _holds(coverage: Coverage, known: ResultFormat, engine: Engine) -> bool:
    result = presented(coverage, known, Extra())
    try:
        if known.driver is None:
            check_gml(result)
        else:
            engine.encoder(known.driver).check(result, known.driver, {})
    except EOxServerError:
        return False
    return True


def _bytes(parts: Iterable[str]) -> Iterator[bytes]:
    for part in parts:
        yield part.encode()
