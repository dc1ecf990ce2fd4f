# SPDX-License-Identifier: MIT
"""Distributions made for a test: a folder with modules and a ``.dist-info``, as an installer would leave them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

__all__ = ["GOOD", "Distribution", "storage_module"]


@dataclass(frozen=True, slots=True)
class Distribution:
    """A distribution of one or more modules that names plugins."""

    name: str
    modules: Mapping[str, str]
    """Module name -> source."""
    entry_points: Mapping[str, str]
    """Name of the plugin -> module."""
    version: str = "1.0"

    def install(self, folder: Path) -> None:
        """Write it into a folder that is on ``sys.path``."""
        for module, source in self.modules.items():
            (folder / f"{module}.py").write_text(dedent(source))
        info = folder / f"{self.name.replace('-', '_')}-{self.version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {self.name}\nVersion: {self.version}\n")
        lines = [f"{name} = {module}" for name, module in self.entry_points.items()]
        (info / "entry_points.txt").write_text("[eoxserver.plugins]\n" + "\n".join(lines) + "\n")


def storage_module(key: str) -> str:
    """Answer the source of a module that brings one sound storage."""
    return f"""
        from eoxserver import hookimpl

        class ToyStorage:
            key = "{key}"
            def validate(self, url): return None
            def retrieve(self, url, location, path): return path
            def list_files(self, url): return []

        @hookimpl
        def eoxs_storages():
            return [ToyStorage]
        """


GOOD = Distribution("toy-storage", {"toy_storage": storage_module("toy")}, {"storage-toy": "toy_storage"}, "2.5")
"""A third party's storage ``toy``."""
