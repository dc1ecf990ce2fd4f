# SPDX-License-Identifier: MIT
"""The table of entry points in setup.cfg, held to the modules that implement hooks."""

from __future__ import annotations

import ast
import configparser
from importlib.metadata import entry_points
from pathlib import Path

from eoxserver.plugins import load_plugins
from eoxserver.plugins.manager import GROUP


def table(root: Path) -> dict[str, str]:
    """Answer name -> module of the plugins in setup.cfg."""
    setup = configparser.ConfigParser()
    setup.read(root / "setup.cfg")
    lines = setup["options.entry_points"][GROUP].strip().splitlines()
    pairs = [line.split("=") for line in lines if line.strip() and not line.startswith("#")]
    names = [name.strip() for name, _ in pairs]
    assert len(names) == len(set(names)), "a name stands twice"
    return {name.strip(): module.strip() for name, module in pairs}


def implements_hooks(path: Path) -> bool:
    """Say whether a module has a function marked ``@hookimpl``."""
    return any(
        "hookimpl" in ast.unparse(decorator)
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef)
        for decorator in node.decorator_list
    )


def test_table_equals_the_modules_that_implement_hooks(root: Path) -> None:
    modules = {
        ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
        for path in (root / "eoxserver").rglob("*.py")
        if implements_hooks(path)
    }
    assert set(table(root).values()) == modules


def test_installed_table_is_the_one_in_setup_cfg(root: Path) -> None:
    installed = {
        point.name: point.module
        for point in entry_points(group=GROUP)
        if point.dist is not None and point.dist.name == "eoxserver"
    }
    assert installed == table(root), "setup.cfg changed since the installation; run: pip install -e . (make setup)"


def test_every_plugin_of_ours_loads_whole() -> None:
    ours = [report for report in load_plugins().reports if report.distribution == "eoxserver"]
    assert [(report.name, report.error) for report in ours if not report.ok] == []
