# SPDX-License-Identifier: MIT
"""docs/hooks.md, held to the hook specifications; every example in it is loaded as a plugin."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from types import ModuleType

import pytest

from eoxserver.plugins import Plugins, hookspecs
from eoxserver.plugins.registry import KINDS, Kind

pytestmark = pytest.mark.docs

HOOKS = sorted(hookspecs.__all__)


def arguments(name: str) -> list[str]:
    return list(inspect.signature(getattr(hookspecs, name)).parameters)


def sections(root: Path) -> dict[str, str]:
    """Answer the text under each ``### `` heading by the heading."""
    parts = re.split(r"^### (.*)$", (root / "docs" / "hooks.md").read_text(), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def example(root: Path, name: str) -> ModuleType:
    """Answer the example of a hook, run as a module."""
    text = sections(root)[f"{name}({', '.join(arguments(name))})"]
    source = re.search(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    assert source is not None
    module = ModuleType(f"example_of_{name}")
    exec(compile(source[1], f"docs/hooks.md: {name}", "exec"), module.__dict__)
    return module


def test_every_hook_is_documented_with_its_arguments_and_nothing_else(root: Path) -> None:
    assert sorted(sections(root)) == [f"{name}({', '.join(arguments(name))})" for name in HOOKS]


@pytest.mark.parametrize("name", HOOKS)
def test_documentation_says_what_the_specification_says(name: str, root: Path) -> None:
    sentence = str(getattr(hookspecs, name).__doc__).partition("\n\n")[0].replace("``", "`")
    text = sections(root)[f"{name}({', '.join(arguments(name))})"]
    assert " ".join(sentence.split()).rstrip(".") in " ".join(text.split())


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.plural)
def test_documentation_names_what_a_component_needs(kind: Kind, root: Path) -> None:
    text = sections(root)[f"{kind.hook}()"].partition("```")[0]
    for name in {"key"} | {name for names in kind.required for name in names}:
        assert f"`{name}`" in text


@pytest.mark.parametrize("name", HOOKS)
def test_example_is_a_sound_plugin(name: str, root: Path) -> None:
    plugins = Plugins.from_modules([example(root, name)])
    (report,) = plugins.reports
    assert report.error is None
    assert report.hooks == (name,)
    if name != "eoxs_authorize":
        assert len(plugins.registry(name.removeprefix("eoxs_"))) == len(report.components)


def test_example_of_authorize_decides(root: Path) -> None:
    plugins = Plugins.from_modules([example(root, "eoxs_authorize")])
    assert plugins.authorize(None, "read", "internal_a") is False
    assert plugins.authorize("ann", "read", "internal_a") is True
    assert plugins.authorize(None, "read", "a") is True
    assert plugins.authorize("ann", "insert", None) is False
