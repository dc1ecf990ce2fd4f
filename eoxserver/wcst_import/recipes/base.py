# SPDX-License-Identifier: MIT
"""What a recipe is: it looks at files, one by one, and says which parts of which coverages they hold.

A recipe reads no cells and writes nothing: the importer orders the slices, says what it is going to do, and brings them
to the server. ``docs/howto/write-a-recipe.md`` shows how to write one.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from eoxserver.backends.grib.process import GribProcess
from eoxserver.backends.readers.base import Reader
from eoxserver.core.crs import Crs
from eoxserver.wcst_import.errors import FileRefused
from eoxserver.wcst_import.ingredients.options import read_section
from eoxserver.wcst_import.ingredients.reading import Ingredients
from eoxserver.wcst_import.ingredients.sections import CommonOptions
from eoxserver.wcst_import.inplace import check_files
from eoxserver.wcst_import.overviews import file_levels, overview_slices, wants_overviews
from eoxserver.wcst_import.restriction import is_inside
from eoxserver.wcst_import.slices import ImportFile, Slice, find_files
from eoxserver.wcst_import.targets.base import Target

__all__ = ["Environment", "Recipe", "Whole"]

T = TypeVar("T")
OptionsT = TypeVar("OptionsT", bound=CommonOptions)


@dataclass(frozen=True)
class Environment:
    """What a recipe may use."""

    readers: Mapping[str, Reader]
    """Readers of files by key, in the order in which they are asked."""
    parse_crs: Callable[[str], Crs]
    """From any notation of a CRS, those of this instance's administrators too; raises CrsUnknown."""
    target: Target
    grib: GribProcess
    """Reads messages of GRIB files."""


class Whole(Protocol):
    """A coverage that is made at once."""

    def lines(self) -> Sequence[str]:
        """What would be made, in words; raises EOxServerError when it cannot be."""

    def make(self) -> None:
        """Make it; raises EOxServerError."""


class Recipe(ABC, Generic[OptionsT]):
    """A recipe for the files of one ingredients file; made for one import.

    Parameters
    ----------
    ingredients : Ingredients
        Its options are read by the class's ``options_type``.

    Raises
    ------
    IngredientsError
        When an option is wrong.
    """

    key: ClassVar[str]
    """Its name in ingredients."""
    options_type: ClassVar[type[CommonOptions]] = CommonOptions
    """A dataclass made of ``ingredients.options.option``."""

    filters: ClassVar[Sequence[str]] = ()
    """Names of filters of section ``input`` that it has: ``product``, ``modebeams``, ``resolutions`` and so on."""

    options: OptionsT

    def __init__(self, ingredients: Ingredients, environment: Environment) -> None:
        self._whole: dict[str, Any] = {}
        self.overviews: dict[str, str] = {}
        """Coverages of overviews that were found, and those whose overviews they are."""
        self.ingredients = ingredients
        self.environment = environment
        options = read_section(self.options_type, ingredients.options, "recipe.options")
        self.options = options  # type: ignore[assignment]  # options_type says which OptionsT is

    def once(self, make: Callable[[], T], identifier: str = "") -> T:
        """What the first file says of a whole coverage: made for its first slice, the same for all others."""
        if identifier not in self._whole:
            self._whole[identifier] = make()
        found: T = self._whole[identifier]
        return found

    def check(self) -> None:
        """Refuse ingredients that go ill together, before any file is looked at; raises ``IngredientsError``."""

    def files(self) -> Iterable[ImportFile]:
        """What is imported: the files of ``input.paths``, by name."""
        return find_files(self.ingredients.input.paths, self.ingredients.folder)

    def chosen(self, file: ImportFile, number: int) -> Iterator[Slice]:
        """The slices of one file that ``config.slice_restriction`` lets pass.

        Raises
        ------
        FileRefused
            As ``slices``; and for cells that cannot stay in their file, where ``config.insitu`` wants that.
        """
        config = self.ingredients.config
        for one in self.slices(file, number):
            if is_inside(one, config.slice_restriction):
                if config.insitu:
                    check_files(one)
                if not self.options.import_overviews_only:
                    yield one
                if wants_overviews(self.options):
                    yield from self._overviews(one)

    def _overviews(self, one: Slice) -> Iterator[Slice]:
        """The overviews of a slice that are imported; of all there are those that the first file has."""
        base = one.part.identifier
        chosen = self.options.import_overviews or self.once(
            lambda: tuple(range(len(file_levels(one)))), f"overviews of {base}"
        )
        if not chosen:
            raise FileRefused(
                f"{one.file.path} has no overviews (recipe.options.import_all_overviews); gdaladdo makes some",
                locator=one.file.path,
            )
        for found in overview_slices(one, chosen):
            self.overviews[found.part.identifier] = base
            yield found

    def whole(self) -> Whole | None:
        """What is made at once, without files; None: slices are imported."""
        return None

    def close(self) -> None:
        """Give back what is held, at the end of the import: temporary files, connections."""

    @abstractmethod
    def slices(self, file: ImportFile, number: int) -> Iterable[Slice]:
        """The slices of one file, mostly one; none leaves it out.

        Parameters
        ----------
        number : int
            Of the file in the order of ``files``, from 0.

        Raises
        ------
        FileRefused
            When it cannot be imported so; the message names file, key and remedy.
        SentenceError
            When a sentence has no value for it.
        """
