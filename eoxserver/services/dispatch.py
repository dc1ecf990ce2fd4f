# SPDX-License-Identifier: MIT
"""The WSGI application: routes, services, errors, validators, request ids.

The only module that knows Werkzeug. It turns an HTTP request into a ``wire.Request``, finds the service
of its ``service`` parameter, and turns the ``wire.Response`` (or the error) into an HTTP response.
"""

from __future__ import annotations

import logging
import re
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request as HttpRequest

from eoxserver.core.errors import EOxServerError, InvalidParameterValue, MissingParameterValue, suggest
from eoxserver.services.admin.health import live, ready
from eoxserver.services.admin.metrics import CacheMeter, Metrics
from eoxserver.services.admin.plugins import plugin_reports
from eoxserver.services.bodies import allow_body
from eoxserver.services.context import ServiceContext
from eoxserver.services.ows.exceptions import error_report, ows_exception_report
from eoxserver.services.ows.kvp import Params
from eoxserver.services.ows.urls import public_url, sibling_url
from eoxserver.services.ows.xml import request_name
from eoxserver.services.replies import (
    begun,
    closed_early,
    http_error,
    http_response,
    options_response,
    unauthorized,
)
from eoxserver.services.validators import Validators
from eoxserver.services.watch import Watch, connection_of, is_gone
from eoxserver.services.web.start_page import StartPage
from eoxserver.services.wire import Request, Response, Service, Upload, go_on

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

__all__ = ["Authenticate", "Dispatcher", "mounted"]

log = logging.getLogger(__name__)

Authenticate = Callable[[str, str], str | None]
"""From user name and password to the name of the actor, or None when they do not match."""

_NOT_MODIFIED = Response(b"", "text/plain", 304)
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_WRITES = ("insert", "update")
"""What users may do whose requests have larger bodies."""


@dataclass(frozen=True)
class _Answer:
    """A response and what it is counted as."""

    response: Response
    service: str = "-"
    operation: str = "-"
    etag: str | None = None


class Dispatcher:
    """The WSGI callable.

    Parameters
    ----------
    services : mapping
        The services by their key (``WCS``).
    fingerprint : str
        Changes whenever answers may change for another reason than the catalogue: release, settings.
    cache : CacheMeter, optional
        The local copies of remote files, which come in the metrics.
    """

    def __init__(
        self,
        context: ServiceContext,
        services: Mapping[str, Service],
        authenticate: Authenticate,
        fingerprint: str = "",
        cache: CacheMeter | None = None,
    ) -> None:
        self._context = context
        self._services = {key.upper(): service for key, service in services.items()}
        self._under_ows = [key for key, service in self._services.items() if getattr(service, "under_ows", True)]
        self._implied = {
            operation.lower(): key
            for key, service in self._services.items()
            for operation in getattr(service, "operations_without_service", ())
        }
        self._extended = {
            (service.extends, operation.lower()): key
            for key, service in self._services.items()
            if hasattr(service, "extends")
            for operation in getattr(service, "operations", ())
        }
        self._documents = {
            name: key for key, service in self._services.items() for name in getattr(service, "documents", ())
        }
        self._authenticate = authenticate
        self._validators = Validators(fingerprint)
        self._metrics = Metrics(cache)
        self._start_page = StartPage(context)
        self._max_body = context.settings.limits.request_body_bytes
        self._max_writer_body = max(self._max_body, context.settings.wcst.request_body_bytes)
        pages: dict[str, Callable[[HttpRequest], _Answer]] = {
            "/ows": self._ows,
            "/rasdaman/ows": self._ows,
            "/": self._web,
            "/web/<path:name>": self._web,
            "/-/live": lambda _: _Answer(live(), "admin", "live"),
            "/-/ready": lambda _: _Answer(ready(context), "admin", "ready"),
            "/-/metrics": lambda _: _Answer(self._metrics.exposition(), "admin", "metrics"),
            "/-/plugins": lambda _: _Answer(plugin_reports(context.plugins), "admin", "plugins"),
        }
        for key, service in self._services.items():
            for path in getattr(service, "paths", ()):
                for mount in (path, f"/rasdaman{path}"):
                    pages[mount] = pages[f"{mount}/<path:below>"] = partial(self._mounted, key, path, mount)
        self._routes = Map([Rule(path, endpoint=path) for path in pages], strict_slashes=False)
        self._pages = pages

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one HTTP request (PEP 3333)."""
        started = time.perf_counter()
        http = HttpRequest(environ)
        allow_body(http, self._max_body)
        request_id = _request_id(http)
        answer = self._answer(http, request_id)
        response = http_response(answer.response, request_id, answer.etag)
        seconds = time.perf_counter() - started
        self._metrics.observe(answer.service, answer.operation, response.status_code, seconds)
        log.info("%s %s %s %d %.1f ms", request_id, http.method, http.full_path, response.status_code, 1000 * seconds)
        return response(environ, start_response)

    def _answer(self, http: HttpRequest, request_id: str) -> _Answer:
        """Route the request; whatever goes wrong becomes a response."""
        try:
            endpoint, _ = self._routes.bind_to_environ(http.environ).match()
            if http.method == "OPTIONS":
                return _Answer(options_response(http))
            http.environ["eoxserver.request_id"] = request_id
            return self._pages[endpoint](http)
        except HTTPException as error:
            return _Answer(http_error(error))
        except EOxServerError as error:
            report = error_report(error, request_id)
            return _Answer(Response(report.text.encode(), "text/plain; charset=utf-8", report.status))
        except Exception as error:
            log.exception("request %s failed", request_id)
            report = error_report(error, request_id)
            return _Answer(Response(report.text.encode(), "text/plain; charset=utf-8", report.status))

    # -- OGC services -------------------------------------------------------------------------

    def _ows(self, http: HttpRequest) -> _Answer:
        """A request to the OGC endpoint."""
        if http.method not in ("GET", "HEAD", "POST"):
            raise MethodNotAllowed(["GET", "HEAD", "POST", "OPTIONS"])
        if http.method != "POST" and not http.query_string and "html" in http.headers.get("Accept", ""):
            return self._web(http)
        request = self._request(http)
        if request is None:
            return _Answer(unauthorized())
        try:
            document = _document_name(request) if self._documents else ""
            key = self._documents.get(document) or self._service_key(request.params)
        except EOxServerError as error:
            report = error_report(error, request.request_id)
            return _Answer(Response(ows_exception_report(report), "text/xml", report.status))
        if document not in self._documents:
            document = _known_operation(self._services[key], request.params)
        return self._serve(http, request, key, document)

    def _mounted(self, key: str, path: str, mount: str, http: HttpRequest) -> _Answer:
        """A request to a path of a service's own."""
        service = self._services[key]
        methods = getattr(service, "methods", ("GET", "HEAD", "POST"))
        if http.method not in methods:
            raise MethodNotAllowed([*methods, "OPTIONS"])
        request = self._request(http)
        if request is None:
            return _Answer(unauthorized())
        url = sibling_url(self._context.settings, f"{http.root_url.rstrip('/')}{mount}", path)
        below = http.path[len(mount) :].strip("/")
        request = replace(request, base_url=url, path=below, mount=path)
        first = below.partition("/")[0]
        operation = first if first in getattr(service, "operations", ()) else "-"
        return self._serve(http, request, key, operation)

    def _serve(self, http: HttpRequest, request: Request, key: str, operation: str) -> _Answer:
        """The answer of a service, or that the one which the client has is still good."""
        try:
            tag = self._request_tag(http, request, self._services[key])
        except EOxServerError as error:
            return _Answer(self._services[key].report(request, error), key, operation)
        if tag is not None:
            for known in (tag, self._validators.current(tag)):
                if _has(http, known):
                    return _Answer(_NOT_MODIFIED, key, operation, known)
        response = self._run(self._services[key], request)
        if tag is None or response.status != 200 or not response.lasting:
            return _Answer(response, key, operation)
        tag = self._validators.answer_tag(tag, response.data)
        if _has(http, tag):
            closed_early(response)
            response = _NOT_MODIFIED
        return _Answer(response, key, operation, tag)

    def _request(self, http: HttpRequest) -> Request | None:
        """The request as a value; None when its credentials are wrong."""
        actor = None
        if "Authorization" in http.headers:
            actor = self._actor(http)
            if actor is None:
                return None
        pairs = list(http.args.items(multi=True))
        body = b""
        uploads: tuple[Upload, ...] = ()
        if http.method in ("POST", "PUT"):
            if self._is_writer(http, actor):
                allow_body(http, self._max_writer_body)
            if http.mimetype in _FORMS:
                pairs += http.form.items(multi=True)
                uploads = _uploads(http)
            else:
                body = http.get_data(cache=False)
        return Request(
            params=Params(pairs),
            base_url=self._public_url(http),
            method=http.method,
            body=body,
            content_type=http.mimetype,
            headers={key.lower(): value for key, value in http.headers.items()},
            actor=actor,
            request_id=http.environ["eoxserver.request_id"],
            query=http.query_string.decode("latin-1"),
            uploads=uploads,
            proceed=self._watch(http),
        )

    def _is_writer(self, http: HttpRequest, actor: str | None) -> bool:
        """Whether the body may be larger than those of others; not asked for one that is not."""
        size = http.content_length
        if actor is None or (size is not None and size <= self._max_body):
            return False
        return any(self._context.plugins.authorize(actor, one, None) for one in _WRITES)

    def _watch(self, http: HttpRequest) -> Watch:
        """What stops the work for a request when its time is over or the client gone."""
        seconds = self._context.settings.limits.max_evaluation_time
        return Watch(seconds, partial(is_gone, connection_of(http.environ)))

    def _actor(self, http: HttpRequest) -> str | None:
        """The user named by HTTP Basic (RFC 7617); None for any other credentials, and wrong ones."""
        given = http.authorization
        if given is None or given.username is None or given.password is None:
            return None
        return self._authenticate(given.username, given.password)

    def _public_url(self, http: HttpRequest) -> str:
        """The URL under which clients reach the endpoint: configured, or that of the request."""
        return public_url(self._context.settings, http.base_url)

    def _service_key(self, params: Params) -> str:
        """The service asked for.

        Raises
        ------
        MissingParameterValue
            Unless the operation belongs to one service alone and needs no ``service`` (WMS GetMap).
        InvalidParameterValue
            When no such service is installed.
        """
        name = params.get("service")
        if not name:
            implied = self._implied.get((params.get("request") or "").strip().lower())
            if implied is None:
                raise MissingParameterValue(
                    f"parameter 'service' is missing; accepted: {', '.join(self._under_ows)}", locator="service"
                )
            return implied
        if name.strip().upper() not in self._under_ows:
            raise InvalidParameterValue(
                f"service '{name}' is not available; {suggest(name.upper(), self._under_ows)}", locator="service"
            )
        key = name.strip().upper()
        operation = (params.all("request") or ("",))[0].strip().lower()
        return self._extended.get((key, operation), key)

    def _run(self, service: Service, request: Request) -> Response:
        """The service's answer, or its report of the error; a body that fails at once is an error too."""
        try:
            resume = request.proceed.restart if isinstance(request.proceed, Watch) else go_on
            return begun(service.handle(request), resume)
        except EOxServerError as error:
            return service.report(request, error)
        except Exception as error:
            log.exception("request %s failed", request.request_id)
            return service.report(request, error)

    def _request_tag(self, http: HttpRequest, request: Request, service: Service) -> str | None:
        """The first part of the entity tag of an answer; None where answers have none."""
        if http.method not in ("GET", "HEAD") or not getattr(service, "lasting", True):
            return None
        url = f"{request.base_url}/{request.path}" if request.path else request.base_url
        state = getattr(service, "state", None)
        if state is not None:
            return self._validators.service_tag(state(), request.actor, url, http.query_string)
        version = self._context.catalogue.version()
        return self._validators.request_tag(version, request.actor, url, http.query_string)

    # -- pages --------------------------------------------------------------------------------

    def _web(self, http: HttpRequest) -> _Answer:
        if http.method not in ("GET", "HEAD"):
            raise MethodNotAllowed(["GET", "HEAD", "OPTIONS"])
        ows = public_url(self._context.settings, f"{http.root_url.rstrip('/')}/ows")
        request = Request(Params(http.args.items(multi=True)), ows, http.method)
        name = http.path.removeprefix("/web/") if http.path.startswith("/web/") else ""
        response = self._start_page.handle(request, name)
        if response is None:
            raise NotFound
        return _Answer(response, "web", "page")


def mounted(main: WSGIApplication, mounts: Mapping[str, WSGIApplication]) -> WSGIApplication:
    """``main``, with other applications answering below the path prefixes of ``mounts``."""
    return DispatcherMiddleware(main, dict(mounts))


def _uploads(http: HttpRequest) -> tuple[Upload, ...]:
    """The files in the form of the body."""
    found = []
    for name, file in http.files.items(multi=True):
        found.append(Upload(name, file.mimetype, file.read()))
        file.close()
    return tuple(found)


def _request_id(http: HttpRequest) -> str:
    """The proxy's request id where it is a harmless one, else a new one."""
    given = http.headers.get("X-Request-Id", "")
    return given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)


def _known_operation(service: Service, params: Params) -> str:
    """The operation's name as the service spells it, so that metrics never hold a client's text."""
    asked = (params.all("request") or ("",))[0].strip().lower()
    names: Iterable[str] = getattr(service, "operations", ())
    return next((name for name in names if name.lower() == asked), "-")


def _document_name(request: Request) -> str:
    """The name of the XML document in the body of a request; empty when there is none.

    Raises
    ------
    InvalidRequest
        When what looks like XML is not well-formed.
    """
    return request_name(request.body) if request.body.lstrip().startswith(b"<") else ""


def _has(http: HttpRequest, tag: str | None) -> bool:
    """Whether the client has the answer of this tag (RFC 9110 clause 13.1.2)."""
    known = http.if_none_match
    return tag is not None and not known.star_tag and known.contains_weak(tag)
