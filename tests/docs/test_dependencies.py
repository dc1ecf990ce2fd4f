# SPDX-License-Identifier: MIT
"""docs/dependencies.md and constraints.txt, held to setup.cfg."""

from __future__ import annotations

import configparser
import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.docs


def setup(root: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser()
    parser.read(root / "setup.cfg")
    return parser


def names(requirements: str) -> list[str]:
    lines = [line.strip() for line in requirements.splitlines()]
    return [re.split(r"[\[<>=!~; ]", line)[0] for line in lines if line and not line.startswith("#")]


def extras(root: Path) -> dict[str, list[str]]:
    return {extra: names(text) for extra, text in setup(root)["options.extras_require"].items()}


def test_every_dependency_has_its_reason(root: Path) -> None:
    table = (root / "docs" / "dependencies.md").read_text()
    cells = {name for row in re.findall(r"^\| (.*?) \|", table, re.MULTILINE) for name in re.findall(r"`(.*?)`", row)}
    assert cells == set(names(setup(root)["options"]["install_requires"])) | set(extras(root))


def test_every_dependency_is_pinned(root: Path) -> None:
    pins = set(re.findall(r"^([a-z0-9-]+)==", (root / "constraints.txt").read_text(), re.MULTILINE))
    every = names(setup(root)["options"]["install_requires"]) + [
        name for all_ in extras(root).values() for name in all_
    ]
    assert {re.sub(r"[-_.]+", "-", name).lower() for name in every} - {"eoxserver"} <= pins


def test_extra_all_is_all_that_the_server_can_use(root: Path) -> None:
    found = setup(root)["options.extras_require"]
    everything = re.search(r"\[(.*)\]", found["all"])
    assert everything is not None
    assert set(everything[1].split(",")) == set(found) - {"all", "test", "lint", "docs", "dev"}
