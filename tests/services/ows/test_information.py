# SPDX-License-Identifier: MIT
from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from eoxserver.conf.schema import Ows, Settings
from eoxserver.services.ows.information import service_texts, several
from tests.services.announced import Announced

if TYPE_CHECKING:
    from eoxserver.services.context import ServiceContext


def test_the_catalogue_comes_before_the_configuration() -> None:
    settings = Settings(ows=Ows(title="Configured", city="Vienna"))
    announced = Announced(texts={"title": "Told", "role": "", "of_another_release": "x"})
    context = cast("ServiceContext", SimpleNamespace(settings=settings, announcements=announced))
    assert service_texts(context) == Ows(title="Told", city="Vienna", role="")


@pytest.mark.parametrize(
    ("text", "parts"), [("", []), (" , ", []), ("a@b.c", ["a@b.c"]), ("+1 2,+1 3 ", ["+1 2", "+1 3"])]
)
def test_several_values_of_one_text(text: str, parts: list[str]) -> None:
    assert several(text) == parts
