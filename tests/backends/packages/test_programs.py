# SPDX-License-Identifier: MIT
"""Archives that the programs zip and tar make, from the same files."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from eoxserver.backends.packages.base import PackageInterface
from eoxserver.backends.packages.tar import TarPackage
from eoxserver.backends.packages.zip import ZipPackage
from eoxserver.conf.schema import default_settings
from eoxserver.core.errors import PackageBroken

pytestmark = pytest.mark.integration

Program = Callable[[str], str]

LONG = "/".join(["a folder of a long name"] * 8)


@pytest.fixture
def files(tmp_path: Path) -> dict[str, bytes]:
    """Files of all kinds below ``tree``, by name."""
    made = {
        "a.txt": b"one",
        "empty": b"",
        "März/Ω b.bin": b"".join(number.to_bytes(3) for number in range(100_000)),
        "zeros.bin": bytes(3_000_000),
        f"{LONG}/deep.txt": b"deep",
    }
    for name, content in made.items():
        path = tmp_path / "tree" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return made


def run(folder: Path, program: str, *arguments: str) -> None:
    subprocess.run([program, *arguments], cwd=folder, check=True, capture_output=True)


def check(package: PackageInterface, files: dict[str, bytes], tmp_path: Path) -> None:
    """Every file is listed, and extracted as it was."""
    assert list(package.list_files()) == sorted(files)
    for number, (name, content) in enumerate(files.items()):
        folder = tmp_path / f"unpacked{number}"
        folder.mkdir()
        assert Path(package.extract(name, folder)).read_bytes() == content


@pytest.mark.parametrize("options", [["-0"], ["-9"], ["-Z", "bzip2"], ["-fz"], ["-fd"], ["-D"]])
def test_zip(program: Program, files: dict[str, bytes], tmp_path: Path, options: Sequence[str]) -> None:
    run(tmp_path / "tree", program("zip"), "-q", "-r", *options, "../a.zip", ".")
    check(ZipPackage(str(tmp_path / "a.zip"), default_settings()), files, tmp_path)


def test_zip_into_a_pipe(program: Program, files: dict[str, bytes], tmp_path: Path) -> None:
    """Sizes and checksums then stand behind the members."""
    with (tmp_path / "a.zip").open("wb") as target:
        subprocess.run([program("zip"), "-q", "-r", "-", "."], cwd=tmp_path / "tree", check=True, stdout=target)
    check(ZipPackage(str(tmp_path / "a.zip"), default_settings()), files, tmp_path)


def test_zip_with_links(program: Program, files: dict[str, bytes], tmp_path: Path) -> None:
    (tmp_path / "tree" / "link").symlink_to("/etc/passwd")
    run(tmp_path / "tree", program("zip"), "-q", "-r", "-y", "../a.zip", ".")
    check(ZipPackage(str(tmp_path / "a.zip"), default_settings()), files, tmp_path)


def test_zip_behind_a_program(program: Program, files: dict[str, bytes], tmp_path: Path) -> None:
    run(tmp_path / "tree", program("zip"), "-q", "-r", "../a.zip", ".")
    whole = b"#!/bin/sh\n" * 1000 + (tmp_path / "a.zip").read_bytes()
    (tmp_path / "a.zip").write_bytes(whole)
    check(ZipPackage(str(tmp_path / "a.zip"), default_settings()), files, tmp_path)
    run(tmp_path, program("zip"), "-q", "-A", "a.zip")
    assert (tmp_path / "a.zip").read_bytes() != whole, "the positions were not changed"
    for folder in tmp_path.glob("unpacked*"):
        folder.rename(tmp_path / f"before-{folder.name}")
    check(ZipPackage(str(tmp_path / "a.zip"), default_settings()), files, tmp_path)


def test_encrypted_members_are_told(program: Program, files: dict[str, bytes], tmp_path: Path) -> None:
    run(tmp_path / "tree", program("zip"), "-q", "-r", "-P", "secret", "../a.zip", ".")
    package = ZipPackage(str(tmp_path / "a.zip"), default_settings())
    assert list(package.list_files()) == sorted(files)
    folder = tmp_path / "unpacked"
    folder.mkdir()
    with pytest.raises(PackageBroken, match=r"a\.zip: member 'a\.txt' is encrypted"):
        package.extract("a.txt", folder)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("form", ["v7", "oldgnu", "gnu", "ustar", "posix"])
@pytest.mark.parametrize("option", ["", "--gzip", "--bzip2", "--xz", "--zstd"])
def test_tar(program: Program, files: dict[str, bytes], tmp_path: Path, form: str, option: str) -> None:
    if option:
        program({"--gzip": "tar"}.get(option, option.removeprefix("--")))
    if form == "v7":
        files = {name: content for name, content in files.items() if not name.startswith("a folder")}
    run(tmp_path / "tree", program("tar"), "-c", f"--format={form}", *filter(None, [option]), "-f", "../a.tar",
        *files)  # fmt: skip
    check(TarPackage(str(tmp_path / "a.tar"), default_settings()), files, tmp_path)


@pytest.mark.parametrize("form", ["oldgnu", "gnu", "posix --sparse-version=0.0", "posix --sparse-version=0.1",
                                  "posix --sparse-version=1.0"])  # fmt: skip
def test_tar_of_files_with_holes(program: Program, tmp_path: Path, form: str) -> None:
    path = tmp_path / "tree" / "holes.bin"
    path.parent.mkdir()
    with path.open("wb") as target:
        for number in range(60):
            target.seek(number * 100_000)
            target.write(b"%d" % number * 2000)
        target.truncate(7_000_000)
    if path.stat().st_blocks * 512 >= path.stat().st_size:
        pytest.skip("the file system keeps no holes")
    run(tmp_path / "tree", program("tar"), "-c", "-S", *f"--format={form}".split(), "-f", "../a.tar", ".")
    assert (tmp_path / "a.tar").stat().st_size < 2_000_000, "tar kept the holes"
    check(TarPackage(str(tmp_path / "a.tar"), default_settings()), {"holes.bin": path.read_bytes()}, tmp_path)


def test_tar_of_links_and_pipes(program: Program, files: dict[str, bytes], tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    (tree / "symbolic").symlink_to("a.txt")
    os.link(tree / "a.txt", tree / "hard")
    os.mkfifo(tree / "pipe")
    run(tree, program("tar"), "-c", "-f", "../a.tar", ".")
    check(TarPackage(str(tmp_path / "a.tar"), default_settings()), {**files, "hard": b"one"}, tmp_path)


def test_tar_that_grew(program: Program, files: dict[str, bytes], tmp_path: Path) -> None:
    run(tmp_path / "tree", program("tar"), "-c", "-f", "../a.tar", *files)
    (tmp_path / "tree" / "a.txt").write_bytes(b"newer")
    run(tmp_path / "tree", program("tar"), "-r", "-f", "../a.tar", "a.txt")
    check(TarPackage(str(tmp_path / "a.tar"), default_settings()), {**files, "a.txt": b"newer"}, tmp_path)


@pytest.mark.parametrize("options", [["-19", "--long=27"], ["--no-check"], ["-1", "-T2"]])
def test_tar_compressed_by_zstd(program: Program, files: dict[str, bytes], tmp_path: Path, options: list[str]) -> None:
    run(tmp_path / "tree", program("tar"), "-c", "-f", "../a.tar", ".")
    run(tmp_path, program("zstd"), "-q", *options, "a.tar", "-o", "a.tar.zst")
    check(TarPackage(str(tmp_path / "a.tar.zst"), default_settings()), files, tmp_path)


def test_tar_with_absolute_names(program: Program, files: dict[str, bytes], tmp_path: Path) -> None:
    run(tmp_path / "tree", program("tar"), "-c", "-P", "-f", "../a.tar", str(tmp_path / "tree" / "empty"), "a.txt")
    check(TarPackage(str(tmp_path / "a.tar"), default_settings()), {"a.txt": files["a.txt"]}, tmp_path)
