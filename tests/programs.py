# SPDX-License-Identifier: MIT
"""Which programs beside Python the tests use, where they are, and what is missing.

``python tests/programs.py`` (part of ``make test``) says what this machine lacks; the tests that need it are then
skipped with the same words. CI installs all of them (``.ci/run``).
"""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

__all__ = ["PROGRAMS", "Program", "find", "missing"]


@dataclass(frozen=True, slots=True)
class Program:
    """A program that some tests run."""

    name: str
    package: str
    """Debian package that has it."""
    what: str
    """Which tests need it."""
    folders: str = ""
    """Pattern of folders to look in beside ``PATH``."""


PROGRAMS = (
    Program("postgres", "postgresql-15", "catalogue tests on PostgreSQL", "/usr/lib/postgresql/*/bin"),
    Program("initdb", "postgresql-15", "catalogue tests on PostgreSQL", "/usr/lib/postgresql/*/bin"),
    Program("chromium", "chromium", "tests of the pages in a browser"),
    Program("gdalinfo", "gdal-bin", "tests with GDAL's WCS and WMS clients"),
    Program("gdal_translate", "gdal-bin", "tests with GDAL's WCS and WMS clients"),
    Program("curl", "curl", "tests that run the documentation"),
    Program("git", "git", "the example of a storage"),
    Program("zip", "zip", "archives as its makers make them"),
    Program("tar", "tar", "archives as its makers make them"),
    Program("bzip2", "bzip2", "compressed archives"),
    Program("xz", "xz-utils", "compressed archives"),
    Program("zstd", "zstd", "compressed archives"),
    Program("xmllint", "libxml2-utils", "validation of answers by a second tool"),
)


def find(name: str) -> str | None:
    """Answer the path of a program of the table, newest version first; None when the machine lacks it."""
    program = next(program for program in PROGRAMS if program.name == name)
    folders = sorted(Path("/").glob(program.folders.lstrip("/")), reverse=True) if program.folders else []
    for folder in folders:
        if (path := shutil.which(name, path=str(folder))) is not None:
            return path
    return shutil.which(name)


def missing() -> list[Program]:
    """Answer the programs of the table that this machine lacks."""
    return [program for program in PROGRAMS if find(program.name) is None]


def main() -> None:
    """Say what is missing, which tests are skipped for it, and how to get it."""
    lacking = missing()
    for program in lacking:
        sys.stdout.write(f"missing: {program.name}: {program.what} will be SKIPPED\n")
    if lacking:
        packages = " ".join(sorted({program.package for program in lacking}))
        sys.stdout.write(f"to run them too: apt-get install {packages}   (.ci/run does it by itself as root)\n")


if __name__ == "__main__":
    main()
