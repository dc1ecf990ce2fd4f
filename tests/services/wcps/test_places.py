# SPDX-License-Identifier: MIT
"""Messages that show a place in a query stay short, however long its names and texts are."""

from __future__ import annotations

import pytest

from eoxserver.core.errors import EOxServerError, WcpsSyntaxError
from eoxserver.services.wcps.places import pointed
from tests.services.wcps.compile.querying import compiled

N = "n" * 5000
D = "9" * 5000


def test_the_place_is_shown_below_the_message() -> None:
    error = pointed(WcpsSyntaxError, "not so", "for $c (mr)", 1, 8, "but so")
    assert error.message == "line 1, column 8: not so\nfor $c (mr)\n       ^\nbut so"


@pytest.mark.parametrize(("line", "text"), [(0, "for"), (1, "")])
def test_without_a_place_there_are_only_words(line: int, text: str) -> None:
    error = pointed(WcpsSyntaxError, f"no '{N}'", text, line, 1, f"'{N}' is too long")
    words = f"{N[:60]}...{N[:40]}"
    assert error.message == f"no '{words}'\n'{words}' is too long"


@pytest.mark.parametrize(
    "query",
    [
        f"for $c in ({N}) return $c",
        f"for ${N} in (mr), ${N} in (mr) return 1",
        f"for $c in (mr) let ${N} := 1, ${N} := 2 return 1",
        f"for $c in (mr) return ${N}",
        f"for $c in (mr) return ${D}",
        f"for $c in (mr) return {N}($c)",
        f"for $c in (mr) return $c.{N}",
        f"for $c in (mr) return $c.{D}",
        f"for $c in (mr) return $c[{N}(0)]",
        f'for $c in (mr) return $c[i("{N}")]',
        f'for $c in (mr) return $c[i:"{N}"(0)]',
        f'for $c in (airtemp) return $c[Lat:"EPSG:{D}"(3:4), Long:"EPSG:{D}"(3:4)]',
        f'for $c in (eobs) return $c[t("{N}" . "{N}")]',
        f"for $c in (mr) return {{a{N}: $c; a{N}: $c}}",
        f"for $c in (mr) return condense + over ${N} i(0:1), ${N} j(0:1) using 1",
        f'for $c in (eobs) return condense + over $t t("2000":"2001":"{N}") using 1',
        f"for $c in (mr) return scale($c, {{{N}(0:1)}})",
        f"for $c in (mr) return flip $c along {N}",
        f"for $c in (mr) return domain($c, {N})",
        f'for $c in (airtemp) return crsTransform($c, "EPSG:3857", {{{N}}})',
        f"for $c in (mr) return clip($c, CURTAIN(projection({N}, i), LINESTRING(1 2, 3 4)))",
        f'for $c in (mr) return clip($c, POLYGON(("{N}" 1, 2 3, 3 4)))',
        f'for $c in (mr) return "{N}',
    ],
    ids=lambda query: query.replace(N, "N").replace(D, "D"),
)
def test_messages_do_not_repeat_endless_text(query: str) -> None:
    with pytest.raises(EOxServerError) as caught:
        compiled(query)
    assert len(caught.value.message) < 700
    assert len(caught.value.locator or "") < 110
