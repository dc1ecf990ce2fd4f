# SPDX-License-Identifier: MIT
"""Reading ``formats.conf``: which formats there are, by driver, MIME type and extension (RFC 17).

One format a line, in either order of fields; ``#`` starts a comment, also after a value; blank lines do not count::

    <driver>,<MIME type>,<rw|ro>,<.extension>
    <MIME type>,GDAL/<driver>,<.extension>

A driver may carry the prefix ``GDAL/`` in both. The second order (of later releases) says nothing of writing: such a
format is written where its driver can.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from eoxserver.conf.values import is_mime
from eoxserver.core.errors import ConfigurationError

__all__ = ["DEFAULT_FORMATS_FILE", "FORMATS_FILE", "FormatLine", "load_formats"]

FORMATS_FILE = Path("conf", "formats.conf")
"""Where an instance has its formats."""

DEFAULT_FORMATS_FILE = Path(__file__).with_name("default_formats.conf")
"""The formats of instances without a file of their own."""

_ACCEPTED = "'<driver>,<MIME type>,<rw|ro>,<.extension>' or '<MIME type>,GDAL/<driver>,<.extension>'"
_DRIVER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_ -]*")
_EXTENSION = re.compile(r"\.[A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class FormatLine:
    """A format as it stands in the file."""

    driver: str
    """GDAL driver name, without prefix."""
    mime: str
    """MIME type, parameters included, with ``; `` between them."""
    writable: bool
    """Whether it may be offered; whether this machine can write it is another question."""
    extension: str
    """With its dot."""
    line: int
    """Line in the file, counted from 1."""


def load_formats(path: Path | None = None) -> tuple[FormatLine, ...]:
    """Read the formats, in the order of the file.

    Parameters
    ----------
    path : Path, optional
        The file; where there is none the shipped ``default_formats.conf`` holds.

    Raises
    ------
    ConfigurationError
        Names file and line of everything that is wrong.
    """
    if path is None or not path.exists():
        path = DEFAULT_FORMATS_FILE
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: cannot be read: {error}", locator=str(path)) from error
    found: list[FormatLine] = []
    faults: list[str] = []
    for number, line in enumerate(lines, start=1):
        text = line.partition("#")[0].strip()
        if not text:
            continue
        try:
            found.append(_beside(found, _format(text, number)))
        except ValueError as error:
            faults.append(f"{path}:{number}: '{text}': {error}")
    if faults:
        head = f"{len(faults)} errors in the formats:\n" if len(faults) > 1 else ""
        raise ConfigurationError(head + "\n".join(faults), locator=str(path))
    return tuple(found)


def _format(text: str, line: int) -> FormatLine:
    """Read one line; raises ValueError with the reason."""
    fields = [field.strip() for field in text.split(",")]
    if len(fields) == 4:
        driver, mime, mode, extension = fields
    elif len(fields) == 3:
        mime, driver, extension = fields
        mode = "rw"
        if not driver.startswith("GDAL/"):
            raise ValueError(f"the driver '{driver}' needs the prefix GDAL/ here; accepted: {_ACCEPTED}")
    else:
        raise ValueError(f"{len(fields)} fields; accepted: {_ACCEPTED}")
    driver = driver.removeprefix("GDAL/")
    if not _DRIVER.fullmatch(driver):
        raise ValueError(f"'{driver}' is no driver name; accepted: {_ACCEPTED}")
    if not is_mime(mime):
        raise ValueError(f"'{mime}' is no MIME type; accepted: {_ACCEPTED}")
    if mode not in ("rw", "ro"):
        raise ValueError(f"'{mode}' is neither rw (read and write) nor ro (read only)")
    if not _EXTENSION.fullmatch(extension):
        raise ValueError(f"'{extension}' is no extension; accepted: a dot and a name, as .tif")
    return FormatLine(driver, re.sub(r"\s*;\s*", "; ", mime), mode == "rw", extension, line)


def _beside(others: list[FormatLine], new: FormatLine) -> FormatLine:
    """Answer the new format if it goes with the others; raises ValueError with the reason."""
    for other in others:
        if other.mime.lower() != new.mime.lower():
            continue
        if other.driver == new.driver:
            raise ValueError(f"the same format is already in line {other.line}")
        if other.writable and new.writable:
            raise ValueError(f"{new.mime} is already written by {other.driver}, line {other.line}; make one of them ro")
    return new
