# SPDX-License-Identifier: MIT
"""Instances and commands for tests."""

from __future__ import annotations

import gc
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from eoxserver.app.administration import make_instance
from eoxserver.app.django_setup import close_connections, reconfigure
from eoxserver.cli import main
from eoxserver.conf.reader import load_settings


@dataclass(frozen=True)
class Commands:
    """Runs commands in this process, on one instance."""

    instance: Path

    def __call__(self, *words: str | Path) -> Result:
        """Run a command; an exception that is no exit fails the test."""
        try:
            result = CliRunner().invoke(main, [str(word) for word in words], prog_name="eoxserver")
        finally:
            gc.unfreeze()  # this process goes on, and others' garbage is in it
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    def ok(self, *words: str | Path) -> str:
        """Run a command that must succeed; answers its standard output."""
        result = self(*words)
        assert result.exit_code == 0, result.output
        return result.stdout

    def json(self, *words: str | Path) -> Any:
        """Run a command that must succeed and writes JSON."""
        return json.loads(self.ok(*words, "--json"))

    def fails(self, *words: str | Path, code: int = 1) -> str:
        """Run a command that must fail; answers its standard error, which has no traceback."""
        result = self(*words)
        assert result.exit_code == code, result.output
        assert "Traceback" not in result.stderr
        return result.stderr


@pytest.fixture(scope="session")
def template_instance(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty instance, to be copied."""
    paths = make_instance("tests", tmp_path_factory.mktemp("instances") / "template").paths
    close_connections()
    return paths.root


@pytest.fixture
def eoxserver(template_instance: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Commands]:
    """Commands on an empty instance, in a folder of their own."""
    instance = tmp_path / "instance"
    shutil.copytree(template_instance, instance)
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    monkeypatch.setenv("EOXSERVER_INSTANCE", str(instance))
    reconfigure(load_settings(instance))
    yield Commands(instance)
    close_connections()
