# SPDX-License-Identifier: MIT
"""Fixtures and rules for all tests."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling
from xdist.workermanage import WorkerController

from tests import programs, xmlschemas
from tests.databases import database, postgres, postgres_template, sqlite_template

# How fast a machine is says nothing of what is right. CI repeats the same examples, so that it judges the change and
# not the luck of a draw; elsewhere every run tries others.
settings.register_profile("eoxserver", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("eoxserver")

__all__ = ["database", "postgres", "postgres_template", "sqlite_template"]

KINDS = ("unit", "contract", "integration", "browser", "docs")
ROOT = Path(__file__).resolve().parent.parent
SHARED_OUT = ("tests/docs/test_documents.py", "tests/integration/test_wcps_fuzz.py")
"""Files of long tests that have nothing in common."""
FIRST = ("tests/docs/", "tests/integration/")
"""Folders of long tests."""


class FilesAndLongTests(LoadFileScheduling):  # type: ignore[misc]  # pytest-xdist has no types
    """Workers share the tests by files, but those of ``SHARED_OUT`` one by one, long ones first: all end together."""

    def _split_scope(self, nodeid: str) -> str:
        return nodeid if nodeid.startswith(SHARED_OUT) else super()._split_scope(nodeid)

    def _assign_work_unit(self, node: WorkerController) -> None:
        first = next((scope for scope in self.workqueue if scope.startswith(FIRST)), None)
        if first is not None:
            self.workqueue.move_to_end(first, last=False)
        super()._assign_work_unit(node)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadFileScheduling:
    """Answer who shares out the tests, of whatever ``--dist`` there is."""
    return FilesAndLongTests(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test that names no kind as ``unit``."""
    for item in items:
        if not any(item.get_closest_marker(kind) for kind in KINDS):
            item.add_marker(pytest.mark.unit)


@pytest.fixture(scope="session")
def root() -> Path:
    """Answer the top folder of the project."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """Answer the folder of real data and schemas that lies beside the project, or skip."""
    folder = Path(os.environ.get("EOXS_SHARED", ROOT.parent / "shared"))
    if not folder.is_dir():
        pytest.skip(f"no folder {folder}: real data and schemas are not on this machine (EOXS_SHARED names the folder)")
    return folder


@pytest.fixture(scope="session")
def program() -> Callable[[str], str]:
    """Answer a function: name of a program (tests/programs.py) -> its path, or skip."""

    def path(name: str) -> str:
        found = programs.find(name)
        if found is None:
            pytest.skip(f"this machine lacks the program {name}; see tests/programs.py")
        return found

    return path


@pytest.fixture(scope="session")
def validate_xml(shared: Path) -> xmlschemas.ValidateXml:
    """Answer a function: XML document -> its root element, once it has been found valid; or skip without schemas."""
    folder = shared / "schemas"
    if not folder.is_dir():
        pytest.skip(f"no folder {folder}: documents cannot be validated on this machine")
    return lambda document: xmlschemas.check(folder, document)
