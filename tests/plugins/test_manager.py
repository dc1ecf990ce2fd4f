# SPDX-License-Identifier: MIT
"""Tests of eoxserver.plugins.manager with distributions on sys.path that are not ours."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from eoxserver import hookimpl
from eoxserver.core.errors import DuplicateKey, PluginError, UnknownKey
from eoxserver.plugins import PluginReport, Plugins, load_from_environ, load_plugins
from tests.plugins.distributions import GOOD, Distribution, storage_module

Install = Callable[[Distribution], None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Answer a function that installs a distribution for the time of the test."""
    before = set(sys.modules)
    monkeypatch.syspath_prepend(tmp_path)
    yield lambda distribution: distribution.install(tmp_path)
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]


def report(plugins: Plugins, name: str) -> PluginReport:
    return next(report for report in plugins.reports if report.name == name)


def test_component_of_a_stranger_is_found(install: Install) -> None:
    install(GOOD)
    plugins = load_plugins()
    assert plugins.storages["toy"].key == "toy"
    assert "toy" in plugins.storages
    assert plugins.storages.origin("toy") == "toy-storage 2.5 (module toy_storage)"
    found = report(plugins, "storage-toy")
    assert found.ok
    assert (found.distribution, found.version, found.module) == ("toy-storage", "2.5", "toy_storage")
    assert found.hooks == ("eoxs_storages",)
    assert found.components == ("storages:toy",)


BROKEN = {
    "import": ("import not_there_at_all", "ModuleNotFoundError: No module named 'not_there_at_all'"),
    "exit": ("raise SystemExit(3)", "SystemExit: 3"),
    "syntax": ("def (", "SyntaxError"),
    "hook": (
        """
        from eoxserver import hookimpl
        @hookimpl
        def eoxs_storages():
            raise OSError("disk on fire")
        """,
        "eoxs_storages: OSError: disk on fire",
    ),
    "misspelt": (
        """
        from eoxserver import hookimpl
        @hookimpl
        def eoxs_storage():
            return []
        """,
        "unknown hook 'eoxs_storage'; did you mean 'eoxs_storages'?",
    ),
    "argument": (
        """
        from eoxserver import hookimpl
        @hookimpl
        def eoxs_authorize(who):
            return True
        """,
        "Argument(s) {'who'} are declared in the hookimpl but can not be found in the hookspec",
    ),
    "unmarked": ("def eoxs_storages(): return []", "it implements no hook; mark its functions with @hookimpl"),
    "none": (
        """
        from eoxserver import hookimpl
        @hookimpl
        def eoxs_readers():
            return None
        """,
        "eoxs_readers returned None; a list of classes is needed",
    ),
    "text": (
        """
        from eoxserver import hookimpl
        @hookimpl
        def eoxs_readers():
            return "GDAL"
        """,
        "eoxs_readers returned 'GDAL'; a list of classes is needed",
    ),
    "instance": (
        """
        from eoxserver import hookimpl
        @hookimpl
        def eoxs_packages():
            return [42]
        """,
        "eoxs_packages returned 42 among its components; a class is needed, not an instance",
    ),
    "keyless": (
        """
        from eoxserver import hookimpl
        class Encoder:
            def check(self): pass
            def encode(self): pass
        @hookimpl
        def eoxs_encoders():
            return [Encoder]
        """,
        "encoder class Encoder needs a class attribute 'key', a text; it is None",
    ),
    "incomplete": (
        """
        from eoxserver import hookimpl
        class Half:
            key = "half"
            def validate(self): pass
        @hookimpl
        def eoxs_storages():
            return [Half]
        """,
        "storage class Half lacks connect; needed: validate, retrieve, list_files or validate, connect",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_plugin_is_reported_and_the_rest_works(
    case: str, install: Install, caplog: pytest.LogCaptureFixture
) -> None:
    source, reason = BROKEN[case]
    install(GOOD)
    install(Distribution("a-broken", {"a_broken": source}, {"broken": "a_broken"}))
    plugins = load_plugins()
    broken = report(plugins, "broken")
    assert not broken.ok
    assert broken.error is not None
    assert reason in broken.error
    assert broken.components == ()
    assert plugins.storages["toy"].key == "toy"
    assert report(plugins, "storage-toy").ok
    assert any("broken" in record.getMessage() for record in caplog.records)
    assert plugins.authorize(None, "read", "a") is True


def test_missing_module_of_an_entry_point_is_reported(install: Install) -> None:
    install(Distribution("gone", {}, {"gone": "gone_module"}))
    assert report(load_plugins(), "gone").error == "ModuleNotFoundError: No module named 'gone_module'"


def test_sound_components_beside_an_unsound_one_are_kept(install: Install) -> None:
    source = """
        from eoxserver import hookimpl
        class Bad:
            key = " padded "
        class Good:
            key = "good"
            def extract(self): pass
            def list_files(self): pass
        @hookimpl
        def eoxs_packages():
            return (Bad, Good)
        """
    install(Distribution("mixed", {"mixed_packages": source}, {"mixed": "mixed_packages"}))
    plugins = load_plugins()
    assert "good" in plugins.packages
    mixed = report(plugins, "mixed")
    assert mixed.components == ("packages:good",)
    assert mixed.error == "package class Bad needs a class attribute 'key', a text; it is ' padded '"


def test_two_that_claim_one_key_stop_the_start_and_both_are_named(install: Install) -> None:
    install(GOOD)
    install(Distribution("other-toy", {"other_toy": storage_module("toy")}, {"other": "other_toy"}))
    with pytest.raises(DuplicateKey) as caught:
        load_plugins()
    assert "two plugins bring a storage 'toy'" in caught.value.message
    assert "toy-storage 2.5 (module toy_storage)" in caught.value.message
    assert "other-toy 1.0 (module other_toy)" in caught.value.message
    assert caught.value.locator == "toy"
    assert load_plugins(only=["other"]).storages.origin("toy") == "other-toy 1.0 (module other_toy)"


def test_one_module_under_two_names_is_loaded_once(install: Install) -> None:
    install(Distribution("twice", {"twice_storage": storage_module("t")}, {"a": "twice_storage", "b": "twice_storage"}))
    plugins = load_plugins()
    assert report(plugins, "a").ok
    assert report(plugins, "b").error == "the same module is already loaded as another plugin"


def test_unknown_key_says_what_did_not_load(install: Install) -> None:
    install(Distribution("a-broken", {"a_broken": "import not_there_at_all"}, {"broken": "a_broken"}))
    with pytest.raises(
        UnknownKey, match=r"no storage 'nix'.*did not load: .*broken of a-broken 1.0 \(module a_broken\)"
    ):
        load_plugins().storages["nix"]


def test_only_restricts_by_plugin_or_distribution_and_imports_nothing_else(install: Install) -> None:
    install(GOOD)
    install(Distribution("noisy", {"noisy_plugin": "raise AssertionError('imported')"}, {"noisy": "noisy_plugin"}))
    for name in ("storage-toy", "toy-storage"):
        plugins = load_plugins(only=[name])
        assert [report.name for report in plugins.reports] == ["storage-toy"]
        assert list(plugins.storages) == ["toy"]
    assert "noisy_plugin" not in sys.modules


def test_only_with_an_unknown_name_is_refused(install: Install) -> None:
    install(GOOD)
    with pytest.raises(
        PluginError, match="no plugin or distribution 'storage-toi' is installed; did you mean"
    ) as caught:
        load_plugins(only=["storage-toi"])
    assert caught.value.locator == "storage-toi"


def test_required_plugin_must_be_there_and_load(install: Install) -> None:
    install(GOOD)
    install(Distribution("guard", {"guard_plugin": "1 / 0"}, {"guard": "guard_plugin"}))
    assert load_plugins(required=["storage-toy"]).storages["toy"]
    with pytest.raises(PluginError, match="the required plugin 'guard' did not load: ZeroDivisionError"):
        load_plugins(required=["guard"])
    with pytest.raises(PluginError, match="no plugin or distribution 'gard' is installed"):
        load_plugins(required=["gard"])
    with pytest.raises(PluginError, match="the required plugin 'guard' is left out by EOXS_PLUGINS"):
        load_plugins(only=["storage-toy"], required=["guard"])


def test_strangers_come_after_ours_in_a_fixed_order(install: Install) -> None:
    for name in ("zeta", "alpha"):
        module = f"{name}_storage"
        install(Distribution(name, {module: storage_module(name)}, {f"storage-{name}": module}))
    plugins = load_plugins()
    owners = [report.distribution for report in plugins.reports]
    assert owners[-2:] == ["alpha", "zeta"]
    assert set(owners[:-2]) <= {"eoxserver"}
    assert list(plugins.storages)[-2:] == ["alpha", "zeta"]


class Guard:
    """Decides about one coverage only."""

    def __init__(self, answer: object) -> None:
        self.answer = answer

    @hookimpl
    def eoxs_authorize(self, action: str, coverage_id: str | None) -> object:
        return self.answer if coverage_id == "secret" else None


def test_authorize_asks_plugins_and_reads_by_default() -> None:
    plugins = Plugins.from_modules([Guard(False)])
    assert plugins.authorize("ann", "read", "open") is True
    assert plugins.authorize("ann", "insert", "open") is False
    assert plugins.authorize("ann", "read", None) is True
    assert plugins.authorize("ann", "read", "secret") is False
    assert Plugins.from_modules([Guard(True)]).authorize("ann", "delete", "secret") is True


def test_authorize_refuses_an_answer_that_is_no_decision() -> None:
    plugins = Plugins.from_modules([Guard("yes")])
    with pytest.raises(PluginError, match="must answer True, False or None; a plugin answered 'yes'"):
        plugins.authorize("ann", "read", "secret")


def test_an_error_in_authorize_never_lets_anybody_in() -> None:
    class Failing:
        @hookimpl
        def eoxs_authorize(self) -> bool:
            raise ConnectionError("no directory server")

    with pytest.raises(ConnectionError):
        Plugins.from_modules([Failing()]).authorize("ann", "read", "a")


def test_registry_by_name() -> None:
    plugins = Plugins.from_modules([])
    assert plugins.registry("readers") is plugins.readers
    with pytest.raises(PluginError, match="no kind of component is called 'reader'; did you mean 'readers'"):
        plugins.registry("reader")


def test_trace_writes_calls_and_results() -> None:
    stream = io.StringIO()
    plugins = Plugins.from_modules([Guard(True)], trace=stream)
    plugins.authorize("ann", "read", "secret")
    assert "eoxs_authorize(actor='ann', action='read', coverage_id='secret')\n" in stream.getvalue()
    assert "eoxs_authorize -> True   [" in stream.getvalue()


def test_trace_shows_a_failing_hook() -> None:
    class Failing:
        @hookimpl
        def eoxs_readers(self) -> list[type]:
            raise OSError("gone")

    stream = io.StringIO()
    Plugins.from_modules([Failing()], trace=stream)
    assert "eoxs_readers -> raised OSError('gone')" in stream.getvalue()


def test_environment_restricts_and_traces(install: Install, capsys: pytest.CaptureFixture[str]) -> None:
    install(GOOD)
    plugins = load_from_environ({"EOXS_PLUGINS": " storage-toy ,", "EOXS_TRACE_HOOKS": "1"})
    assert list(plugins.storages) == ["toy"]
    assert "eoxs_storages -> " in capsys.readouterr().err
    load_from_environ({"EOXS_PLUGINS": "storage-toy", "EOXS_TRACE_HOOKS": "0"})
    assert capsys.readouterr().err == ""


@pytest.mark.integration
def test_a_fresh_interpreter_finds_the_distribution(tmp_path: Path) -> None:
    GOOD.install(tmp_path)
    code = "from eoxserver.plugins import load_plugins as l; print(l(['toy-storage']).storages['toy'].__module__)"
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r}); {code}"]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "toy_storage\n"
