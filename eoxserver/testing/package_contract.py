# SPDX-License-Identifier: MIT
"""The contract of a package (``backends.packages.base``)."""

from __future__ import annotations

import io
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from eoxserver.backends.packages.base import Archive, PackageInterface, StreamPackageInterface
from eoxserver.conf.schema import default_settings
from eoxserver.core.errors import AccessDenied, DataUnavailable, ItemMissing, PackageBroken
from eoxserver.testing.storage_contract import FILES

__all__ = ["PackageContract"]


class PackageContract:
    """Tests that every package passes.

    Formats whose members are read through streams (``StreamPackageInterface``) are tested for that as well.
    """

    def make_package(self, files: Mapping[str, bytes], folder: Path) -> PackageInterface:
        """Answer a package that holds these files, in an archive of its own below ``folder``, an empty folder."""
        raise NotImplementedError

    @pytest.fixture
    def package(self, tmp_path: Path) -> PackageInterface:
        """The package under test."""
        (tmp_path / "archive").mkdir()
        return self.make_package(FILES, tmp_path / "archive")

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        """Where a member is put."""
        made = tmp_path / "unpacked"
        made.mkdir()
        return made

    @pytest.fixture
    def archive(self, package: PackageInterface, tmp_path: Path) -> Path:
        """The file of the package under test."""
        (found,) = (path for path in (tmp_path / "archive").rglob("*") if path.is_file())
        return found

    def test_it_has_the_methods_and_a_key(self, package: PackageInterface) -> None:
        """The interface is there."""
        assert isinstance(package, PackageInterface)
        assert type(package).key == type(package).key.strip().upper() != ""

    @pytest.mark.parametrize("location", list(FILES))
    def test_a_member_is_extracted_whole(self, package: PackageInterface, folder: Path, location: str) -> None:
        """``extract`` answers a file in the folder with the bytes and the last part of the name of the member."""
        path = Path(package.extract(location, folder))
        assert path == folder / location.rpartition("/")[2]
        assert path.read_bytes() == FILES[location]

    def test_a_second_extract_gives_the_same_bytes(self, package: PackageInterface, folder: Path) -> None:
        """A file that is already there does no harm."""
        (folder / "a.txt").write_bytes(b"left behind by one that was interrupted")
        for _ in range(2):
            assert Path(package.extract("a.txt", folder)).read_bytes() == FILES["a.txt"]

    def test_files_stay_in_their_folder(self, package: PackageInterface, folder: Path, tmp_path: Path) -> None:
        """Nothing is written beside the folder that was given, and one file in it."""
        before = set(tmp_path.rglob("*"))
        package.extract("folder/b.bin", folder)
        assert set(tmp_path.rglob("*")) - before == {folder / "b.bin"}

    @pytest.mark.parametrize("location", ["folder/gone.txt", "folder", "b.bin", "A.TXT", ""])
    def test_a_missing_member_is_named(self, package: PackageInterface, folder: Path, location: str) -> None:
        """``ItemMissing`` names the archive and the member, and nothing is written; a folder is no member."""
        with pytest.raises(ItemMissing) as caught:
            package.extract(location, folder)
        assert location in caught.value.message
        assert list(folder.iterdir()) == []

    @pytest.mark.parametrize(
        "location", ["../secret.txt", "folder/../../secret.txt", "/etc/passwd", "..", "a\0b", "..\\secret.txt"]
    )
    def test_no_name_leads_out(self, package: PackageInterface, folder: Path, location: str) -> None:
        """``AccessDenied``, or nothing of that name; and nothing is written."""
        (folder.parent / "secret.txt").write_text("secret")
        with pytest.raises((AccessDenied, DataUnavailable)):
            package.extract(location, folder)
        with pytest.raises((AccessDenied, DataUnavailable)):
            list(package.list_files(location))
        assert (folder.parent / "secret.txt").read_text() == "secret"
        assert list(folder.iterdir()) == []

    @pytest.mark.parametrize("name", ["../secret.txt", "/tmp/eoxserver-secret.txt", "folder/../../secret.txt"])  # noqa: S108
    def test_members_of_hostile_names_are_not_had(self, folder: Path, tmp_path: Path, name: str) -> None:
        """They are not listed, and not extracted; the others are."""
        (tmp_path / "hostile").mkdir()
        package = self.make_package({"good.txt": b"good", name: b"evil"}, tmp_path / "hostile")
        assert list(package.list_files()) == ["good.txt"]
        with pytest.raises((AccessDenied, DataUnavailable)):
            package.extract(name, folder)
        assert list(folder.iterdir()) == []
        assert Path(package.extract("good.txt", folder)).read_bytes() == b"good"

    def test_many_threads_extract_whole_members(self, package: PackageInterface, tmp_path: Path) -> None:
        """A package is used from many threads."""
        jobs = list(enumerate(location for _ in range(5) for location in FILES))
        for number, _ in jobs:
            (tmp_path / f"unpacked{number}").mkdir()
        with ThreadPoolExecutor(8) as pool:
            paths = pool.map(lambda job: package.extract(job[1], tmp_path / f"unpacked{job[0]}"), jobs)
            for (_, location), path in zip(jobs, paths, strict=True):
                assert Path(path).read_bytes() == FILES[location]

    def test_all_members_are_listed_in_order(self, package: PackageInterface) -> None:
        """``list_files`` without location lists everything."""
        assert list(package.list_files()) == sorted(FILES)

    def test_members_of_a_folder_are_listed(self, package: PackageInterface) -> None:
        """Those of folders below included."""
        assert list(package.list_files("folder")) == [name for name in sorted(FILES) if name.startswith("folder/")]
        assert list(package.list_files("folder/deeper")) == ["folder/deeper/e.txt"]

    def test_members_that_match_a_pattern_are_listed(self, package: PackageInterface) -> None:
        """``*`` stays in a folder, ``**`` does not; that nothing matches is no error."""
        assert list(package.list_files("*.txt")) == ["a.txt"]
        assert list(package.list_files("**/*.txt")) == [name for name in sorted(FILES) if name.endswith(".txt")]
        assert list(package.list_files("*.tif")) == []

    @pytest.mark.parametrize("location", ["nowhere", "fold", "a.txt"])
    def test_a_missing_folder_is_named(self, package: PackageInterface, location: str) -> None:
        """``ItemMissing`` names the folder; a member is no folder."""
        with pytest.raises(ItemMissing, match=location):
            list(package.list_files(location))

    def test_what_is_listed_can_be_extracted(self, package: PackageInterface, tmp_path: Path) -> None:
        """Locations of a list are locations."""
        for number, location in enumerate(package.list_files()):
            (tmp_path / str(number)).mkdir()
            assert Path(package.extract(location, tmp_path / str(number))).read_bytes() == FILES[location]

    def test_an_archive_without_members_is_one(self, folder: Path, tmp_path: Path) -> None:
        """It lists nothing, and has nothing."""
        (tmp_path / "empty").mkdir()
        package = self.make_package({}, tmp_path / "empty")
        assert list(package.list_files()) == []
        with pytest.raises(ItemMissing):
            package.extract("a.txt", folder)

    @pytest.mark.parametrize("content", [b"", b"no archive " * 500], ids=["empty", "junk"])
    def test_what_is_no_archive_is_told(self, package: PackageInterface, archive: Path, content: bytes) -> None:
        """``PackageBroken`` names the archive."""
        archive.write_bytes(content)
        other = type(package)(str(archive), default_settings())
        with pytest.raises(PackageBroken, match=archive.name):
            list(other.list_files())

    def test_a_truncated_archive_is_told(self, package: PackageInterface, archive: Path, folder: Path) -> None:
        """``PackageBroken`` names the archive, which has less than half of its bytes; nothing is left in the folder."""
        content = archive.read_bytes()
        for part in range(8):
            archive.write_bytes(content[: len(content) * part // 16])
            other = type(package)(str(archive), default_settings())
            with pytest.raises(PackageBroken, match=archive.name):
                list(other.list_files())
            with pytest.raises(PackageBroken, match=archive.name):
                other.extract("folder/b.bin", folder)
            assert list(folder.iterdir()) == []

    def test_an_archive_that_is_gone_is_told(self, package: PackageInterface, archive: Path, folder: Path) -> None:
        """``DataUnavailable`` names the archive."""
        archive.unlink()
        for step in (lambda: package.extract("a.txt", folder), lambda: list(package.list_files())):
            with pytest.raises(DataUnavailable, match=archive.name):
                step()

    def test_members_are_read_through_a_stream(self, package: PackageInterface, archive: Path) -> None:
        """``scan`` lists all, ``unpack`` gives their bytes, and ``locate`` where the stored ones lie."""
        kind = type(package)
        if not issubclass(kind, StreamPackageInterface):
            pytest.skip(f"{kind.__name__} reads local files only")
        content = archive.read_bytes()
        opened = Archive(io.BytesIO(content), "stream", default_settings())
        members = {member.name: member for member in kind.scan(opened)}
        assert sorted(members) == sorted(FILES)
        for name, member in reversed(members.items()):
            target = io.BytesIO()
            kind.unpack(opened, member, target)
            assert target.getvalue() == FILES[name]
            assert member.size == len(FILES[name])
            if member.stored:
                start = kind.locate(opened, member)
                assert content[start : start + member.size] == FILES[name]
                assert member.start in (None, start)
