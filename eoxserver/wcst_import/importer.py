# SPDX-License-Identifier: MIT
"""From slices to coverages on a server: analyse, order, write in batches, remember what is done.

A batch is one change of a coverage, whole or not at all; files are remembered after the change that has them. An import
that was killed and is started again writes the last batch again at most, or those of the last second, with the same
cells: it ends as one that was not interrupted.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from eoxserver.core.coverage import Coverage
from eoxserver.core.errors import DataUnavailable, EOxServerError
from eoxserver.wcst_import.ahead import ReadAhead
from eoxserver.wcst_import.errors import FileRefused, SentenceError
from eoxserver.wcst_import.fitting import check_fits
from eoxserver.wcst_import.ingredients.sections import Config
from eoxserver.wcst_import.outline import Outline
from eoxserver.wcst_import.recipes.base import Recipe
from eoxserver.wcst_import.slices import ImportFile, Sharing, Slice
from eoxserver.wcst_import.targets.base import Target

__all__ = ["Analysis", "Importer", "Skipped", "Written"]

BATCH_SLICES = 256
"""Slices of one change, at most."""
BATCH_BYTES = 64 * 2**20
"""Of the cells of one change, at most; one slice may have more."""


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


@dataclass
class Written:
    """What an import has done."""

    slices: int = 0
    files: list[ImportFile] = field(default_factory=list)
    """Those of which nothing was left out, in the order in which they were finished."""


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

        Of each file no more is kept than where its slices lie: they share axes, fields and metadata that are the same.

        Parameters
        ----------
        files : iterable of (int, ImportFile)
            With their numbers in the order of all files.

        Raises
        ------
        FileRefused, SentenceError
            For the first file that cannot be imported, unless files are skipped.
        """
        found, sharing, there = Analysis(), Sharing(), dict[str, Coverage | None]()
        for number, file in files:
            try:
                slices = [sharing.of(one) for one in self._recipe.chosen(file, number)]
                for one in slices:
                    self._check_there(one, there)
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

    def _check_there(self, one: Slice, there: dict[str, Coverage | None]) -> None:
        """Refuse a slice that does not go with the coverage that exists already; they are asked for once."""
        identifier = one.part.identifier
        if identifier not in there:
            there[identifier] = self._target.coverage(identifier)
        coverage = there[identifier]
        if coverage is not None:
            check_fits(one, coverage)

    def _outlined(self, analysis: Analysis, one: Slice) -> None:
        identifier = one.part.identifier
        if identifier in analysis.outlines:
            analysis.outlines[identifier].add(one)
        else:
            analysis.outlines[identifier] = Outline.of(one)

    def write(self, analysis: Analysis) -> Written:
        """Bring the slices to the target, batch by batch; files that fail are added to ``analysis.skipped``.

        Slices are taken out of the analysis: what they hold is given back as soon as they are written. While one batch
        is written, the cells of the next are read.

        Raises
        ------
        EOxServerError
            For the first change that is refused, unless files are skipped; what was written before stays.
        """
        done, total = 0, len(analysis.slices)
        left = Counter(one.file for one in analysis.slices)
        found = Written()
        for batch in self._batches(analysis):
            kept = self._change(batch[0].part.identifier, batch, analysis.skipped)
            done += len(batch)
            found.slices += len(kept)
            left.subtract(one.file for one in kept)  # of a slice that was left out the file is not done
            files = [file for file in dict.fromkeys(one.file for one in kept) if not left[file]]
            found.files += files
            self._done(files)
            self._progress(done, total, batch)
        return found

    def _batches(self, analysis: Analysis) -> Iterator[list[Slice]]:
        """The slices of each change; those of the next are being read meanwhile, unless cells stay in their files."""
        waiting = deque(analysis.slices)
        analysis.slices.clear()
        batches = iter(lambda: _batch(waiting), [])
        if self._config.insitu:
            yield from batches
            return
        with ReadAhead() as ahead:
            coming = (ahead.begin(batch) for batch in batches)
            batch = next(coming, None)
            while batch is not None:
                following = next(coming, None)
                yield batch
                batch = following

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


def _batch(waiting: deque[Slice]) -> list[Slice]:
    """Take the slices of one change: of one coverage, as many as there may be; none when none wait."""
    batch, size = ([waiting.popleft()] if waiting else []), 0
    while waiting and len(batch) < BATCH_SLICES and waiting[0].part.identifier == batch[0].part.identifier:
        size += batch[-1].byte_count
        if size + waiting[0].byte_count > BATCH_BYTES:
            break
        batch.append(waiting.popleft())
    return batch
