# SPDX-License-Identifier: MIT
"""README and docs: every block is run or checked, every link leads somewhere."""

from __future__ import annotations

import configparser
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.backends.rasters import pattern, write
from tests.databases import Postgres
from tests.docs.pictures import check_pictures
from tests.docs.places import Places
from tests.docs.running import ROOT, Block, Session, blocks, check_output, check_syntax, commands
from tests.wcst_import.recipes.safeproducts import make_product

pytestmark = [pytest.mark.docs, pytest.mark.integration]

ELSEWHERE = {"docs/hooks.md", "docs/configuration.md", "docs/commands.md"}
"""Reference pages, whose blocks have tests of their own."""
DOCUMENTS = sorted(
    str(path.relative_to(ROOT)) for path in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md")) if path.is_file()
)
LINK = re.compile(r"\]\((?!https?://|#)([^)#\s]+)")


@dataclass(frozen=True)
class Server:
    """The PostgreSQL server of the tests, as documents see it."""

    postgres: Postgres

    def execute(self, statement: str) -> None:
        self.postgres.execute(statement)

    def location(self, database: str) -> str:
        return f"eoxserver:secret@/{database}?host={self.postgres.folder}"


@pytest.fixture
def session(
    request: pytest.FixtureRequest, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Session]:
    """A reader, who has two rasters and a product of Sentinel-2."""
    scenes, products = tmp_path / "scenes", tmp_path / "products"
    scenes.mkdir()
    products.mkdir()
    for name in ("a", "b"):
        write(scenes / f"{name}.tif", pattern((3, 40, 80)))
    make_product(products)
    places = Places(tmp_path_factory.mktemp("places"))
    session = Session(tmp_path, lambda: Server(request.getfixturevalue("postgres")), places)
    try:
        yield session
    finally:
        for _, server in session.servers:
            server.terminate()
            server.communicate()
        places.close()


@pytest.mark.parametrize("name", [name for name in DOCUMENTS if name not in ELSEWHERE])
def test_a_document_works_as_it_stands(name: str, session: Session) -> None:
    for block in blocks((ROOT / name).read_text()):
        try:
            session.run(block)
        except AssertionError as error:
            raise AssertionError(f"{name}, {block}: {error}") from error
    session.close()
    check_pictures(ROOT / name, session.folder)


@pytest.mark.parametrize(
    ("page", "folder", "example"),
    [
        ("write-a-plugin", "notes", "eoxserver-notes"),
        ("write-a-storage", "storage-demo", "eoxserver-storage-demo"),
        ("write-a-recipe", "recipe-demo", "eoxserver-recipe-demo"),
    ],
)
def test_the_example_is_the_one_of_the_page(root: Path, page: str, folder: str, example: str) -> None:
    text = (root / "docs" / "howto" / f"{page}.md").read_text()
    names = {block.words["file"]: block.text for block in blocks(text) if "file" in block.words}
    shown = {name.removeprefix(f"{folder}/"): text for name, text in names.items() if name.startswith(f"{folder}/")}
    source = root / "examples" / example
    files = [path.relative_to(source) for kind in ("*.py", "*.toml") for path in source.rglob(kind)]
    assert shown == {str(path): (source / path).read_text() for path in files if path.parts[0] != "build"}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_lead_somewhere(name: str) -> None:
    page = ROOT / name
    for target in LINK.findall(page.read_text()):
        assert (page.parent / target).exists(), f"{name} links to {target}"


def test_blocks_are_found_with_their_words() -> None:
    found = list(blocks("a\n```console exit=1\n$ x\n```\n\n  ```python file=a.py\n  b\n  ```\n```\nc\n```\n"))
    assert found == [
        Block("console", {"exit": "1"}, "$ x\n", 2),
        Block("python", {"file": "a.py"}, "b\n", 6),
        Block("", {}, "c\n", 9),
    ]


def test_commands_have_their_output() -> None:
    assert commands("$ a \\\n>  b\nx\n\ny\n$ c\n") == [("a  b", ["x", "y"]), ("c", [])]
    with pytest.raises(AssertionError):
        commands("x\n")


def test_output_is_compared_in_order() -> None:
    check_output("c", ["one ... three", "...", "four"], "zero\none two three\nfour\n")
    with pytest.raises(AssertionError, match="'four' is not"):
        check_output("c", ["four", "one"], "one\n")
    with pytest.raises(AssertionError, match="'one' is not"):
        check_output("c", ["four", "one"], "one\nfour\n")


@pytest.mark.parametrize(
    ("language", "text"),
    [("json", "{"), ("toml", "= 1"), ("ini", "a = 1"), ("nginx", "listen 80"), ("nginx", "server {"), ("perl", "1")],
)
def test_bad_syntax_is_found(language: str, text: str) -> None:
    with pytest.raises((AssertionError, ValueError, configparser.Error)):
        check_syntax(language, text)


def test_a_failing_block_fails(session: Session) -> None:
    with pytest.raises(AssertionError, match="ended with 1"):
        session.run(Block("sh", {}, "false\n", 1))
    with pytest.raises(AssertionError, match="ended with 1"):
        session.run(Block("python", {}, "raise ValueError\n", 1))
    with pytest.raises(AssertionError, match="'b' is not"):
        session.run(Block("python", {}, "print('a')\n#> b\n", 1))
    with pytest.raises(AssertionError, match="ended with 0"):
        session.run(Block("console", {"exit": "1"}, "$ true\n", 1))
    session.run(Block("text", {"file": "a/b.txt"}, "port 8000\n", 1))
    assert (session.folder / "a" / "b.txt").read_text() == f"port {session.port}\n"
