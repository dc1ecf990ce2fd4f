# SPDX-License-Identifier: MIT
"""Work in pieces, done by whoever asks for it and by helpers, its results in order.

Whoever asks takes part, and waits for no piece that nobody has begun. So work may be asked for inside the pool that
helps, at any depth, and is done even if no helper is ever free.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Executor, Future
from functools import partial
from typing import Generic, TypeVar

from eoxserver.query.errands import Errand
from eoxserver.query.steps import Options

__all__ = ["in_order"]

T = TypeVar("T")
R = TypeVar("R")


def in_order(
    work: Callable[[T], R], pieces: Iterable[T], options: Options, errand: Errand | None = None
) -> Generator[R, None, None]:
    """The results of some pieces of work, in their order.

    Helpers are a few pieces ahead, so that no more than these results are held. ``options.proceed`` is called before
    each piece; what it raises, or the work itself, ends all.

    Parameters
    ----------
    errand : Errand, optional
        With it the pieces may be done elsewhere.
    """
    if errand is not None and options.elsewhere is not None and options.elsewhere.takes(errand):
        yield from options.elsewhere.in_order(errand, pieces)
        return

    def do(piece: T) -> R:
        options.proceed()
        return work(piece)

    if options.pool is None:
        yield from map(do, pieces)
        return
    ahead = 2 * (os.cpu_count() or 1)
    waiting: deque[_Piece[R]] = deque()
    try:
        for piece in pieces:
            waiting.append(_Piece(partial(do, piece), options.pool if waiting else None))
            if len(waiting) > ahead:
                yield _first(waiting)
        while waiting:
            yield _first(waiting)
    finally:
        for rest in waiting:
            rest.begin()


class _Piece(Generic[R]):
    """A piece of work, done by a helper of the pool or by who asked for it, whoever begins."""

    def __init__(self, work: Callable[[], R], pool: Executor | None) -> None:
        self.work = work
        self.done: Future[R] = Future() if pool is None else pool.submit(work)
        self.helped = pool is not None

    def begin(self) -> bool:
        """Claim the piece, unless somebody has begun it."""
        if not self.helped:
            return not self.done.done()
        if not self.done.cancel():
            return False
        self.done, self.helped = Future(), False
        return True

    def do(self) -> None:
        """Do what was claimed; an error is nobody else's."""
        self.done.set_result(self.work())


def _first(waiting: deque[_Piece[R]]) -> R:
    """The result of the first piece; later ones are done while a helper is busy with it."""
    piece = waiting.popleft()
    if piece.begin():
        piece.do()
    for later in waiting:
        if piece.done.done():
            break
        if later.begin():
            later.do()
    return piece.done.result()
