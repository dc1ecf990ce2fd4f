# SPDX-License-Identifier: MIT
"""Pictures that a document both makes and shows: a file that its blocks write, under the name of one in docs/images.

``python -m tests.docs.pictures docs/wcps-tutorial.md`` makes those of a document anew.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from tests.docs.places import Places
from tests.docs.running import ROOT, Database, Session, blocks

__all__ = ["check_pictures", "pictures"]

SHOWN = re.compile(r"!\[[^\]]*\]\((?!https?://)([^)#\s]+\.png)\)")
NEAR = 2
"""How far a colour may be from the one that is shown: releases of numpy round alike, but not always."""


def pictures(document: Path, folder: Path) -> Iterator[tuple[Path, Path]]:
    """Each picture of a document of which its blocks left one in a folder: the one that is shown, the one they made."""
    for target in SHOWN.findall(document.read_text()):
        shown = document.parent / target
        if (folder / shown.name).exists():
            yield shown, folder / shown.name


def check_pictures(document: Path, folder: Path) -> None:
    """Fail unless the pictures of a document are what its blocks made."""
    for shown, made in pictures(document, folder):
        found, wanted = (np.asarray(Image.open(path).convert("RGBA"), dtype="i2") for path in (made, shown))
        assert found.shape == wanted.shape, f"{shown.name} has another size"
        assert np.abs(found - wanted).max() <= NEAR, f"{shown.name} is not what is made now"


def _no_database() -> Database:
    raise AssertionError("documents with pictures need no PostgreSQL server")


def _main(name: str) -> None:
    document = ROOT / name
    with tempfile.TemporaryDirectory() as made, tempfile.TemporaryDirectory() as served:
        session = Session(Path(made), _no_database, Places(Path(served)))
        for block in blocks(document.read_text()):
            session.run(block)
        session.close()
        for target in SHOWN.findall(document.read_text()):
            shown = document.parent / target
            shown.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(Path(made) / shown.name, shown)


if __name__ == "__main__":
    _main(*sys.argv[1:])
