# SPDX-License-Identifier: MIT
"""Trying again."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from eoxserver.backends.storages.retries import FIRST_PAUSE, LONGEST_PAUSE, retried
from eoxserver.core.errors import DataUnavailable, ItemMissing, StorageUnreachable, TransferFailed


def failing(*errors: DataUnavailable) -> tuple[Callable[[], str], list[DataUnavailable]]:
    """What fails with these errors, one after the other, and then works; and what is left of them."""
    left = list(errors)

    def attempt() -> str:
        if left:
            raise left.pop(0)
        return "done"

    return attempt, left


def test_what_may_pass_is_tried_again_after_longer_and_longer_pauses() -> None:
    pauses: list[float] = []
    attempt, _ = failing(*[StorageUnreachable("busy"), TransferFailed("broken")] * 4)
    assert retried(attempt, 8, pause=pauses.append) == "done"
    for number, pause in enumerate(pauses):
        longest = min(FIRST_PAUSE * 2**number, LONGEST_PAUSE)
        assert 0.7 * longest < pause <= longest
    assert len(pauses) == 8


def test_the_last_error_stands() -> None:
    attempt, left = failing(StorageUnreachable("1"), StorageUnreachable("2"), StorageUnreachable("3"))
    with pytest.raises(StorageUnreachable, match="2"):
        retried(attempt, 1, pause=lambda _: None)
    assert len(left) == 1


@pytest.mark.parametrize("error", [ItemMissing("x"), DataUnavailable("x")])
def test_other_errors_are_final(error: DataUnavailable) -> None:
    attempt, _ = failing(error)
    with pytest.raises(type(error)):
        retried(attempt, 3, pause=lambda _: pytest.fail("it waits"))
    attempt, _ = failing(TransferFailed("x"))
    with pytest.raises(TransferFailed):
        retried(attempt, 3, (StorageUnreachable,), pause=lambda _: pytest.fail("it waits"))
