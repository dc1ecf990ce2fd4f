# SPDX-License-Identifier: MIT
"""Reading INI text with the line of everything, so that errors can say where.

Sections in brackets, ``key = value`` or ``key: value``, a value goes on in indented lines, ``#`` and ``;`` start a
comment at the start of a line only (values may hold both). Keys are in any case. There is no interpolation.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

__all__ = ["Entry", "Fault", "IniSection", "parse_ini"]

_SECTION = re.compile(r"\[([^\[\]]+)\]")
_ENTRY = re.compile(r"([A-Za-z][A-Za-z0-9_.-]*)\s*[=:]\s*(.*)")


@dataclass(slots=True)
class Entry:
    """A value and its first line, counted from 1."""

    value: str
    line: int


@dataclass(slots=True)
class IniSection:
    """A section, its line and its entries by key in lower case."""

    name: str
    line: int
    entries: dict[str, Entry] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in a line."""

    line: int
    message: str


def parse_ini(lines: Iterable[str]) -> tuple[list[IniSection], list[Fault]]:
    """Read INI text.

    Parameters
    ----------
    lines : iterable of str
        With or without their ends.

    Returns
    -------
    tuple of (list of IniSection, list of Fault)
        All that could be understood, and what could not.
    """
    reading = _Reading()
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if not text:
            reading.open = None
        elif text[0] in "#;":
            continue
        elif line[0] in " \t" and reading.open is not None:
            reading.open.value = f"{reading.open.value}\n{text}".strip()
        elif (section := _SECTION.fullmatch(text)) is not None:
            reading.start(section[1].strip(), number)
        elif (entry := _ENTRY.fullmatch(text)) is not None:
            reading.add(entry[1].lower(), entry[2], number)
        else:
            reading.fault(number, f"'{text}' is neither [section], key = value nor a comment")
    return list(reading.sections.values()), reading.faults


class _Reading:
    """What was read so far."""

    def __init__(self) -> None:
        self.sections: dict[str, IniSection] = {}
        self.faults: list[Fault] = []
        self.current: IniSection | None = None
        self.open: Entry | None = None

    def fault(self, line: int, message: str) -> None:
        self.faults.append(Fault(line, message))
        self.open = None

    def start(self, name: str, line: int) -> None:
        self.open = None
        if name in self.sections:
            self.fault(line, f"section [{name}] is already in line {self.sections[name].line}; join them")
        self.current = self.sections.setdefault(name, IniSection(name, line))

    def add(self, key: str, value: str, line: int) -> None:
        if self.current is None:
            self.fault(line, f"'{key}' stands before any [section]")
        elif (other := self.current.entries.get(key)) is not None:
            self.fault(line, f"[{self.current.name}] {key} is already in line {other.line}")
        else:
            self.open = self.current.entries[key] = Entry(value, line)
