# SPDX-License-Identifier: MIT
"""``eoxserver cache``: the local copies of remote and packed files."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from eoxserver.backends.cache import Cache, CacheEntry, Usage
from eoxserver.cli.console import Commands, Fault, note, print_json, print_table, progress, say
from eoxserver.cli.parameters import instance_option, json_option, opened, parsed
from eoxserver.conf.values import DURATION
from eoxserver.core.errors import InvalidParameterValue, suggest

__all__ = ["cache"]

ID_DIGITS = 12
"""Of an entry's name, as they are shown."""
LEAST_DIGITS = 4
"""... and as they must be given at least."""
_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB")


@click.group(cls=Commands)
def cache() -> None:
    """Show, clear and verify the local copies of remote and packed files.

    Section [backends.cache] of the settings says where they are, how large all of them may be, and how long they are
    kept and trusted. All of this may be done while the instance is being served.
    """


# -- show -----------------------------------------------------------------------------------------


@cache.command("show")
@instance_option
@json_option
def show(directory: Path | None, as_json: bool) -> None:
    """List the copies, the last used one first, and what they take of the room that they may."""
    usage = opened(directory).access.cache.usage()
    entries = sorted(usage.entries, key=lambda entry: entry.used, reverse=True)
    if as_json:
        print_json(asdict(usage) | {"entries": [_record(entry) for entry in entries]})
        return
    rows = (
        (entry.id[:ID_DIGITS], _size(entry.size), _time(entry.used), "yes" if entry.held else "", entry.key)
        for entry in entries
    )
    print_table(("id", "size", "last use", "being read", "copy of"), rows)
    for line in _totals(usage):
        note(line)


def _record(entry: CacheEntry) -> dict[str, Any]:
    """A copy, for programs."""
    times = {name: _time(getattr(entry, name)) for name in ("fetched", "checked", "used")}
    return asdict(entry) | times


def _totals(usage: Usage) -> Iterator[str]:
    yield f"copies: {len(usage.entries)}; {_size(usage.bytes)} of {_size(usage.max_bytes)}"
    for size, what in (
        (usage.superseded_bytes, "of earlier states, which go when they are not used any more"),
        (usage.leftover_bytes, "of interrupted transfers"),
        (usage.under_way_bytes, "of transfers under way"),
    ):
        if size:
            yield f"and {_size(size)} {what}"


def _size(number: int) -> str:
    """A size as people read it.

    >>> _size(999), _size(2048), _size(10 * 2**30)
    ('999 bytes', '2.0 KiB', '10.0 GiB')
    """
    power = min(int(math.log2(number) // 10), len(_UNITS) - 1) if number else 0
    return f"{number / 1024**power:.1f} {_UNITS[power]}" if power else f"{number} bytes"


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if seconds else ""


# -- clear ----------------------------------------------------------------------------------------


def _seconds(text: str) -> int:
    """Read a duration; raises InvalidParameterValue."""
    try:
        return DURATION.parse(text)
    except ValueError as error:
        raise InvalidParameterValue(f"'{text}' is no duration; accepted: {DURATION.accepted}") from error


@cache.command("clear")
@click.argument("keys", nargs=-1, metavar="[KEY...]")
@instance_option
@click.option(
    "--older-than",
    metavar="DURATION",
    callback=parsed(_seconds),
    help="Only copies that were not used for so long: 90s, 15min, 12h, 30d.",
)
@click.option(
    "--recent",
    is_flag=True,
    help="Also copies that were answered within the last 15 minutes: a script may be about to read them.",
)
@json_option
def clear(keys: tuple[str, ...], directory: Path | None, older_than: int | None, recent: bool, as_json: bool) -> None:
    """Remove copies, all by default; never one that is being read or fetched.

    KEY is what a copy is of, or its id, as 'cache show' tells them. What is removed is fetched again when it is wanted.
    """
    copies = opened(directory).access.cache
    chosen: Sequence[str | None] = [_chosen(copies, key) for key in keys] or [None]
    done = [copies.clear(key, unused_for=older_than or 0, recent=recent) for key in chosen]
    removed = [entry for cleared in done for entry in cleared.removed]
    kept = [each for cleared in done for each in cleared.kept]
    freed = sum(cleared.bytes for cleared in done)
    if as_json:
        print_json(
            {
                "removed": [_record(entry) for entry in removed],
                "kept": [_record(each.entry) | {"reason": each.reason} for each in kept],
                "bytes": freed,
            }
        )
        return
    for each in kept:
        say(f"kept {each.entry.key}: {each.reason}")
    say(f"removed: {len(removed)}, kept: {len(kept)}; {_size(freed)} freed")


def _chosen(copies: Cache, text: str) -> str:
    """The key of the copy that is meant; raises InvalidParameterValue."""
    entries = list(copies.entries())
    found = {entry.key for entry in entries if text == entry.key}
    if not found and len(text) >= LEAST_DIGITS:
        found = {entry.key for entry in entries if entry.id.startswith(text.lower())}
    if len(found) != 1:
        what = "more than one copy has an id that begins so" if found else "there is no such copy"
        raise InvalidParameterValue(
            f"'{text}': {what}; {suggest(text, [entry.key for entry in entries], limit=5)}", locator="KEY"
        )
    return found.pop()


# -- verify ---------------------------------------------------------------------------------------


@cache.command("verify")
@instance_option
@json_option
def verify(directory: Path | None, as_json: bool) -> None:
    """Read every copy, and remove those that are broken, and what interrupted transfers left.

    Exit code 1 when a copy was broken. It is fetched again when it is wanted.
    """
    copies = opened(directory).access.cache
    with progress("verifying", sum(1 for _ in copies.entries())) as steps:
        found = copies.verify(steps.step)
    if as_json:
        print_json(asdict(found))
    else:
        for broken in found.broken:
            say(f"{broken.key or broken.id}: {broken.reason}; removed")
        say(f"whole: {found.copies}, {_size(found.bytes)}; broken: {len(found.broken)}")
        if found.leftover_bytes:
            say(f"{_size(found.leftover_bytes)} that were left behind are removed")
        if found.busy:
            say(f"{len(found.busy)} were not looked at, because they are being fetched")
    if found.broken:
        raise Fault(f"broken: {len(found.broken)} of {len(found.broken) + found.copies}, now removed")
