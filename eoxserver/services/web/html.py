# SPDX-License-Identifier: MIT
"""Pages from templates: every value is escaped unless it is HTML already.

A template is a file of this room with ``$name`` for each value (``string.Template``); ``$$`` is a dollar.
"""

from __future__ import annotations

import html
from collections.abc import Iterable
from functools import lru_cache
from importlib import resources
from string import Template

__all__ = ["Html", "fill", "joined", "read_text"]


class Html(str):
    """Text that is HTML and is not escaped again."""

    __slots__ = ()


def fill(name: str, **values: str | int) -> Html:
    r"""The template of this name with its values; raises KeyError when one is missing.

    >>> fill("fact.html", text="a < b")
    '<li>a &lt; b</li>\n'
    """
    escaped = {key: value if isinstance(value, Html) else html.escape(str(value)) for key, value in values.items()}
    return Html(_template(name).substitute(escaped))


def joined(parts: Iterable[Html]) -> Html:
    """Parts one after the other."""
    return Html("".join(parts))


@lru_cache(maxsize=32)
def _template(name: str) -> Template:
    return Template(read_text(name))


def read_text(name: str) -> str:
    """A file of the folder ``templates``."""
    return resources.files(__package__).joinpath("templates", name).read_text(encoding="utf-8")
