# SPDX-License-Identifier: MIT
"""Metadata of a coverage and of its slices, by sentences or as files have them (specification, section 8.1)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lxml import etree

from eoxserver.core.domain import Domain
from eoxserver.core.errors import suggest
from eoxserver.core.fields import Field
from eoxserver.core.metadata import NO_PARTS, ExtraMetadata, GivenParts, PartMetadata
from eoxserver.services.wcps.encoding.own_palette import KEY as PALETTE
from eoxserver.services.wcps.encoding.own_palette import table_colours
from eoxserver.wcst_import.errors import FileRefused, IngredientsError
from eoxserver.wcst_import.ingredients.options import read_section
from eoxserver.wcst_import.ingredients.sections import Band, LocalFile, Metadata
from eoxserver.wcst_import.probes.base import Probe
from eoxserver.wcst_import.recipes.axes import AxisRule
from eoxserver.wcst_import.sentences.evaluate import Find, Sentence
from eoxserver.wcst_import.slices import ImportFile

__all__ = ["Described"]

_KEY = "recipe.options.coverage.metadata"


class Described:
    """The metadata of one slice, and of the coverage as it sees it."""

    def __init__(
        self,
        given: Metadata | None,
        probe: Probe,
        find: Find,
        bands: Sequence[Band] = (),
        rules: Sequence[AxisRule] = (),
        folder: Path = Path(),
    ) -> None:
        self._given = given or Metadata()
        self._folder = folder
        self._probe, self._find, self._bands, self._rules = probe, find, bands, rules

    def whole(self, fields: Sequence[Field] = ()) -> dict[str, str]:
        """Metadata of the coverage; fields as its first file has them may bring a palette."""
        given = self._given.global_
        if given == "auto":
            found = {name: _text(value) for name, value in self._probe.metadata().items()}
        else:
            texts = _object(given, "global")
            found = {name: _text(self._value(text, f"global.{name}")) for name, text in texts.items()}
        palette = self._palette(fields)
        return {**found, PALETTE: palette} if palette else found

    def _palette(self, fields: Sequence[Field]) -> str:
        """A table of colours: that of the first field that has one, or a file."""
        given, key = self._given.color_palette_table, f"{_KEY}.colorPaletteTable"
        if given == "auto":
            colours = next((field.palette for field in fields if field.palette is not None), ())
            return "\n".join(",".join(map(str, colour)) for colour in colours)
        if not given:
            return ""
        path = self._folder / given
        try:
            text = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise IngredientsError(f"{key}: {path} cannot be read: {error}", locator=key) from error
        if not table_colours(text):
            raise IngredientsError(
                f"{key}: {path} is no table of colours; accepted: .cpt of GMT, tables of gdaldem, lines r,g,b,a",
                locator=key,
            )
        return text

    def beside(self, domain: Domain, file: ImportFile) -> ExtraMetadata:
        """Metadata of fields, axes, and of the slice with these axes."""
        return ExtraMetadata(fields=self._of_bands(), axes=self._of_axes(), parts=self._parts(domain, file))

    def _of_bands(self) -> dict[str, Mapping[str, Any]]:
        given = self._given.bands
        found: dict[str, Mapping[str, Any]] = {}
        for band in self._bands:
            own = given if given == "auto" else _object(given, "bands").get(band.name)
            said = self._probe.band_metadata(band) if own == "auto" else _object(own, f"bands.{band.name}")
            whole = {**{name: _plain(value) for name, value in said.items()}, **band.others}
            if whole:
                found[band.name] = whole
        self._check_names(given, [band.name for band in self._bands], "bands")
        return found

    def _of_axes(self) -> dict[str, Mapping[str, Any]]:
        given = self._given.axes
        found: dict[str, Mapping[str, Any]] = {}
        for rule in self._rules:
            own = given if given == "auto" else _object(given, "axes").get(rule.label)
            if own == "auto":
                said = self._probe.axis_metadata(_variable(rule))
            elif isinstance(own, str):
                said = self._value(own, f"axes.{rule.label}")
            else:
                said = _object(own, f"axes.{rule.label}")
            if said:
                found[rule.label] = {name: _plain(value) for name, value in said.items()}
        self._check_names(given, [rule.label for rule in self._rules], "axes")
        return found

    def _check_names(self, given: Any, known: Sequence[str], what: str) -> None:
        for name in () if given == "auto" else _object(given, what):
            if known and name not in known:
                raise IngredientsError(f"{_KEY}.{what} has '{name}'; {suggest(name, known)}", locator=f"{_KEY}.{what}")

    def _parts(self, domain: Domain, file: ImportFile) -> Any:
        if not self._given.local:
            return NO_PARTS
        values: dict[str, Any] = {}
        for name, text in self._given.local.items():
            if name == "metadata_file":
                values.update(self._from_file(text))
            else:
                values[name] = _plain(self._value(text, f"local.{name}"))
        bounds = {axis.label: (axis.low, axis.high) for axis in domain.axes}
        return GivenParts((PartMetadata(bounds, {**values, "fileReferenceHistory": file.original or file.path}),))

    def _from_file(self, given: Any) -> Mapping[str, Any]:
        """What a file beside the data says, under its root element."""
        where: LocalFile = read_section(LocalFile, given, f"{_KEY}.local.metadata_file")
        path = Path(str(self._value(where.path, "local.metadata_file.path")))
        try:
            content = path.read_bytes()
        except OSError as error:
            raise FileRefused(f"{path} cannot be read: {error.strerror} ({_KEY}.local.metadata_file)") from error
        found = _json(content) if content.lstrip()[:1] == b"{" else _xml(content, path)
        if not where.root_element:
            return found
        if where.root_element not in found:
            raise FileRefused(f"{path} has no '{where.root_element}'; {suggest(where.root_element, found)}")
        return {where.root_element: found[where.root_element]}

    def _value(self, text: Any, name: str) -> Any:
        if isinstance(text, bool) or not isinstance(text, str | int | float):
            raise IngredientsError(f"{_KEY}.{name} must be a sentence, not {text!r}", locator=f"{_KEY}.{name}")
        return Sentence(text, key=f"{_KEY}.{name}").evaluate(self._find)


def _object(given: Any, name: str) -> Mapping[str, Any]:
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise IngredientsError(f'{_KEY}.{name} must be an object or "auto", not {given!r}', locator=f"{_KEY}.{name}")
    return given


def _variable(rule: AxisRule) -> str:
    """The netCDF variable that the bounds of an axis are read from; else its label."""
    for sentence in rule.sentences.values():
        for parts in sentence.expressions:
            if parts[:2] == ("netcdf", "variable") and len(parts) > 2:
                return parts[2]
    return rule.label


def _text(value: Any) -> str:
    return str(_plain(value))


def _plain(value: Any) -> Any:
    """A value as JSON has it."""
    return value.tolist() if hasattr(value, "tolist") else value


def _json(content: bytes) -> Mapping[str, Any]:
    found = json.loads(content)
    return found if isinstance(found, dict) else {}


def _xml(content: bytes, path: Path) -> Mapping[str, Any]:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise FileRefused(f"{path} is neither JSON nor XML: {error}", locator=str(path)) from error
    return {_name(root): _element(root)}


def _element(element: Any) -> Any:
    children = [child for child in element if isinstance(child.tag, str)]
    if not children:
        return (element.text or "").strip()
    return {_name(child): _element(child) for child in children}


def _name(element: Any) -> str:
    return str(etree.QName(element).localname)
