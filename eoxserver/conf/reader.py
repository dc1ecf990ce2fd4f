# SPDX-License-Identifier: MIT
"""From ``conf/eoxserver.conf`` and the environment to :class:`Settings`, with every error at once.

The environment wins over the file, the file over the defaults. The variable of a setting is
``EOXS_<SECTION>__<KEY>``, in capitals, every other character than a letter or digit as ``_``:
``EOXS_SERVICES_OWS_WMS__SUPPORTED_CRS``. Sections of plugins are ``EOXS_PLUGINS_<NAME>__<KEY>``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from eoxserver.conf.ini import parse_ini
from eoxserver.conf.schema import PLUGIN_SECTION, SECTIONS, Option, Settings, options, variable
from eoxserver.core.errors import ConfigurationError, suggest

__all__ = ["SETTINGS_FILE", "Configuration", "instance_path", "load_settings", "read_configuration"]

SETTINGS_FILE = Path("conf", "eoxserver.conf")
"""Where an instance has its settings."""

_PLUGIN_VARIABLE = "EOXS_PLUGINS_"


@dataclass(frozen=True, slots=True)
class Configuration:
    """Settings, and where each of them comes from."""

    settings: Settings
    origins: Mapping[tuple[str, str], str]
    """(section, key) -> ``file:line`` or ``environment NAME``; what is missing is a default."""


@dataclass(frozen=True, slots=True)
class _Given:
    """A value somebody wrote."""

    value: str
    origin: str


def instance_path(given: str | Path | None, environ: Mapping[str, str] = os.environ) -> Path:
    """Answer the folder of the instance: the one given, else ``$EOXSERVER_INSTANCE``, else the current one.

    Raises
    ------
    ConfigurationError
        When there is no instance in it.
    """
    folder = Path(given or environ.get("EOXSERVER_INSTANCE") or Path()).absolute()
    if not (folder / SETTINGS_FILE).is_file():
        raise ConfigurationError(
            f"no instance in {folder}: it has no file {SETTINGS_FILE}; make one with 'eoxserver create_instance NAME', "
            "or name yours by --instance DIR or EOXSERVER_INSTANCE",
            locator=str(folder),
        )
    return folder


def load_settings(instance: Path | None, environ: Mapping[str, str] = os.environ) -> Settings:
    """Answer the settings of an instance, or those that hold without one.

    Raises
    ------
    ConfigurationError
        Names file and line (or the variable), section, key, value and the accepted form of everything that is wrong.
    """
    return read_configuration(instance, environ).settings


def read_configuration(instance: Path | None, environ: Mapping[str, str] = os.environ) -> Configuration:
    """Answer the settings and where each comes from; raises as :func:`load_settings`."""
    faults: list[str] = []
    given: dict[tuple[str, str], _Given] = {}
    if instance is not None:
        instance = instance_path(instance, {})
        given = dict(_from_file(instance / SETTINGS_FILE, faults))
    given |= dict(_from_environment(environ, {section for section, _ in given}, faults))
    sections = {attribute: section(**dict(_values(section, given, faults))) for attribute, section in SECTIONS.items()}
    if faults:
        head = f"{len(faults)} errors in the configuration:\n" if len(faults) > 1 else ""
        raise ConfigurationError(head + "\n".join(faults), locator=str(instance) if instance else None)
    settings = replace(Settings(**sections), plugins=_plugins(given), instance=instance)
    return Configuration(settings, MappingProxyType({place: value.origin for place, value in given.items()}))


def _values(
    section: type[Any], given: Mapping[tuple[str, str], _Given], faults: list[str]
) -> Iterator[tuple[str, object]]:
    """Answer (key, value) of what is given in a section and can be read."""
    for option in options(section):
        written = given.get((option.section, option.key))
        if written is None:
            continue
        try:
            yield option.key, option.kind.parse(written.value)
        except ValueError as error:
            faults.append(_fault(option, written, str(error)))


def _fault(option: Option[Any], written: _Given, reason: str) -> str:
    why = f" ({reason})" if reason else ""
    shown = "" if "@" in written.value else f" '{written.value}'"  # a URL with a password stays out of logs
    comment = "; a comment needs a line of its own" if " #" in written.value else ""
    return (
        f"{written.origin}: [{option.section}] {option.key}: cannot use{shown or ' this value'}{why}; "
        f"accepted: {option.kind.accepted}{comment}"
    )


def _plugins(given: Mapping[tuple[str, str], _Given]) -> Mapping[str, Mapping[str, str]]:
    """Answer the sections of plugins as they are."""
    sections: dict[str, dict[str, str]] = {}
    for (section, key), written in given.items():
        if section.startswith(PLUGIN_SECTION):
            sections.setdefault(section.removeprefix(PLUGIN_SECTION), {})[key] = written.value
    return MappingProxyType({name: MappingProxyType(entries) for name, entries in sections.items()})


# -- file -------------------------------------------------------------------------------------


def _from_file(path: Path, faults: list[str]) -> Iterator[tuple[tuple[str, str], _Given]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: cannot be read: {error}", locator=str(path)) from error
    sections, errors = parse_ini(text.splitlines())
    faults += [f"{path}:{error.line}: {error.message}" for error in errors]
    known = {section.section: {option.key for option in options(section)} for section in SECTIONS.values()}
    for section in sections:
        is_plugin = section.name.startswith(PLUGIN_SECTION) and section.name != PLUGIN_SECTION
        if section.name not in known and not is_plugin:
            faults.append(f"{path}:{section.line}: [{section.name}] is no section; {suggest(section.name, known, 20)}")
            continue
        for key, entry in section.entries.items():
            if is_plugin or key in known[section.name]:
                yield (section.name, key), _Given(entry.value, f"{path}:{entry.line}")
            else:
                faults.append(
                    f"{path}:{entry.line}: [{section.name}] has no key '{key}'; {suggest(key, known[section.name], 30)}"
                )


# -- environment ------------------------------------------------------------------------------


def _from_environment(
    environ: Mapping[str, str], sections: set[str], faults: list[str]
) -> Iterator[tuple[tuple[str, str], _Given]]:
    """Answer what variables ``EOXS_<SECTION>__<KEY>`` say; ``sections`` are those of the file."""
    known = {
        option.variable: (option.section, option.key) for section in SECTIONS.values() for option in options(section)
    }
    plugins = {variable(name, "").removesuffix("__"): name for name in sections if name.startswith(PLUGIN_SECTION)}
    for name, value in sorted(environ.items()):
        if not name.startswith("EOXS_") or "__" not in name:
            continue
        head, _, key = name.partition("__")
        written = _Given(value.strip(), f"environment {name}")
        if name in known:
            yield known[name], written
        elif name.startswith(_PLUGIN_VARIABLE) and head != _PLUGIN_VARIABLE.removesuffix("_") and key:
            section = plugins.get(head, PLUGIN_SECTION + head.removeprefix(_PLUGIN_VARIABLE).lower())
            yield (section, key.lower()), written
        else:
            faults.append(f"environment {name}: no setting has this variable; {suggest(name, known, 3)}")
