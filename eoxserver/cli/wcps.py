# SPDX-License-Identifier: MIT
"""``eoxserver wcps``: a query over the coverages of an instance, without a server."""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from eoxserver.app.queries import Queries
from eoxserver.cli.console import Fault, note, print_json, say
from eoxserver.cli.parameters import instance_option, json_option, opened
from eoxserver.services.wcps.evaluation import Array, Encoding, Outcome, Text

__all__ = ["wcps"]

_PARAMETER = re.compile(r"\$?([1-9][0-9]{0,4})=(.*)", re.DOTALL)


def _parameters(_context: click.Context, _option: click.Parameter, given: Sequence[str]) -> dict[int, str]:
    """The parameters by their numbers."""
    found: dict[int, str] = {}
    for text in given:
        match = _PARAMETER.fullmatch(text)
        if match is None:
            raise click.BadParameter(f"'{text}' is not a number and a value, as 1=scene.tif")
        if int(match[1]) in found:
            raise click.BadParameter(f"parameter {match[1]} is given twice")
        found[int(match[1])] = match[2]
    return found


@click.command("wcps")
@click.argument("query")
@instance_option
@click.option(
    "-o", "--output", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), help="Write to a file."
)
@click.option("--explain", is_flag=True, help="Show the plan and its price, and read no cells.")
@click.option(
    "--parameter",
    "parameters",
    metavar="N=VALUE",
    multiple=True,
    callback=_parameters,
    help="What the query calls $N; of decode($N) the path of a file. May be repeated.",
)
@json_option
def wcps(
    query: str,
    directory: Path | None,
    output: Path | None,
    explain: bool,
    parameters: dict[int, str],
    as_json: bool,
) -> None:
    """Evaluate a WCPS query; `-` reads it from standard input.

    Numbers and metadata are written one a line. What encode() makes goes to the file of --output, or to standard output
    where that is no terminal; several results go to numbered files. --json is for --explain, and for numbers and
    metadata.
    """
    text = sys.stdin.read() if query == "-" else query
    instance = opened(directory)
    try:
        if explain:
            _explain(instance.queries, text, parameters, as_json)
        else:
            _write(instance.queries.outcomes(text, parameters), output, as_json)
    finally:
        instance.close()


def _explain(queries: Queries, text: str, parameters: dict[int, str], as_json: bool) -> None:
    if as_json:
        print_json({"results": queries.explanations(text, parameters)})
    else:
        say(queries.explanation_text(text, parameters))


def _write(outcomes: Sequence[Outcome], output: Path | None, as_json: bool) -> None:
    for outcome in outcomes:
        if isinstance(outcome, Array):
            raise outcome.refusal
    encodings = [outcome for outcome in outcomes if isinstance(outcome, Encoding)]
    texts = [outcome for outcome in outcomes if isinstance(outcome, Text)]
    if not outcomes:
        note("no combination of coverages passes the condition")
    elif encodings:
        if as_json:
            raise click.UsageError("--json is for numbers, metadata and --explain; this query encodes its results")
        _write_encodings(encodings, output)
    elif as_json:
        print_json([outcome.value for outcome in texts])
    elif output is not None:
        _write_file(output, [f"{outcome.text}\n".encode() for outcome in texts])
    else:
        for outcome in texts:
            say(outcome.text)


def _write_encodings(encodings: Sequence[Encoding], output: Path | None) -> None:
    kinds = ", ".join(dict.fromkeys(encoding.encoded.media_type for encoding in encodings))
    if output is None:
        if len(encodings) > 1:
            raise Fault(f"there are {len(encodings)} results ({kinds}); --output names the files, which are numbered")
        if sys.stdout.isatty():
            raise Fault(f"the result is {kinds}, which is not for a terminal; --output names a file")
        for chunk in encodings[0].encoded.chunks:
            click.echo(chunk, nl=False)
        return
    for number, encoding in enumerate(encodings, 1):
        path = output
        if len(encodings) > 1:
            path = output.with_name(f"{output.stem}-{number}{output.suffix or encoding.encoded.extension}")
        _write_file(path, encoding.encoded.chunks)
        note(f"{path}: {encoding.encoded.media_type}")


def _write_file(path: Path, chunks: Iterable[bytes]) -> None:
    """Write a file, whole or not at all; raises Fault."""
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}-", delete=False) as file:
            part = Path(file.name)
            try:
                for chunk in chunks:
                    file.write(chunk)
                file.flush()
                part.chmod(0o644)
                part.replace(path)
            except BaseException:
                part.unlink(missing_ok=True)
                raise
    except OSError as error:
        raise Fault(f"{path} cannot be written: {error.strerror}") from error
