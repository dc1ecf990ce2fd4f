# SPDX-License-Identifier: MIT
"""``eoxserver register`` and ``eoxserver deregister``."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from eoxserver.app import Instance
from eoxserver.cli.console import Fault, Steps, note, print_json, progress, say
from eoxserver.cli.parameters import instance_option, json_option, opened, parsed
from eoxserver.core.crs import Crs
from eoxserver.core.errors import CrsUnknown, EOxServerError
from eoxserver.resources.coverages.identifiers import is_ncname
from eoxserver.resources.coverages.registration.identifiers import DEFAULT_TEMPLATE, FIELDS, IdentifierTemplate
from eoxserver.resources.coverages.registration.proposals import Options, Outcome, Status
from eoxserver.resources.coverages.registration.times import NamePattern, parse_span
from eoxserver.resources.coverages.stacking.rules import parse_rule
from eoxserver.resources.coverages.stacking.series import Series, SeriesOptions

__all__ = ["deregister", "outcome_lines", "register", "show", "summary", "work"]


HELP = """\
Register data: PATHS are files, folders (with all below them) and patterns, here or elsewhere.

\b
scenes/*.tif, scenes/               files of this machine
https://host/a.tif, s3://bucket/a/  a URL; a folder ends with '/'
's3://bucket/2024/*.tif'            a pattern, where the storage lists
storage:NAME/path                   in a storage of the catalogue; a collection of a rasdaman server
a.zip, a.zip//b.tif, 'a.tar//*.tif' members of an archive, of any of these
a.nc, 'NETCDF:"a.nc":sst'           all data sets in a file, or one; n-D ones are n-D coverages
a.zarr, https://host/a.zarr         a group of Zarr

With --axis all files are slices of one coverage, which grows when the command is given again with more files:

\b
ansi=AnsiDate:regex(_(\\d{8})_)      a time axis; where a file lies on it is in its name
ansi=AnsiDate/P1D                   a regular one, a cell a day; times come from the files or documents beside them
h=:metadata(LEVEL), k=:order        a number in the metadata of the file; the number of the file, from 0
time                                an axis that netCDF, HDF5 or Zarr files have themselves, and follow each other on

Size, extent, CRS, fields, nil values, times and footprint come from each file, or from a metadata document of the
same name beside it. Data elsewhere is read where it is. A file that cannot be used is refused with the reason, and
the rest goes on; the exit code is then 1.
"""


def _bounds(
    context: click.Context, parameter: click.Parameter, value: tuple[float, float, float, float] | None
) -> tuple[float, float, float, float] | None:
    """Refuse bounds that are none."""
    if value is not None and not (value[0] < value[2] and value[1] < value[3] and all(map(math.isfinite, value))):
        raise click.BadParameter("the least x and y come first, then the greatest: 10 40 20 45", context, parameter)
    return value


@click.command(
    help=HELP, epilog=f"Fields of TEMPLATE: {'; '.join(f'{{{name}}} {what}' for name, what in FIELDS.items())}."
)
@click.argument("paths", nargs=-1, required=True)
@instance_option
@click.option("--collection", metavar="ID", help="Insert the coverages into this collection; made when there is none.")
@click.option(
    "--id",
    "identifier",
    metavar="TEMPLATE",
    callback=parsed(IdentifierTemplate),
    default=DEFAULT_TEMPLATE,
    show_default=True,
    help="Identifiers of the coverages; other characters than letters, digits, '_', '-' and '.' become '_'.",
)
@click.option(
    "--crs",
    metavar="CRS",
    help="CRS of rasters that name none themselves, as EPSG:4326, or one defined by `eoxserver crs add`.",
)
@click.option(
    "--bounds",
    metavar="MINX MINY MAXX MAXY",
    nargs=4,
    type=float,
    callback=_bounds,
    help="Outer edges of rasters and arrays without a place of their own, in the CRS of --crs; x is east or longitude.",
)
@click.option(
    "--time",
    "span",
    metavar="BEGIN[/END]",
    callback=parsed(parse_span),
    help="Time of all of them, whatever the data says: an instant or an interval.",
)
@click.option(
    "--time-regex",
    "name_pattern",
    metavar="REGEX",
    callback=parsed(NamePattern),
    help="Find the time in the name of each file: the group 'time' (or 'begin' and 'end') of a regular expression.",
)
@click.option(
    "--values",
    metavar="LOW HIGH",
    nargs=2,
    type=float,
    help="Values that mean something: maps go from black at LOW to white at HIGH. By default what the data says.",
)
@click.option("--metadata/--no-metadata", default=True, help="Read metadata documents beside the data (the default).")
@click.option(
    "--axis",
    "axes",
    metavar="AXIS",
    multiple=True,
    help="All files are slices of one coverage along this axis; again for another one. A file more makes it grow.",
)
@click.option("--bands", "together", is_flag=True, help="All files are the bands of one coverage, in this order.")
@click.option("--replace", is_flag=True, help="Take the place of coverages with the same identifier.")
@click.option(
    "--dry-run", is_flag=True, help="Change nothing; say what would be registered, and where that comes from."
)
@json_option
def register(
    paths: tuple[str, ...],
    directory: Path | None,
    as_json: bool,
    crs: str | None,
    axes: tuple[str, ...],
    **fields: Any,
) -> None:
    """Register data."""
    instance = opened(directory)
    try:
        options = Options(crs=_crs(instance, crs), **fields)
        if axes:
            found = _series(instance, paths, axes, options)
        else:
            found = instance.registrar().register(paths, options)
        outcomes = show(found, options, quiet=as_json)
    finally:
        instance.close()
    if as_json:
        print_json(outcomes.details)
    else:
        say(summary(outcomes.counts, options))
    if outcomes.counts[Status.REFUSED]:
        raise Fault(f"{outcomes.counts[Status.REFUSED]} refused")


def _crs(instance: Instance, text: str | None) -> Crs | None:
    """The CRS of an option, those that this instance defines included."""
    try:
        return None if text is None else instance.crss.parse(text)
    except CrsUnknown as error:
        raise click.BadParameter(error.message, param_hint="'--crs'") from error


class _Outcomes:
    """What came of the files: counts, and details where somebody wants them."""

    def __init__(self) -> None:
        self.counts: Counter[Status] = Counter()
        self.details: list[dict[str, object]] = []


def _series(instance: Instance, paths: Sequence[str], axes: Sequence[str], options: Options) -> Iterator[Outcome]:
    """Register files as slices of one coverage."""
    identifier = options.identifier.text
    if "{" in identifier or not is_ncname(identifier):
        raise click.UsageError("--axis makes one coverage of all files: --id ID names it, without fields in braces")
    if options.together:
        raise click.UsageError("--axis and --bands exclude each other: files are slices, or bands")
    try:
        rules = tuple(parse_rule(axis, instance.crss.parse) for axis in axes)
    except EOxServerError as error:
        raise click.BadParameter(error.message, param_hint="'--axis'") from error
    return Series(instance.registrar(), instance.stacks).register(paths, SeriesOptions(identifier, rules, options))


def work(instance: Instance, paths: Sequence[str], options: Options) -> _Outcomes:
    """Register files and show the progress."""
    return show(instance.registrar().register(paths, options), options)


def show(found: Iterable[Outcome], options: Options, quiet: bool = False) -> _Outcomes:
    """Register files, which happens while outcomes are asked for, and show the progress.

    Parameters
    ----------
    quiet : bool
        Keep the details for the caller instead of writing a line a file.
    """
    outcomes = _Outcomes()
    with progress("registering") as steps:
        for outcome in found:
            outcomes.counts[outcome.status] += 1
            if quiet:
                outcomes.details.append(outcome.as_json())
            else:
                _show(outcome, options, steps)
            steps.step(outcome.place.name)
    return outcomes


def _show(outcome: Outcome, options: Options, steps: Steps) -> None:
    for line in outcome_lines(outcome, explain=options.dry_run):
        steps.say(line)


def outcome_lines(outcome: Outcome, explain: bool) -> Iterable[str]:
    """What came of a file in words; with ``explain`` every fact and where it comes from."""
    if outcome.status in (Status.REFUSED, Status.SKIPPED):
        yield f"{outcome.status}  {outcome.place}: {outcome.reason}"
        return
    yield f"{outcome.status}  {outcome.place} as {outcome.identifier}"
    if explain and outcome.proposal is not None:
        for fact in outcome.proposal.facts:
            yield f"    {fact.name}: {fact.value}   ({fact.why})"


def summary(counts: Counter[Status], options: Options) -> str:
    """How many files became what."""
    parts = [f"{counts[status]} {status}" for status in Status if counts[status]]
    where = f", in collection {options.collection}" if options.collection and not options.dry_run else ""
    return f"{', '.join(parts) or 'no file found'}{where}"


@click.command()
@click.argument("identifiers", nargs=-1, required=True, metavar="ID...")
@instance_option
def deregister(identifiers: tuple[str, ...], directory: Path | None) -> None:
    """Take coverages out of the catalogue, all or none. Their files stay where they are."""
    instance = opened(directory)
    instance.registrar().deregister(identifiers)
    note(f"{len(identifiers)} deregistered")
