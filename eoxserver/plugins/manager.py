# SPDX-License-Identifier: MIT
"""Finding plugins, loading each on its own, and reporting what came of it.

A plugin that fails - at import, in a hook, by a misspelt hook or an unsound component - is reported and left out; the
rest works. Two components that claim one key are an error at start-up.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from importlib.metadata import EntryPoint, entry_points
from typing import Any, TextIO

import pluggy

from eoxserver.core.errors import PluginError, suggest
from eoxserver.plugins import hookspecs
from eoxserver.plugins.markers import PROJECT
from eoxserver.plugins.registry import KINDS, Kind, Registered, Registry, component_fault

__all__ = ["GROUP", "PluginReport", "Plugins", "load_from_environ", "load_plugins"]

GROUP = "eoxserver.plugins"
"""Entry-point group in which distributions name their plugins."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PluginReport:
    """What came of one plugin; ``eoxserver plugins`` and ``/-/plugins`` show it."""

    name: str
    """Name of the entry point."""
    distribution: str
    """Distribution that brings it; empty for a module given by hand."""
    version: str
    module: str
    hooks: tuple[str, ...] = ()
    """Hooks it implements."""
    components: tuple[str, ...] = ()
    """What it brings, as ``storages:local``."""
    error: str | None = None
    """Why it, or a part of it, was left out."""

    @property
    def ok(self) -> bool:
        """Whether nothing was left out."""
        return self.error is None

    @property
    def origin(self) -> str:
        """Distribution, version and module as one text."""
        owner = f"{self.distribution} {self.version}".strip()
        return f"{owner} (module {self.module})" if owner else f"module {self.module}"


@dataclass(frozen=True, slots=True, eq=False)
class Plugins:
    """All components, by kind and key; immutable once loaded.

    >>> Plugins.from_modules([]).authorize(None, "read", "a")
    True
    """

    storages: Registry
    packages: Registry
    readers: Registry
    encoders: Registry
    metadata_readers: Registry
    services: Registry
    executors: Registry
    import_recipes: Registry
    reports: tuple[PluginReport, ...]
    """One for each plugin found, in the order of registration."""
    manager: pluggy.PluginManager = field(repr=False)

    @classmethod
    def from_modules(cls, modules: Iterable[object], trace: TextIO | None = None) -> Plugins:
        """Load modules (or other objects with hook implementations) given by hand; for tests and embedding."""
        loader = _Loader(trace)
        for module in modules:
            name = str(getattr(module, "__name__", None) or type(module).__qualname__)
            loader.add(PluginReport(name, "", "", name), partial(_given, module))
        return loader.finish()

    def registry(self, plural: str) -> Registry:
        """Answer the registry of a kind by its name, as ``storages``."""
        if plural not in (names := [kind.plural for kind in KINDS]):
            raise PluginError(f"no kind of component is called '{plural}'; {suggest(plural, names)}", locator=plural)
        found: Registry = getattr(self, plural)
        return found

    def authorize(self, actor: str | None, action: str, coverage_id: str | None) -> bool:
        """Say whether ``actor`` may do ``action`` to the coverage; without a plugin that decides, only reading is.

        Raises
        ------
        PluginError
            When a plugin answers something else than True, False or None.
        """
        answer = self.manager.hook.eoxs_authorize(actor=actor, action=action, coverage_id=coverage_id)
        if answer is None:
            return action == "read"
        if not isinstance(answer, bool):
            raise PluginError(f"eoxs_authorize must answer True, False or None; a plugin answered {answer!r}")
        return answer


def load_plugins(
    only: Sequence[str] | None = None, required: Sequence[str] = (), trace: TextIO | None = None
) -> Plugins:
    """Find and load the plugins of all installed distributions.

    Ours come first, then the others by name of distribution and entry point.

    Parameters
    ----------
    only : sequence of str, optional
        Names of entry points or of distributions; the others are not even imported.
    required : sequence of str
        Names without which the server must not start (a plugin that guards coverages, say).
    trace : text stream, optional
        Where to write each call of a hook and its result.

    Raises
    ------
    DuplicateKey
        When two components claim one key.
    PluginError
        When a name of ``only`` or ``required`` is not installed, or a required plugin failed.
    """
    found = _installed()
    known = {point.name for point, *_ in found} | {owner for _, owner, _ in found}
    for name in (*(only or ()), *required):
        if name not in known:
            raise PluginError(f"no plugin or distribution '{name}' is installed; {suggest(name, known)}", locator=name)
    loader = _Loader(trace)
    for point, owner, version in found:
        if only is None or {point.name, owner} & set(only):
            loader.add(PluginReport(point.name, owner, version, point.module), point.load)
    plugins = loader.finish()
    _check_required(plugins.reports, required)
    return plugins


def load_from_environ(environ: Mapping[str, str], required: Sequence[str] = ()) -> Plugins:
    """Load plugins as the environment says.

    ``EOXS_PLUGINS`` restricts which (names separated by commas), ``EOXS_TRACE_HOOKS=1`` writes each call of a hook
    and its result to standard error.
    """
    names = [name.strip() for name in environ.get("EOXS_PLUGINS", "").split(",") if name.strip()]
    trace = sys.stderr if environ.get("EOXS_TRACE_HOOKS", "") not in ("", "0") else None
    return load_plugins(names or None, required, trace)


def _installed() -> list[tuple[EntryPoint, str, str]]:
    """Answer entry points with name and version of their distribution: ours first, then by distribution and name."""
    origins: dict[int, tuple[str, str]] = {}  # reading the metadata of a distribution takes a third of a millisecond
    found = []
    for point in entry_points(group=GROUP):
        origin = ("", "")
        if point.dist is not None:
            origin = origins.get(id(point.dist)) or (point.dist.name, point.dist.version)
            origins[id(point.dist)] = origin
        found.append((point, *origin))
    return sorted(found, key=lambda each: (each[1].lower() != PROJECT, each[1].lower(), each[0].name))


def _given(module: object) -> object:
    return module


def _check_required(reports: Iterable[PluginReport], required: Sequence[str]) -> None:
    for name in required:
        mine = [report for report in reports if name in (report.name, report.distribution)]
        if not mine:
            raise PluginError(f"the required plugin '{name}' is left out by EOXS_PLUGINS", locator=name)
        for report in mine:
            if report.error is not None:
                raise PluginError(f"the required plugin '{name}' did not load: {report.error}", locator=name)


class _Loader:
    """Collects plugins one by one; nothing a plugin does stops the next one from loading."""

    def __init__(self, trace: TextIO | None) -> None:
        self.manager = pluggy.PluginManager(PROJECT)
        self.manager.add_hookspecs(hookspecs)
        if trace is not None:
            _trace(self.manager, trace)
        self.reports: list[PluginReport] = []
        self.found: dict[str, list[Registered]] = {kind.plural: [] for kind in KINDS}

    def add(self, report: PluginReport, load: Callable[[], object]) -> None:
        """Load one plugin; ``report`` says who it is and is completed by what came of it."""
        hooks: tuple[str, ...] = ()
        components: list[str] = []
        faults: list[str] = []
        try:
            plugin = load()
            hooks = self._register(plugin, report)
        # Importing a stranger may raise anything, SystemExit included.
        except (Exception, SystemExit) as failure:
            log.warning("plugin %s of %s did not load", report.name, report.origin, exc_info=True)
            faults.append(_reason(failure))
        else:
            for kind in KINDS:
                if kind.hook in hooks:
                    components += self._collect(kind, plugin, report, faults)
        error = "; ".join(faults) or None
        self.reports.append(replace(report, hooks=hooks, components=tuple(components), error=error))

    def finish(self) -> Plugins:
        """Fill the registries; raises DuplicateKey."""
        failures = [f"{report.name} of {report.origin}: {report.error}" for report in self.reports if report.error]
        registries: dict[str, Any] = {kind.plural: Registry(kind, self.found[kind.plural], failures) for kind in KINDS}
        return Plugins(reports=tuple(self.reports), manager=self.manager, **registries)

    def _register(self, plugin: object, report: PluginReport) -> tuple[str, ...]:
        """Give the plugin to pluggy; answers the hooks it implements."""
        if self.manager.is_registered(plugin):
            raise PluginError("the same module is already loaded as another plugin")
        name = f"{report.distribution}:{report.name}:{len(self.reports)}"
        try:
            self.manager.register(plugin, name)
            self.manager.check_pending()
        except pluggy.PluginValidationError as error:
            unknown = [caller.name for caller in self._callers(plugin) if not caller.has_spec()]
            if self.manager.has_plugin(name):
                self.manager.unregister(plugin)
            what = [f"unknown hook '{name}'; {suggest(name, hookspecs.__all__)}" for name in unknown]
            raise PluginError("; ".join(what) or " ".join(str(error).split())) from error
        hooks = tuple(caller.name for caller in self._callers(plugin) if caller.has_spec())
        if not hooks:
            self.manager.unregister(plugin)
            raise PluginError("it implements no hook; mark its functions with @hookimpl")
        return hooks

    def _callers(self, plugin: object) -> Sequence[pluggy.HookCaller]:
        return self.manager.get_hookcallers(plugin) or ()

    def _collect(self, kind: Kind, plugin: object, report: PluginReport, faults: list[str]) -> list[str]:
        """Ask one plugin for its components of one kind; answers what was taken, adds to ``faults``."""
        others = [other for other in self.manager.get_plugins() if other is not plugin]
        try:
            answers = self.manager.subset_hook_caller(kind.hook, others)()
        except (Exception, SystemExit) as error:
            log.warning("%s of plugin %s failed", kind.hook, report.name, exc_info=True)
            faults.append(f"{kind.hook}: {_reason(error)}")
            return []
        components = answers[0] if answers else None
        if not isinstance(components, list | tuple):
            _note(report, f"{kind.hook} returned {components!r}; a list of classes is needed", faults)
            return []
        taken: list[str] = []
        for component in components:
            fault = component_fault(kind, component)
            if fault is None:
                self.found[kind.plural].append(Registered(component, report.origin))
                taken.append(f"{kind.plural}:{component.key}")
            else:
                _note(report, fault, faults)
        return taken


def _note(report: PluginReport, fault: str, faults: list[str]) -> None:
    log.warning("plugin %s of %s: %s", report.name, report.origin, fault)
    faults.append(fault)


def _reason(error: BaseException) -> str:
    """Answer an exception as one line."""
    text = " ".join(str(error).split())
    return text if isinstance(error, PluginError) else f"{type(error).__name__}: {text}"


def _trace(manager: pluggy.PluginManager, stream: TextIO) -> None:
    """Write each call of a hook and its result to ``stream``."""

    def before(name: str, _methods: Sequence[object], arguments: Mapping[str, Any]) -> None:
        stream.write(f"{name}({', '.join(f'{key}={value!r}' for key, value in arguments.items())})\n")

    def after(
        outcome: pluggy.Result[Any], name: str, methods: Sequence[pluggy.HookImpl], _arguments: Mapping[str, Any]
    ) -> None:
        asked = ", ".join(method.plugin_name for method in methods) or "nobody"
        failed = outcome.exception
        result = repr(outcome.get_result()) if failed is None else f"raised {failed!r}"
        stream.write(f"{name} -> {result}   [{asked}]\n")

    manager.add_hookcall_monitoring(before, after)
