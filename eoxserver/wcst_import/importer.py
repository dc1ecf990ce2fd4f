# SPDX-License-Identifier: MIT
"""From slices to coverages on a server: analyse, order, write in batches, remember what is done.

A batch is one change of a coverage, whole or not at all; files are remembered after the change that has them. An import
that was killed and is started again writes the last batch again at most, with the same cells: it ends as one that was
not interrupted.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from eoxserver.core.errors import DataUnavailable, EOxServerError
from eoxserver.wcst_import.errors import FileRefused, SentenceError
from eoxserver.wcst_import.ingredients.sections import Config
from eoxserver.wcst_import.outline import Outline
from eoxserver.wcst_import.recipes.base import Recipe
from eoxserver.wcst_import.slices import ImportFile, Slice
from eoxserver.wcst_import.targets.base import Target

__all__ = ["Analysis", "Importer", "Skipped"]

BATCH = 32
"""Slices of one change."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that was left out."""

    file: ImportFile
    reason: str


@dataclass
class Analysis:
    """What an import is going to do."""

    slices: list[Slice] = field(default_factory=list)
    """In the order in which they are written."""
    outlines: dict[str, Outline] = field(default_factory=dict)
    """By identifier of the coverage."""
    skipped: list[Skipped] = field(default_factory=list)


class Importer:
    """One import: of what a recipe finds, to a target.

    Parameters
    ----------
    config : Config
        Says what happens with files that fail, and how often requests are repeated.
    done : callable
        Called with the files that are imported now, after each change.
    progress : callable
        Called with the number of slices that are written, of all, and the slices of the change.
    """

    def __init__(
        self,
        recipe: Recipe[Any],
        target: Target,
        config: Config,
        done: Callable[[Sequence[ImportFile]], None],
        progress: Callable[[int, int, Sequence[Slice]], None],
    ) -> None:
        self._recipe = recipe
        self._target = target
        self._config = config
        self._done = done
        self._progress = progress

    def analyse(self, files: Iterable[tuple[int, ImportFile]]) -> Analysis:
        """Look at files; no cell is read and nothing is written.

        Parameters
        ----------
        files : iterable of (int, ImportFile)
            With their numbers in the order of all files.

        Raises
        ------
        FileRefused, SentenceError
            For the first file that cannot be imported, unless files are skipped.
        """
        found = Analysis()
        for number, file in files:
            try:
                slices = list(self._recipe.slices(file, number))
                for one in slices:
                    self._outlined(found, one)
            except (FileRefused, SentenceError, DataUnavailable) as error:
                if not self._config.skip:
                    raise
                found.skipped.append(Skipped(file, error.message))
                continue
            found.slices.extend(slices)
        descending = self._recipe.options.import_order == "descending"
        found.slices.sort(key=lambda one: one.order, reverse=descending)
        found.slices.sort(key=lambda one: one.part.identifier)
        return found

    def _outlined(self, analysis: Analysis, one: Slice) -> None:
        identifier = one.part.identifier
        if identifier in analysis.outlines:
            analysis.outlines[identifier].add(one)
        else:
            analysis.outlines[identifier] = Outline.of(one)

    def write(self, analysis: Analysis) -> None:
        """Bring the slices to the target, batch by batch; files that fail are added to ``analysis.skipped``.

        Raises
        ------
        EOxServerError
            For the first change that is refused, unless files are skipped; what was written before stays.
        """
        written, total = 0, len(analysis.slices)
        left = Counter(one.file for one in analysis.slices)
        for identifier, slices in groupby(analysis.slices, key=lambda one: one.part.identifier):
            for batch in _batches(slices):
                kept = self._change(identifier, batch, analysis.skipped)
                written += len(batch)
                left.subtract(one.file for one in kept)  # of a slice that was left out the file is not done
                self._done([file for file in dict.fromkeys(one.file for one in kept) if not left[file]])
                self._progress(written, total, batch)

    def _change(self, identifier: str, batch: Sequence[Slice], skipped: list[Skipped]) -> Sequence[Slice]:
        """Write one batch; where that fails and files are skipped, one by one. Answers the slices that are written."""
        try:
            self._repeated(identifier, batch)
        except EOxServerError as error:
            if not self._config.skip:
                raise
            if len(batch) == 1:
                skipped.append(Skipped(batch[0].file, error.message))
                return []
            return [one for each in batch for one in self._change(identifier, [each], skipped)]
        return batch

    def _repeated(self, identifier: str, batch: Sequence[Slice]) -> None:
        attempts = self._config.retries if self._config.retry else 0
        for attempt in range(attempts + 1):
            try:
                self._once(identifier, batch)
            except EOxServerError:
                if attempt == attempts:
                    raise
                time.sleep(self._config.retry_sleep)
            else:
                return

    def _once(self, identifier: str, batch: Sequence[Slice]) -> None:
        if self._config.insitu:
            self._target.register(identifier, batch)
            return
        parts = [one.part for one in batch]
        if self._target.coverage(identifier) is None:
            self._target.insert(parts[0], parts[1:], self._recipe.options.tiling)
        else:
            self._target.update(identifier, parts)


def _batches(slices: Iterable[Slice]) -> Iterator[list[Slice]]:
    batch: list[Slice] = []
    for one in slices:
        batch.append(one)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
