# SPDX-License-Identifier: MIT
"""One run of an ingredients file, from reading it to the result (wcst_import specification, section 2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

from eoxserver.core.errors import EOxServerError
from eoxserver.wcst_import.errors import IngredientsError
from eoxserver.wcst_import.hooks import run_after, run_before
from eoxserver.wcst_import.importer import Analysis, Importer
from eoxserver.wcst_import.ingredients.reading import Ingredients
from eoxserver.wcst_import.inplace import check_in_place
from eoxserver.wcst_import.overviews import check_overviews
from eoxserver.wcst_import.recipes.base import Environment, Recipe, Whole
from eoxserver.wcst_import.scaling import check_scales, scale
from eoxserver.wcst_import.slices import ImportFile, Slice
from eoxserver.wcst_import.targets.base import renew_members
from eoxserver.wcst_import.tracking import ImportedFiles, ImportLog, alone
from eoxserver.wcst_import.unsupported import check_supported, without_effect

__all__ = ["Console", "Result", "Session"]


class Console(Protocol):
    """Who watches a run."""

    def say(self, line: str) -> None:
        """A line of the result."""

    def warn(self, line: str) -> None:
        """A line about something that went wrong and does not end the run."""

    def confirm(self) -> bool:
        """Whether to go on with what was said."""

    def progress(self, done: int, total: int) -> None:
        """How many slices are written, of how many."""


@dataclass(frozen=True, slots=True)
class Result:
    """How a run ended."""

    imported: int
    """Slices that were written."""
    skipped: Sequence[tuple[str, str]] = ()
    """Path and reason of each file that was left out."""
    declined: bool = False
    """Whether nothing was to be imported."""


class Session:
    """Runs one ingredients file.

    Parameters
    ----------
    recipes : mapping
        Recipes by name.
    explain : bool
        Say what would be done, and change nothing; ``config.mock`` does the same.

    Raises
    ------
    IngredientsError
        When recipe or options are wrong.
    """

    def __init__(
        self,
        ingredients: Ingredients,
        recipes: Mapping[str, type[Any]],
        environment: Environment,
        console: Console,
        explain: bool = False,
    ) -> None:
        self.ingredients = ingredients
        self.config = ingredients.config
        self._environment = environment
        self._console = console
        self._explain = explain or self.config.mock
        self._recipe = self._made(recipes)
        folder = self._folder = Path(self.config.resumer_dir_path or ingredients.folder)
        track = self.config.track_files and not self._explain
        self._imported = ImportedFiles(folder, ingredients.input.coverage_id, track)
        self._log = None if self._explain else ImportLog(folder / f"{ingredients.path.stem}.log")

    def _made(self, recipes: Mapping[str, type[Any]]) -> Recipe[Any]:
        try:
            kind = recipes[self.ingredients.recipe]
        except EOxServerError as error:
            raise IngredientsError(f"recipe.name: {error.message}", locator="recipe.name") from error
        recipe: Recipe[Any] = kind(self.ingredients, self._environment)
        recipe.check()
        check_supported(self.ingredients, recipe.options, kind.filters)
        check_scales(recipe.options)
        check_overviews(self.config, recipe.options)
        target = self._environment.target
        check_in_place(self.config, recipe.options, target.name, target.reads_files)
        return recipe

    def run(self) -> Result:
        """Do all of it.

        Raises
        ------
        EOxServerError
            When it fails; what was imported before stays, and is remembered.
        """
        try:
            return self._whole_run()
        finally:
            self._recipe.close()
            self._imported.save()

    def _whole_run(self) -> Result:
        if self._explain:
            return self._run()
        self._environment.target.check()
        with alone(self._folder, self.ingredients.input.coverage_id):
            return self._logged()

    def _logged(self) -> Result:
        self._note(None)
        try:
            result = self._run()
        except EOxServerError as error:
            self._note(f"Error: {error.message}")
            self._end("failed")
            raise
        for path, reason in result.skipped:
            self._note(f"Skipped file: {path}\nReason: {reason}")
            self._console.warn(f"skipped {path}: {reason}")
        self._end("success")
        return result

    def _run(self) -> Result:
        for line in without_effect(self.ingredients, self._recipe.options):
            self._console.warn(line)
            self._note(f"Warning: {line}")
        whole = self._recipe.whole()
        if whole is not None:
            return self._make(whole)
        numbered = [(n, file) for n, file in enumerate(self._recipe.files()) if file.path not in self._imported]
        if not numbered:
            self._console.warn(f"no slices to import: {self._why_none()}")
            self._mark([self.ingredients.input.coverage_id])
            return Result(0)
        if self._explain or self.config.blocking:
            return self._batch(numbered, ask=True)
        done, skipped = 0, list[tuple[str, str]]()
        for number, one in enumerate(numbered):
            result = self._batch([one], ask=number == 0)
            done += result.imported
            skipped.extend(result.skipped)
            if result.declined:
                break
        return Result(done, skipped)

    def _make(self, whole: Whole) -> Result:
        """Make what is made at once."""
        for line in whole.lines():
            self._console.say(line)
        self._say_inspire()
        if self._explain or (not self.config.automated and not self._console.confirm()):
            return Result(0, declined=True)
        whole.make()
        identifier = self.ingredients.input.coverage_id
        scale(self._environment.target, identifier, self._recipe.options)
        self._mark([identifier])
        return Result(1)

    def _why_none(self) -> str:
        patterns = ", ".join(self.ingredients.input.paths) or "input.paths is empty"
        if len(self._imported):
            return f"{len(self._imported)} files are imported already ({self._imported.path})"
        return f"no file matches {patterns} in {self.ingredients.folder}"

    def _batch(self, files: Sequence[tuple[int, ImportFile]], ask: bool) -> Result:
        replaced = self._replaced(files)
        importer = Importer(self._recipe, self._environment.target, self.config, self._done, self._progress)
        analysis = importer.analyse(replaced)
        if not analysis.slices and not analysis.skipped:
            self._console.warn("no slices to import: none of the files is one of those that are asked for")
        elif ask:
            self._describe(analysis)
        skipped = [(each.file.path, each.reason) for each in analysis.skipped]
        if self._explain or (ask and not self.config.automated and not self._console.confirm()):
            return Result(0, skipped, declined=True)
        written = importer.write(analysis)
        run_after(self.ingredients.hooks, written.files, self._console.warn)
        overviews = self._recipe.overviews
        self._join(overviews, analysis.outlines)
        whole = [identifier for identifier in analysis.outlines if identifier not in overviews]
        for identifier in whole:
            scale(self._environment.target, identifier, self._recipe.options)
        self._mark(whole)
        return Result(written.slices, [(each.file.path, each.reason) for each in analysis.skipped])

    def _join(self, overviews: Mapping[str, str], written: Iterable[str]) -> None:
        """Let overviews be members of the pyramids of what they are overviews of; both are written."""
        members: dict[str, list[str]] = {}
        for identifier in written:
            if identifier in overviews and not self._recipe.options.import_overviews_only:
                members.setdefault(overviews[identifier], []).append(identifier)
        for base, found in members.items():
            renew_members(self._environment.target, base, found, False)

    def _mark(self, identifiers: Iterable[str]) -> None:
        """Let INSPIRE know of those that are there, or of none of them any more."""
        given, target = self.ingredients.input.inspire, self._environment.target
        for identifier in identifiers:
            if not self._explain and target.coverage(identifier) is not None:
                target.mark(identifier, given.metadata_url.strip() if given else "")

    def _replaced(self, files: Sequence[tuple[int, ImportFile]]) -> Iterable[tuple[int, ImportFile]]:
        if self._explain:  # hooks change things
            return files
        hooks, warn = self.ingredients.hooks, self._console.warn
        return ((number, new) for number, file in files for new in run_before(hooks, [file], warn))

    def _describe(self, analysis: Analysis) -> None:
        shown = self.config.description_max_no_slices
        for identifier, outline in analysis.outlines.items():
            there = self._environment.target.coverage(identifier) is not None
            first = islice((one for one in analysis.slices if one.part.identifier == identifier), shown)
            for line in outline.lines(there, first):
                self._console.say(line)
            if there and self._recipe.options.tiling:
                line = f"recipe.options.tiling is left aside: {identifier} exists, and keeps the chunks it has"
                self._console.say(f"  {line}")
                self._note(f"Warning: {line}")
            if outline.count > shown:
                self._console.say(f"  ... and {outline.count - shown} more")
        self._say_inspire()

    def _say_inspire(self) -> None:
        inspire = self.ingredients.input.inspire
        if inspire and inspire.metadata_url:
            self._console.say(f"INSPIRE: a data set, with metadata at {inspire.metadata_url} (input.inspire)")

    # -- while it goes on --------------------------------------------------------------------------------

    def _done(self, files: Sequence[ImportFile]) -> None:
        self._imported.add(file.original or file.path for file in files)

    def _progress(self, done: int, total: int, slices: Sequence[Slice]) -> None:
        lines = []
        for number, one in enumerate(slices, done - len(slices) + 1):
            shape = ",".join(f"0:{size - 1}" for size in one.part.domain.shape)
            size = one.byte_count / 1e6
            lines.append(f"{number}/{total} - file '{one.file.path}' - grid domains [{shape}] of size {size:.3g} MB")
        self._note("\n".join(lines))
        self._console.progress(done, total)

    def _note(self, line: str | None) -> None:
        """A line of the log; None: the beginning of a run."""
        if self._log is not None and line is None:
            self._log.begin(self.ingredients.path)
        elif self._log is not None and line is not None:
            self._log.write(line)

    def _end(self, result: str) -> None:
        if self._log is not None:
            self._log.end(result)
