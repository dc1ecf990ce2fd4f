# SPDX-License-Identifier: MIT
"""What an operation is: decoders, one for each binding, and the function that answers what they decode."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Generic, Protocol, TypeVar

from eoxserver.services.ows.capabilities import OperationMetadata
from eoxserver.services.wire import Request, Response

if TYPE_CHECKING:
    from eoxserver.plugins.manager import Plugins
    from eoxserver.services.context import ServiceContext

__all__ = ["KVP", "Extension", "Operation", "wcs_extensions"]

R = TypeVar("R")

KVP = "KVP"
"""The binding by key-value pairs: in the query string, or in the form of a POST."""


@dataclass(frozen=True)
class Operation(Generic[R]):
    """One operation of one version."""

    name: str
    decoders: Mapping[str, Callable[[ServiceContext, Request], R]]
    """By binding; those that are not GET are announced as encodings of POST."""
    answer: Callable[[ServiceContext, Request, R], Response]
    parameters: tuple[str, ...] = ()
    """Those that the capabilities name: they are in no extension of the standard."""

    @property
    def metadata(self) -> OperationMetadata:
        """The operation as the capabilities list it."""
        return OperationMetadata(self.name, tuple(self.decoders), self.parameters)

    def handle(self, context: ServiceContext, request: Request, binding: str = KVP) -> Response:
        """Decode a request and answer it."""
        return self.answer(context, request, self.decoders[binding](context, request))


class Extension(Protocol):
    """A service of its own whose operations are asked for as those of WCS."""

    announced: ClassVar[Sequence[OperationMetadata]]
    """What the capabilities list."""
    profiles: ClassVar[Sequence[str]]
    """URIs of its conformance classes."""


def wcs_extensions(plugins: Plugins) -> Sequence[type[Extension]]:
    """The services that extend WCS."""
    services = (plugins.services[key] for key in plugins.services)
    return [service for service in services if getattr(service, "extends", "") == "WCS"]
