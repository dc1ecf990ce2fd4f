# SPDX-License-Identifier: MIT
"""Which kinds of component there are, what each must have, and where they are looked up by key."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eoxserver.core.errors import DuplicateKey, UnknownKey, suggest

__all__ = ["EXTRAS", "KINDS", "Kind", "Registered", "Registry", "component_fault"]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of component that plugins add."""

    name: str
    """What one is called in messages: ``storage``."""
    plural: str
    """What the registry is called: ``storages``."""
    required: tuple[tuple[str, ...], ...]
    """Methods of a component; one of the sets is enough."""
    attributes: tuple[str, ...] = ()
    """What it must have beside ``key`` that is no method."""

    @property
    def hook(self) -> str:
        """Name of the hook that collects the components."""
        return f"eoxs_{self.plural}"


KINDS: tuple[Kind, ...] = (
    Kind("storage", "storages", (("validate", "retrieve", "list_files"), ("validate", "connect"))),
    Kind("package", "packages", (("extract", "list_files"),)),
    Kind("reader", "readers", (("can_open", "describe", "open"),)),
    Kind("encoder", "encoders", (("check", "encode"),)),
    Kind("metadata reader", "metadata_readers", (("can_read", "read"),), ("suffixes",)),
    Kind("service", "services", (("handle", "report"),)),
    Kind("executor", "executors", (("evaluate",),)),
    Kind("import recipe", "import_recipes", (("slices",),)),
)
"""All kinds, in the order in which they are reported."""

EXTRAS: Mapping[tuple[str, str], str] = {
    ("storages", "s3"): "s3",
    ("storages", "s3a"): "s3",
    ("storages", "sftp"): "sftp",
    ("storages", "ssh"): "sftp",
    ("storages", "gs"): "gs",
    ("storages", "gcs"): "gs",
    ("storages", "abfs"): "abfs",
    ("storages", "abfss"): "abfs",
    ("storages", "az"): "abfs",
    ("readers", "grib"): "grib",
    ("readers", "xarray"): "xarray",
    ("metadata_readers", "grib"): "grib",
    ("executors", "dask"): "dask",
}
"""(registry, key in lower case) -> the extra of this distribution that brings the component."""


@dataclass(frozen=True, slots=True)
class Registered:
    """A component and where it comes from."""

    component: type[Any]
    origin: str
    """Distribution, version and module, for messages."""


def component_fault(kind: Kind, component: object) -> str | None:
    """Say what keeps an object from being a component of the kind; None when nothing does."""
    if not isinstance(component, type):
        return f"{kind.hook} returned {component!r} among its components; a class is needed, not an instance"
    key = getattr(component, "key", None)
    if not isinstance(key, str) or not key or key != key.strip():
        return f"{kind.name} class {component.__qualname__} needs a class attribute 'key', a text; it is {key!r}"
    lacking: list[list[str]] = [
        [name for name in names if not callable(getattr(component, name, None))] for names in kind.required
    ]
    if all(lacking):
        wanted = " or ".join(", ".join(names) for names in kind.required)
        fewest = min(lacking, key=len)
        return f"{kind.name} class {component.__qualname__} lacks {', '.join(fewest)}; needed: {wanted}"
    for name in kind.attributes:
        if not hasattr(component, name):
            return f"{kind.name} class {component.__qualname__} lacks the class attribute '{name}'"
    return None


class Registry(Mapping[str, type[Any]]):
    """Components of one kind by their key, in the order of registration.

    Parameters
    ----------
    kind : Kind
        What the components are.
    entries : iterable of Registered
        The components, each found sound by :func:`component_fault`.
    failures : sequence of str
        What did not load, one sentence each; an unknown key may be among it, so the error quotes them.

    Raises
    ------
    DuplicateKey
        When two components claim one key; the message names both origins.
    """

    def __init__(self, kind: Kind, entries: Iterable[Registered] = (), failures: Sequence[str] = ()) -> None:
        self.kind = kind
        self._failures = tuple(failures)
        self._entries: dict[str, Registered] = {}
        for entry in entries:
            key = entry.component.key
            if (other := self._entries.get(key)) is not None:
                raise DuplicateKey(
                    f"two plugins bring a {kind.name} '{key}': {other.origin} and {entry.origin}; uninstall one, "
                    "or leave one out by naming the others in EOXS_PLUGINS",
                    locator=key,
                )
            self._entries[key] = entry

    def __getitem__(self, key: str) -> type[Any]:
        """Answer the component of this key.

        Raises
        ------
        UnknownKey
            When there is none; the message lists the keys, what did not load, and how to install the component.
        """
        try:
            return self._entries[key].component
        except KeyError:
            raise UnknownKey(self._unknown(key), locator=key) from None

    def get(self, key: str, default: Any = None) -> Any:
        """Answer the component of this key, or the default."""
        entry = self._entries.get(key)
        return default if entry is None else entry.component

    def origin(self, key: str) -> str:
        """Answer where the component of a known key comes from: distribution, version, module."""
        self[key]
        return self._entries[key].origin

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __contains__(self, key: object) -> bool:
        return key in self._entries

    def __len__(self) -> int:
        return len(self._entries)

    def __repr__(self) -> str:
        return f"<Registry of {self.kind.plural}: {', '.join(self._entries) or 'none'}>"

    def _unknown(self, key: str) -> str:
        parts = [f"no {self.kind.name} '{key}'; {suggest(key, self._entries)}"]
        if (extra := EXTRAS.get((self.kind.plural, key.lower()))) is not None:
            parts.append(f"try: pip install 'eoxserver[{extra}]'")
        if self._failures:
            parts.append(f"plugins that did not load: {'; '.join(self._failures)}")
        return "; ".join(parts)
