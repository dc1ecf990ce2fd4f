# SPDX-License-Identifier: MIT
"""The distributions of ``examples/``, each installed in an environment of its own: nothing is fetched."""

from __future__ import annotations

import os
import shutil
import site
import subprocess
import sys
import venv
from pathlib import Path

__all__ = ["installed", "run"]


def installed(root: Path, folder: Path, name: str) -> Path:
    """The Python of an environment in ``folder`` with an example, which finds everything else where it is.

    A copy of the example is ``folder / "source"``.
    """
    venv.create(folder / "env", symlinks=True)
    python = folder / "env" / "bin" / "python"
    (packages,) = (folder / "env").glob("lib/python*/site-packages")
    lines = (f"import site; site.addsitedir({path!r})\n" for path in site.getsitepackages())
    (packages / "shared.pth").write_text("".join(lines))
    source = shutil.copytree(root / "examples" / name, folder / "source")
    install = ("install", "-q", "--no-deps", "--no-index", "--no-build-isolation", "--disable-pip-version-check")
    run(sys.executable, "-m", "pip", "--python", python, *install, source)
    return python


def run(*words: str | Path, folder: Path | None = None) -> str:
    """Run a program that must succeed; answers what it prints."""
    # Nothing of who runs the tests: no other repository, instance or packages.
    kept = {name: text for name, text in os.environ.items() if not name.startswith(("GIT_", "EOX", "PYTHON", "PYTEST"))}
    done = subprocess.run(
        [str(word) for word in words], cwd=folder, env=kept, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    return done.stdout
