# SPDX-License-Identifier: MIT
"""Kinds of value a setting can have: how each is read from text, written as text, and described to a person."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Generic, TypeVar
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlsplit

__all__ = [
    "CODES",
    "DATABASE",
    "DURATION",
    "MEMORY",
    "MIME",
    "MIMES",
    "MIME_MAP",
    "NAMES",
    "PATH",
    "SIZE",
    "TEXT",
    "URL",
    "DatabaseUrl",
    "Kind",
    "choice",
    "integer",
    "is_mime",
    "usable_memory",
]

T = TypeVar("T")
Name = TypeVar("Name", bound=str)


@dataclass(frozen=True, slots=True)
class Kind(Generic[T]):
    """A kind of value.

    ``parse`` raises ValueError with a reason, or with no text when ``accepted`` says it all.
    """

    accepted: str
    """The accepted form, in words that follow "accepted:"."""
    parse: Callable[[str], T]
    show: Callable[[T], str] = str
    """The text from which ``parse`` makes the same value; passwords hidden."""


def _strings(text: str) -> tuple[str, ...]:
    parts = tuple(part.strip() for part in text.split(","))
    if parts == ("",):
        return ()
    if "" in parts:
        raise ValueError("there is nothing between two commas")
    for part in parts:
        if parts.count(part) > 1:
            raise ValueError(f"'{part}' stands twice")
    return parts


# -- texts and lists --------------------------------------------------------------------------

TEXT: Kind[str] = Kind("any text", str)
"""Free text, as written."""

NAMES: Kind[tuple[str, ...]] = Kind("names separated by commas", _strings, ",".join)
"""A list of names."""

PATH: Kind[Path] = Kind("a path, absolute or relative to the instance folder", Path)
"""A file or folder."""


def choice(*names: Name) -> Kind[Name]:
    """Answer the kind that is one of these names; case does not matter when reading."""

    def parse(text: str) -> Name:
        for name in names:
            if name.lower() == text.lower():
                return name
        raise ValueError

    return Kind("one of " + ", ".join(names), parse)


# -- formats and CRSs -------------------------------------------------------------------------

_WORD = r"[A-Za-z0-9!#$&^_.+-]+"  # RFC 6838 clause 4.2
_MIME = re.compile(rf'{_WORD}/{_WORD}(\s*;\s*{_WORD}=({_WORD}|"[^"]*"))*')


def is_mime(text: str) -> bool:
    """Say whether a text is a media type, with parameters or without.

    >>> is_mime("image/tiff; application=geotiff"), is_mime("tiff")
    (True, False)
    """
    return _MIME.fullmatch(text) is not None


def _mime(text: str) -> str:
    if not is_mime(text):
        raise ValueError
    return text


def _mimes(text: str) -> tuple[str, ...]:
    mimes = _strings(text)
    for mime in mimes:
        if not is_mime(mime):
            raise ValueError(f"'{mime}' is not a MIME type")
    return mimes


def _mime_map(text: str) -> Mapping[str, str]:
    parts = [part.strip() for part in text.split(",")] if text.strip() else []
    for part in parts:
        if not is_mime(part):
            raise ValueError(f"'{part}' is not a MIME type")
    if len(parts) % 2:
        raise ValueError(f"there are {len(parts)} MIME types, and they go in pairs")
    sources, natives = parts[::2], parts[1::2]
    for source in sources:
        if sources.count(source) > 1:
            raise ValueError(f"'{source}' is mapped twice")
    return MappingProxyType(dict(zip(sources, natives, strict=True)))


def _codes(text: str) -> tuple[int, ...]:
    codes = []
    for part in _strings(text):
        digits = re.sub(r"^EPSG:", "", part, flags=re.IGNORECASE)
        if not re.fullmatch(r"[0-9]{1,9}", digits) or int(digits) == 0:
            raise ValueError(f"'{part}' is not an EPSG code")
        if int(digits) in codes:
            raise ValueError(f"'{part}' stands twice")
        codes.append(int(digits))
    return tuple(codes)


MIME: Kind[str] = Kind("a MIME type, as image/tiff", _mime)
"""One MIME type."""

MIMES: Kind[tuple[str, ...]] = Kind("MIME types separated by commas, as image/png,image/jpeg", _mimes, ",".join)
"""A list of MIME types."""

MIME_MAP: Kind[Mapping[str, str]] = Kind(
    "pairs of MIME types, all separated by commas: source,native,source,native",
    _mime_map,
    lambda pairs: ",".join(f"{source},{native}" for source, native in pairs.items()),
)
"""A mapping of MIME types."""

CODES: Kind[tuple[int, ...]] = Kind(
    "EPSG codes separated by commas, as 4326,3857", _codes, lambda codes: ",".join(map(str, codes))
)
"""A list of EPSG codes."""

# -- numbers ----------------------------------------------------------------------------------


def integer(low: int, high: int | None = None) -> Kind[int]:
    """Answer the kind of whole numbers from ``low`` to ``high``, both included."""
    accepted = f"a whole number, {low} or more" if high is None else f"a whole number from {low} to {high}"

    def parse(text: str) -> int:
        if not re.fullmatch(r"-?[0-9]+(_[0-9]+)*", text):
            raise ValueError
        number = int(text)
        if number < low or (high is not None and number > high):
            raise ValueError
        return number

    return Kind(accepted, parse)


_SIZES: dict[str, int] = {"": 1, "B": 1} | {
    prefix + unit: base**power
    for power, prefix in enumerate("KMGT", start=1)
    for unit, base in (("B", 1000), ("IB", 1024))
}


def _size(text: str) -> int:
    found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z]*)", text)
    if found is None or found[2].upper() not in _SIZES:
        raise ValueError
    size = round(float(found[1]) * _SIZES[found[2].upper()])
    if size < 1:
        raise ValueError("it must be a byte at least")
    return size


def _show_size(size: int) -> str:
    if size == 0:
        return "0"
    for unit in ("TiB", "GiB", "MiB", "KiB"):
        if size % _SIZES[unit.upper()] == 0:
            return f"{size // _SIZES[unit.upper()]}{unit}"
    return str(size)


SIZE: Kind[int] = Kind("a size as 512MiB, 1.5GB or a number of bytes", _size, _show_size)
"""Bytes; KiB, MiB, GiB, TiB are powers of 1024, kB, MB, GB, TB of 1000."""

OPTIONAL_SIZE: Kind[int] = Kind(
    "a size as 512MiB, 1.5GB or a number of bytes, or 0 for none",
    lambda text: 0 if text == "0" else _size(text),
    _show_size,
)
"""Bytes, possibly none."""

_CGROUP_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
"""Where Linux tells what a container may use, in version 2 and 1 of control groups."""


def usable_memory(limits: Iterable[Path] = _CGROUP_LIMITS) -> int:
    """Memory of the machine, or of the container that this process runs in [bytes]."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for path in limits:
        try:
            text = path.read_text(encoding="ascii").strip()
        except OSError:
            continue
        if text.isdigit():  # "max" is no limit
            memory = min(memory, int(text))
    return memory


def _memory(text: str) -> int:
    found = re.fullmatch(r"([0-9]{1,3}(?:\.[0-9]+)?)\s*%", text)
    if found is None:
        return _size(text)
    if not 0 < float(found[1]) <= 100:
        raise ValueError("a percentage lies above 0, up to 100")
    mebibyte = _SIZES["MIB"]
    return max(1, round(usable_memory() * float(found[1]) / 100 / mebibyte)) * mebibyte


MEMORY: Kind[int] = Kind("a size as 512MiB, or a part of the machine's memory as 5%", _memory, _show_size)
"""Bytes; a percentage is rounded to whole MiB."""

_SECONDS = {"d": 86400, "h": 3600, "min": 60, "s": 1}


def _duration(text: str) -> int:
    found = re.fullmatch(r"([0-9]+)\s*(s|min|h|d)", text)
    if found is None:
        raise ValueError
    return int(found[1]) * _SECONDS[found[2]]


def _show_duration(seconds: int) -> str:
    unit = next(unit for unit, length in _SECONDS.items() if seconds % length == 0)
    return f"{seconds // _SECONDS[unit]}{unit}"


DURATION: Kind[int] = Kind("a duration as 90s, 15min, 12h or 30d", _duration, _show_duration)
"""Seconds."""

# -- URLs -------------------------------------------------------------------------------------


def _url(text: str) -> str | None:
    if not text:
        return None
    parts = _split(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError
    if parts.query or parts.fragment:
        raise ValueError("it must end before the '?'")
    return text.rstrip("?")


def _split(text: str) -> SplitResult:
    parts = urlsplit(text)
    # The port is read lazily; a bad one raises ValueError here.
    if parts.port == 0:
        raise ValueError("port 0 is none")
    return parts


URL: Kind[str | None] = Kind("an http or https URL without query, or nothing", _url, lambda url: url or "")
"""A public URL, or None."""


@dataclass(frozen=True, slots=True)
class DatabaseUrl:
    """Where the catalogue is kept.

    >>> DatabaseUrl.parse("postgresql://eo:secret@db.example:5433/catalogue").port
    5433
    """

    engine: str
    """``sqlite`` or ``postgresql``."""
    name: str
    """File of SQLite (relative to the instance folder, or absolute; ``:memory:``), or name of the database."""
    user: str = ""
    password: str = field(default="", repr=False)
    host: str = ""
    """Name, address, or folder of the socket; empty: the local socket."""
    port: int | None = None
    options: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Further connection parameters, as ``sslmode``."""

    @classmethod
    def parse(cls, text: str) -> DatabaseUrl:
        """Read a URL; raises ValueError with the reason."""
        parts = _split(text)
        options = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
        name = unquote(parts.path.removeprefix("/"))
        if parts.scheme == "sqlite":
            if parts.netloc or options or not name:
                raise ValueError("sqlite takes three slashes and a path, or four and an absolute path")
            return cls("sqlite", name)
        if parts.scheme not in ("postgresql", "postgres"):
            raise ValueError(f"'{parts.scheme or text}' is no known kind of database")
        if not name or "/" in name:
            raise ValueError("the name of the database is missing" if not name else f"'{name}' is no database name")
        host = options.pop("host", "") or unquote(parts.hostname or "")
        return cls(
            "postgresql",
            name,
            unquote(parts.username or ""),
            unquote(parts.password or ""),
            host,
            parts.port,
            MappingProxyType(options),
        )

    def text(self, *, secret: bool = False) -> str:
        """Answer the URL; the password is shown as ``***`` unless ``secret``."""
        if self.engine == "sqlite":
            return f"sqlite:///{quote(self.name, safe='/:')}"
        password = quote(self.password, safe="") if secret else "***"
        user = quote(self.user, safe="") + (f":{password}" if self.password else "")
        options = dict(self.options) | ({"host": self.host} if "/" in self.host else {})
        host = "" if "/" in self.host else (f"[{self.host}]" if ":" in self.host else self.host)
        place = (f"{user}@" if user else "") + host + (f":{self.port}" if self.port is not None else "")
        query = "&".join(f"{key}={quote(value, safe='/')}" for key, value in options.items())
        return f"postgresql://{place}/{quote(self.name, safe='')}" + (f"?{query}" if query else "")


DATABASE: Kind[DatabaseUrl] = Kind(
    "sqlite:///file (relative to the instance folder), sqlite:////absolute/file or postgresql://user@host:port/name",
    DatabaseUrl.parse,
    DatabaseUrl.text,
)
"""A database."""
