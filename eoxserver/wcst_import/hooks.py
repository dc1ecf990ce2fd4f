# SPDX-License-Identifier: MIT
"""Commands before and after an import (wcst_import specification, section 6).

A command is one of the shell. Values of expressions reach it through its environment, whatever quotes they stand in:
the name of a file never becomes a part of the command.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Iterable, Iterator, Sequence
from glob import glob

from eoxserver.wcst_import.errors import FileRefused, ImportRefused
from eoxserver.wcst_import.ingredients.sections import Hook
from eoxserver.wcst_import.sentences.file import file_value
from eoxserver.wcst_import.slices import ImportFile

__all__ = ["command_of", "run_after", "run_before"]

_EXPRESSION = re.compile(r"\$\{([\w:]+)\}")


def run_before(hooks: Sequence[Hook], files: Iterable[ImportFile], warn: Callable[[str], None]) -> Iterator[ImportFile]:
    """Run the hooks before an import, for each file, and answer what is imported in its place.

    Raises
    ------
    ImportRefused
        When a command with ``abort_on_error`` fails.
    FileRefused
        When nothing is there to take the place of a file.
    """
    before = [hook for hook in hooks if hook.when.startswith("before")]
    for file in files:
        found = [file]
        for hook in before:
            found = [new for each in found for new in _run_one(hook, each, warn)]
        yield from found


def run_after(hooks: Sequence[Hook], files: Sequence[ImportFile], warn: Callable[[str], None]) -> None:
    """Run the hooks after an import, for each file that was imported; a command that fails is a warning."""
    for hook in hooks:
        if hook.when.startswith("after"):
            for file in files:
                _run_one(hook, file, warn)


def _run_one(hook: Hook, file: ImportFile, warn: Callable[[str], None]) -> list[ImportFile]:
    if hook.cmd.strip():
        command, values = command_of(hook.cmd, file)
        done = subprocess.run(  # noqa: S602 - hooks are commands of the shell; values come by its environment
            command, shell=True, env={**os.environ, **values}, capture_output=True, text=True, check=False
        )
        if done.returncode:
            last = (done.stderr or done.stdout).strip().splitlines()[-1:] or ["it said nothing"]
            message = f"hook '{hook.description or hook.cmd}' failed for {file.path} ({done.returncode}): {last[0]}"
            if hook.abort_on_error:
                raise ImportRefused(message, locator="hooks")
            warn(message)
    if not hook.replace_path:
        return [file]
    return [
        ImportFile(path, file.original or file.path) for text in hook.replace_path for path in _replaced(text, file)
    ]


def _replaced(template: str, file: ImportFile) -> list[str]:
    """The paths that a template of ``replace_path`` means: GDAL's names of subdatasets stand for themselves."""
    path = _EXPRESSION.sub(lambda found: _value(found[1], file), template)
    if not any(letter in path for letter in "*?["):
        return [path]
    paths = sorted(glob(path))  # noqa: PTH207 - the pattern is absolute or relative
    if not paths:
        raise FileRefused(f"hooks.replace_path: no file matches '{path}' for {file.path}", locator=file.path)
    return paths


def _value(name: str, file: ImportFile) -> str:
    parts = tuple(name.split(":"))
    return file_value(("file", *parts[1:]) if parts[0] == "imported_file" else parts, file)


def command_of(text: str, file: ImportFile) -> tuple[str, dict[str, str]]:
    """A command of the shell with variables in the place of expressions, and their values.

    >>> command_of("ls ${file:name}", ImportFile("/a b/c;d"))
    ('ls "${EOXS_0}"', {'EOXS_0': 'c;d'})
    """
    values: dict[str, str] = {}
    command, quote, position = "", "", 0
    for found in _EXPRESSION.finditer(text):
        between = text[position : found.start()]
        quote = _quote_after(between, quote)
        variable = f"EOXS_{len(values)}"
        values[variable] = _value(found[1], file)
        shown = f"${{{variable}}}"
        command += between + {"": f'"{shown}"', '"': shown, "'": f"'\"{shown}\"'"}[quote]
        position = found.end()
    return command + text[position:], values


def _quote_after(text: str, quote: str) -> str:
    """In which quotes of the shell one is after some text that begins inside ``quote``."""
    skip = False
    for letter in text:
        if skip:
            skip = False
        elif letter == "\\" and quote != "'":
            skip = True
        elif not quote and letter in "'\"":
            quote = letter
        elif letter == quote:
            quote = ""
    return quote
