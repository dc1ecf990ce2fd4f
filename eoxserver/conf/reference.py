# SPDX-License-Identifier: MIT
"""What is written of the settings: default file, template, the page of the manual, ``eoxserver config``.

``python -m eoxserver.conf.reference`` (``make reference``) writes the generated files of the project again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import fill

from eoxserver.conf.formats import DEFAULT_FORMATS_FILE, load_formats
from eoxserver.conf.reader import Configuration
from eoxserver.conf.schema import PLUGIN_SECTION, SECTIONS, options

__all__ = [
    "Row",
    "default_text",
    "effective_text",
    "explain_text",
    "formats_template",
    "generated_files",
    "manual_text",
    "rows",
    "settings_template",
]

HERE = Path(__file__).parent
MADE = "Made from eoxserver/conf/schema.py by `make reference`; edit that."


@dataclass(frozen=True, slots=True)
class Row:
    """One setting in effect; ``eoxserver config --json`` shows these."""

    section: str
    key: str
    value: str
    """In effect; passwords hidden."""
    origin: str
    """``default``, ``file:line`` or ``environment NAME``."""
    default: str
    meaning: str
    accepted: str
    variable: str


def rows(configuration: Configuration) -> Iterator[Row]:
    """Answer every setting in effect, in the order of the table; sections of plugins last."""
    for attribute, section in SECTIONS.items():
        values = getattr(configuration.settings, attribute)
        for option in options(section):
            origin = configuration.origins.get((option.section, option.key), "default")
            value = option.kind.show(getattr(values, option.key))
            yield Row(
                option.section,
                option.key,
                value,
                origin,
                option.default,
                option.meaning,
                option.kind.accepted,
                option.variable,
            )
    for name, entries in configuration.settings.plugins.items():
        own = PLUGIN_SECTION + name
        for key, value in entries.items():
            origin = configuration.origins[own, key]
            yield Row(own, key, value, origin, "", f"A setting of plugin {name}.", "what the plugin says", "")


def explain_text(configuration: Configuration) -> str:
    """Answer every setting with its meaning, accepted form, value and where that comes from."""
    parts: list[str] = []
    section = ""
    for row in rows(configuration):
        if row.section != section:
            section = row.section
            parts.append(f"[{section}]\n")
        lines = [_entry(row.key, row.value), f"    {row.meaning}", f"    accepted: {row.accepted}"]
        if row.origin == "default":
            lines.append("    this is the default")
        else:
            lines += [f"    from {row.origin}; default: {row.default or '(nothing)'}"]
        if row.variable:
            lines.append(f"    overridden by {row.variable}")
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def effective_text(configuration: Configuration) -> str:
    """Answer the values in effect as an INI file; a comment says where each comes from that is no default."""
    lines: list[str] = []
    section = ""
    for row in rows(configuration):
        if row.section != section:
            section = row.section
            lines += ["", f"[{section}]"] if lines else [f"[{section}]"]
        if row.origin != "default":
            lines.append(f"# from {row.origin}")
        lines.append(_entry(row.key, row.value))
    return "\n".join(lines) + "\n"


def _entry(key: str, value: str) -> str:
    return f"{key} = {value}".rstrip().replace("\n", "\n    ")


def default_text() -> str:
    """Answer the text of ``default.conf``."""
    return f"# Every setting with its default. {MADE}\n" + _ini(None)


def settings_template(given: Mapping[tuple[str, str], str] | None = None) -> str:
    """Answer the text of ``TEMPLATE_eoxserver.conf``: every setting as a comment, but those given.

    Parameters
    ----------
    given : mapping, optional
        (section, key) -> value of what is to be set.
    """
    head = """\
# Settings of this instance. A setting that is commented out has the default shown.
# A comment needs a line of its own; a value goes on in indented lines.
# `eoxserver config --explain` shows what is in effect and where it comes from.
"""
    return head + _ini(given or {})


def _ini(given: Mapping[tuple[str, str], str] | None) -> str:
    """Answer all sections with comments; only what is given is set, None sets everything to its default."""
    lines: list[str] = []
    for section in SECTIONS.values():
        lines += ["", f"# {section.__doc__}", f"[{section.section}]"]
        for option in options(section):
            lines += ["", *_comment(option.meaning), *_comment(f"Accepted: {option.kind.accepted}.")]
            place = (option.section, option.key)
            if given is None:
                lines.append(_entry(option.key, option.default))
            elif place in given:
                lines.append(_entry(option.key, given[place]))
            else:
                lines.append(f"#{_entry(option.key, option.default)}")
    return "\n".join(lines) + "\n"


def _comment(text: str) -> list[str]:
    return fill(text, 100, break_long_words=False, initial_indent="# ", subsequent_indent="#   ").splitlines()


def formats_template() -> str:
    """Answer the text of ``TEMPLATE_formats.conf``: the shipped formats, explained."""
    lines = DEFAULT_FORMATS_FILE.read_text(encoding="utf-8").splitlines()
    formats = "\n".join(line for line in lines if line and not line.startswith("#"))
    return f"""\
# Formats of this instance, one a line; without this file those shipped with the server hold.
#
#   <driver>,<MIME type>,<rw|ro>,<.extension>
#   <MIME type>,GDAL/<driver>,<.extension>          (the order of later releases is read, too)
#
# driver      name of the GDAL driver (`gdalinfo --formats`); it may carry the prefix GDAL/
# MIME type   what clients ask for; the first line of a driver names the type of its files
# rw, ro      whether results may be written in it; formats that come as several files must be ro
# extension   of the files that are sent
#
# What this machine cannot write is not offered. Which of the formats WMS and WCS offer, and in which
# order, is said in eoxserver.conf: supported_formats of [services.ows.wms] and [services.ows.wcs].

{formats}
"""


def manual_text() -> str:
    """Answer the text of ``docs/configuration.md``."""
    parts = [_MANUAL_HEAD]
    for section in SECTIONS.values():
        table = ["| key | default | meaning | accepted |", "|---|---|---|---|"]
        for option in options(section):
            default = f"`{option.default}`" if option.default else ""
            table.append(f"| `{option.key}` | {default} | {option.meaning} | {option.kind.accepted} |")
        parts.append(f"### `[{section.section}]`\n\n{section.__doc__}\n\n" + "\n".join(table) + "\n")
    table = ["| driver | MIME type | written | extension |", "|---|---|---|---|"]
    for line in load_formats():
        table.append(f"| {line.driver} | `{line.mime}` | {'yes' if line.writable else 'no'} | `{line.extension}` |")
    parts.append(_MANUAL_FORMATS + "\n" + "\n".join(table) + "\n")
    return "\n".join(parts)


_MANUAL_HEAD = f"""\
# Configuration

<!-- {MADE} -->

An instance has two files in `conf/`: `eoxserver.conf` (settings) and `formats.conf` (formats). Both are optional in
every line: what is not set has the default shown here. `eoxserver config` prints the settings in effect,
`eoxserver config --explain` also what each means and where it comes from, `eoxserver check` whether all is well.

## eoxserver.conf

INI: `[section]`, then `key = value`. A value goes on in indented lines. A comment (`#` or `;`) needs a line of its own.
An unknown section or key is an error, and so is a value of the wrong form; the message names file, line, section, key
and what would be accepted, and all errors come at once.

**Environment.** Each setting is overridden by the variable `EOXS_<SECTION>__<KEY>`, in capitals, with `_` for dots:

```
EOXS_SERVICES_OWS_WMS__SUPPORTED_CRS=4326,3857,25832 eoxserver serve
```

A variable of this form that names no setting is an error. `EOXSERVER_INSTANCE` names the folder of the instance,
`EOXS_PLUGINS` the plugins to load, `EOXS_TRACE_HOOKS=1` shows each call of a hook.

**Plugins** have sections of their own, `[plugins.NAME]` (`EOXS_PLUGINS_NAME__KEY`); their documentation says which.
"""

_MANUAL_FORMATS = """\
## formats.conf

One format a line; `#` starts a comment, also after a value; both orders of fields are read, and a driver may carry the
prefix `GDAL/`:

```
<driver>,<MIME type>,<rw|ro>,<.extension>
<MIME type>,GDAL/<driver>,<.extension>
```

The first line of a driver names the MIME type of its files. What the machine cannot write is not offered; which formats
WMS and WCS offer, and in which order, is said by `supported_formats`. Shipped are:
"""


def generated_files(project: Path) -> Mapping[Path, str]:
    """Answer the files of the project that are made from the table, with the text they must have."""
    return {
        project / "eoxserver/conf/default.conf": default_text(),
        project / "eoxserver/conf/TEMPLATE_eoxserver.conf": settings_template(),
        project / "eoxserver/conf/TEMPLATE_formats.conf": formats_template(),
        project / "docs/configuration.md": manual_text(),
    }


def main() -> None:
    """Write the generated files of the project this module lies in."""
    for path, text in generated_files(HERE.parent.parent).items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
