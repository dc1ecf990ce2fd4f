# SPDX-License-Identifier: MIT
"""The dispatcher: routes, service look-up, error reports, validators, request ids, credentials."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import SimpleNamespace
from typing import ClassVar, cast

import pytest
from lxml import etree
from werkzeug.test import Client, EnvironBuilder, TestResponse, run_wsgi_app

from eoxserver.conf.schema import default_settings
from eoxserver.core.coverage import DataState
from eoxserver.core.errors import DataUnavailable, NoSuchCoverage
from eoxserver.plugins import hookimpl
from eoxserver.plugins.manager import Plugins
from eoxserver.services.context import ServiceContext
from eoxserver.services.dispatch import Dispatcher
from eoxserver.services.ows.exceptions import error_report, ows_exception_report
from eoxserver.services.wire import Request, Response

OWS = "{http://www.opengis.net/ows/2.0}"


class Changing:
    """Data that is replaced while it is served."""

    content = "old"
    closed = 0

    def state(self) -> str:
        return self.content


class EchoService:
    """A service whose operations show what it was given, or fail in the ways services fail."""

    key: ClassVar[str] = "ECHO"
    operations: ClassVar[tuple[str, ...]] = ("Show", "Draw", "Read", "Fail", "Crash", "Shrug", "FailLate", "FailAtOnce")
    operations_without_service: ClassVar[tuple[str, ...]] = ("Draw",)

    def __init__(self) -> None:
        self.seen: list[Request] = []
        self.source = Changing()

    def handle(self, request: Request) -> Response:
        self.seen.append(request)
        operation = request.params.require("request")
        if operation == "Fail":
            raise NoSuchCoverage("no coverage 'x'", locator="x")
        if operation == "Crash":
            raise ZeroDivisionError("secret detail")
        if operation == "FailAtOnce":
            return Response(_broken(0), "text/plain")
        if operation == "Shrug":
            return Response(iter([b"?"]), "text/plain", lasting=False)
        if operation == "Read":
            data = DataState((self.source,), (self.source.state(),))
            return Response(_parts(self.source), "text/plain", data=data)
        if operation == "FailLate":
            return Response(_broken(2), "text/plain")
        return Response(operation.encode(), "text/plain", headers=(("X-Own", "1"),))

    def report(self, request: Request, error: Exception) -> Response:
        report = error_report(error, request.request_id)
        return Response(ows_exception_report(report), "text/xml", report.status)


def _parts(source: Changing) -> Iterator[bytes]:
    try:
        yield source.content.encode()
    finally:
        source.closed += 1


def _broken(after: int) -> Iterator[bytes]:
    for _ in range(after):
        yield b"part"
    raise DataUnavailable("file a.tif is gone", locator="a.tif")


class MountedService:
    """A service at paths of its own, whose answers last as long as its state."""

    key: ClassVar[str] = "TREE"
    under_ows: ClassVar[bool] = False
    paths: ClassVar[tuple[str, ...]] = ("/tree",)
    methods: ClassVar[tuple[str, ...]] = ("GET", "HEAD", "PUT")
    operations: ClassVar[tuple[str, ...]] = ("leaf",)

    def __init__(self) -> None:
        self.season = "spring"
        self.seen: list[Request] = []

    def state(self) -> str:
        return self.season

    def handle(self, request: Request) -> Response:
        self.seen.append(request)
        if request.path == "bare":
            raise NoSuchCoverage("no leaf")
        return Response(request.path.encode() or b"root", "text/plain")

    def report(self, request: Request, error: Exception) -> Response:
        return Response(b"fell", "text/plain", 404)


class Setup:
    """A dispatcher over the echo service, with a catalogue version that tests may change."""

    def __init__(self, plugins: Sequence[object] = ()) -> None:
        self.version = 1
        self.service = EchoService()
        self.tree = MountedService()
        context = SimpleNamespace(
            settings=default_settings(),
            plugins=Plugins.from_modules(plugins),
            catalogue=SimpleNamespace(version=lambda: self.version),
            formats=SimpleNamespace(wms_formats=()),
        )
        users: Mapping[tuple[str, str], str] = {("ada", "pw"): "ada"}
        self.dispatcher = Dispatcher(
            cast("ServiceContext", context),
            {"ECHO": self.service, "TREE": self.tree},
            lambda name, password: users.get((name, password)),
            "fingerprint",
        )
        self.client = Client(self.dispatcher)


@pytest.fixture
def setup() -> Setup:
    return Setup()


def _exception(response: TestResponse) -> tuple[str | None, str | None, str]:
    root = etree.fromstring(response.data)
    found = root.find(f"{OWS}Exception")
    assert found is not None
    return found.get("exceptionCode"), found.get("locator"), found.findtext(f"{OWS}ExceptionText") or ""


def test_service_is_found_in_any_case(setup: Setup) -> None:
    response = setup.client.get("/ows?SERVICE=echo&REQUEST=Show")
    assert (response.status_code, response.data, response.headers["X-Own"]) == (200, b"Show", "1")


def test_alias_of_the_endpoint(setup: Setup) -> None:
    assert setup.client.get("/rasdaman/ows?service=ECHO&request=Show").data == b"Show"


def test_operation_that_implies_its_service(setup: Setup) -> None:
    assert setup.client.get("/ows?request=draw").status_code == 200


def test_form_post_has_the_same_parameters(setup: Setup) -> None:
    response = setup.client.post("/ows", data={"service": "ECHO", "request": "Show", "a": "1"})
    assert response.data == b"Show"
    assert setup.service.seen[0].params.get("A") == "1"


def test_other_bodies_reach_the_service_untouched(setup: Setup) -> None:
    setup.client.post("/ows?service=ECHO&request=Show", data=b"<a/>", content_type="text/xml")
    assert (setup.service.seen[0].body, setup.service.seen[0].content_type) == (b"<a/>", "text/xml")


@pytest.mark.parametrize(
    ("query", "status", "code", "locator", "text"),
    [
        ("", 400, "MissingParameterValue", "service", "ECHO"),
        ("request=Show", 400, "MissingParameterValue", "service", "ECHO"),
        ("service=NONE&request=Show", 400, "InvalidParameterValue", "service", "'NONE'"),
        ("service=ECHO&service=ECHO", 400, "InvalidRequest", "service", "2 times"),
        ("service=ECHO&request=Fail", 404, "NoSuchCoverage", "x", "no coverage 'x'"),
        ("service=ECHO&request=FailAtOnce", 503, "NoApplicableCode", "a.tif", "a.tif is gone"),
    ],
)
def test_errors_are_reports(setup: Setup, query: str, status: int, code: str, locator: str, text: str) -> None:
    response = setup.client.get(f"/ows?{query}")
    assert response.status_code == status
    found = _exception(response)
    assert found[:2] == (code, locator)
    assert text in found[2]


def test_a_crash_tells_the_request_id_and_nothing_else(setup: Setup, caplog: pytest.LogCaptureFixture) -> None:
    response = setup.client.get("/ows?service=ECHO&request=Crash", headers={"X-Request-Id": "abc-1"})
    assert response.status_code == 500
    assert "secret detail" not in response.text
    assert "abc-1" in _exception(response)[2]
    assert "secret detail" in caplog.text


def test_a_late_failure_ends_the_connection_instead_of_pretending(setup: Setup) -> None:
    with pytest.raises(DataUnavailable):
        _ = setup.client.get("/ows?service=ECHO&request=FailLate").data


def test_etag_follows_the_catalogue_version(setup: Setup) -> None:
    first = setup.client.get("/ows?service=ECHO&request=Show")
    again = setup.client.get("/ows?service=ECHO&request=Show", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert len(setup.service.seen) == 1
    weak = setup.client.get("/ows?service=ECHO&request=Show", headers={"If-None-Match": f"W/{first.headers['ETag']}"})
    assert weak.status_code == 304
    anything = setup.client.get("/ows?service=ECHO&request=Show", headers={"If-None-Match": "*"})
    assert anything.status_code == 200
    setup.version = 2
    changed = setup.client.get("/ows?service=ECHO&request=Show", headers={"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200
    assert changed.headers["ETag"] != first.headers["ETag"]


def test_etag_follows_the_data(setup: Setup) -> None:
    url = "/ows?service=ECHO&request=Read"
    tag = setup.client.get(url).headers["ETag"]
    assert setup.client.get(url, headers={"If-None-Match": tag}).status_code == 304
    assert len(setup.service.seen) == 1, "the data is known not to have changed without reading it"
    setup.service.source.content = "new"
    changed = setup.client.get(url, headers={"If-None-Match": tag})
    assert (changed.status_code, changed.data) == (200, b"new")
    assert changed.headers["ETag"] != tag
    setup.service.source.content = "old"
    back = setup.client.get(url, headers={"If-None-Match": tag})
    assert (back.status_code, back.data, back.headers["ETag"]) == (304, b"", tag)
    assert setup.service.source.closed == len(setup.service.seen), "bodies that are not sent are closed as well"


def test_another_process_knows_an_etag_as_well(setup: Setup) -> None:
    url = "/ows?service=ECHO&request=Read"
    tag = setup.client.get(url).headers["ETag"]
    other = Setup()
    answer = other.client.get(url, headers={"If-None-Match": tag})
    assert (answer.status_code, answer.data, answer.headers["ETag"]) == (304, b"", tag)


def test_what_does_not_last_has_no_etag(setup: Setup) -> None:
    answer = setup.client.get("/ows?service=ECHO&request=Shrug")
    assert (answer.status_code, answer.data) == (200, b"?")
    assert "ETag" not in answer.headers


def test_etag_differs_between_requests_and_is_absent_on_errors(setup: Setup) -> None:
    one = setup.client.get("/ows?service=ECHO&request=Show").headers["ETag"]
    other = setup.client.get("/ows?service=ECHO&request=Show&a=1").headers["ETag"]
    assert one != other
    assert "ETag" not in setup.client.get("/ows?service=ECHO&request=Fail").headers


def test_request_id_is_kept_when_harmless_and_made_otherwise(setup: Setup) -> None:
    kept = setup.client.get("/-/live", headers={"X-Request-Id": "proxy-17"})
    assert kept.headers["X-Request-Id"] == "proxy-17"
    made = setup.client.get("/-/live", headers={"X-Request-Id": "<script>"})
    assert made.headers["X-Request-Id"] not in ("", "<script>")


def test_credentials(setup: Setup) -> None:
    setup.client.get("/ows?service=ECHO&request=Show")
    setup.client.get("/ows?service=ECHO&request=Show&a=1", auth=("ada", "pw"))
    assert [request.actor for request in setup.service.seen] == [None, "ada"]
    refused = setup.client.get("/ows?service=ECHO&request=Show", auth=("ada", "wrong"))
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"].startswith("Basic")


def test_paths_and_methods(setup: Setup) -> None:
    assert setup.client.get("/nothing/here").status_code == 404
    assert setup.client.put("/ows").status_code == 405
    options = setup.client.options("/ows", headers={"Access-Control-Request-Headers": "x-a"})
    assert (options.status_code, options.headers["Access-Control-Allow-Headers"]) == (204, "x-a")
    assert setup.client.get("/ows?service=ECHO&request=Show").headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("mount", ["/tree", "/rasdaman/tree"])
def test_a_service_has_paths_of_its_own(setup: Setup, mount: str) -> None:
    for path, data in (("", b"root"), ("/", b"root"), ("/leaf", b"leaf"), ("/leaf/a%20b/", b"leaf/a b")):
        response = setup.client.get(f"{mount}{path}?x=%22y%22&x=z")
        assert (response.status_code, response.data) == (200, data)
    request = setup.tree.seen[-1]
    assert (request.base_url, request.path, request.query) == (f"http://localhost{mount}", "leaf/a b", "x=%22y%22&x=z")
    assert setup.client.get(f"{mount}/bare").data == b"fell"
    assert setup.client.get(f"{mount}er").status_code == 404
    assert setup.client.put(f"{mount}/leaf", data=b"green").status_code == 200
    assert (setup.tree.seen[-1].method, setup.tree.seen[-1].body) == ("PUT", b"green")
    refused = setup.client.post(f"{mount}/leaf")
    assert (refused.status_code, refused.headers["Allow"]) == (405, "GET, HEAD, PUT, OPTIONS")
    assert setup.client.get("/ows?service=TREE&request=leaf").status_code == 400
    metrics = setup.client.get("/-/metrics").text
    assert 'service="TREE"' in metrics and 'operation="leaf"' in metrics


def test_answers_of_a_service_with_a_state_last_as_long_as_it(setup: Setup) -> None:
    first = setup.client.get("/tree/leaf")
    known = {"If-None-Match": first.headers["ETag"]}
    assert setup.client.get("/tree/leaf", headers=known).status_code == 304
    assert setup.client.get("/tree/root", headers=known).status_code == 200
    assert setup.client.get("/tree/leaf?a", headers=known).status_code == 200
    setup.version += 1
    assert setup.client.get("/tree/leaf", headers=known).status_code == 304
    setup.tree.season = "autumn"
    assert setup.client.get("/tree/leaf", headers=known).status_code == 200
    assert "ETag" not in setup.client.put("/tree/leaf").headers
    assert "ETag" not in setup.client.get("/tree/bare").headers


def test_a_body_over_the_limit_is_refused(setup: Setup) -> None:
    size = default_settings().limits.request_body_bytes + 1
    response = setup.client.post("/ows?service=ECHO&request=Show", data=b"x" * size, content_type="text/xml")
    assert response.status_code == 413


class Writers:
    """A plugin that lets ada write, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    @hookimpl
    def eoxs_authorize(self, actor: str | None, action: str) -> bool | None:
        """Decide on writes."""
        self.asked.append(action)
        return actor == "ada" if action in ("insert", "update") else None


def test_writers_may_send_larger_bodies() -> None:
    writers = Writers()
    setup = Setup(plugins=[writers])
    most = default_settings().limits.request_body_bytes

    def send(size: int, user: tuple[str, str] | None) -> int:
        body = b"<Show xmlns='echo'/>".ljust(size)
        url = "/ows?service=ECHO&request=Show"
        return setup.client.post(url, data=body, content_type="text/xml", auth=user).status_code

    assert send(most + 1, None) == 413
    assert writers.asked == []
    assert send(most + 1, ("ada", "pw")) == 200
    assert writers.asked == ["insert"]
    assert len(setup.service.seen[-1].body) == most + 1
    writers.asked.clear()
    assert send(most, ("ada", "pw")) == 200
    assert writers.asked == []


def test_how_long_a_chunked_body_is_nobody_knows_before() -> None:
    writers = Writers()
    setup = Setup(plugins=[writers])
    size = default_settings().limits.request_body_bytes + 1
    body = b"<Show xmlns='echo'/>".ljust(size)
    builder = EnvironBuilder("/ows?service=ECHO&request=Show", method="POST", auth=("ada", "pw"), data=body)
    environ = builder.get_environ() | {"CONTENT_TYPE": "text/xml", "wsgi.input_terminated": True}
    del environ["CONTENT_LENGTH"]
    assert run_wsgi_app(setup.dispatcher, environ)[1] == "200 OK"
    assert writers.asked == ["insert"]
    assert len(setup.service.seen[-1].body) == size


def test_health_and_metrics(setup: Setup) -> None:
    assert setup.client.get("/-/live").json == {"status": "live"}
    ready = setup.client.get("/-/ready").json
    assert ready is not None
    assert (ready["status"], ready["catalogue_version"]) == ("ready", 1)
    setup.client.get("/ows?service=ECHO&request=Show")
    setup.client.get("/ows?service=ECHO&request=<evil>")
    text = setup.client.get("/-/metrics").text
    assert 'eoxserver_requests_total{operation="Show",service="ECHO",status="200"} 1.0' in text
    assert "evil" not in text
    assert setup.client.get("/-/plugins").json == []


def test_services_report_that_the_catalogue_is_away(setup: Setup) -> None:
    def away() -> int:
        raise DataUnavailable("the database does not answer")

    setattr(setup.dispatcher._context.catalogue, "version", away)  # noqa: B010 - the stub has no such declared attribute
    response = setup.client.get("/ows?service=ECHO&request=Show")
    assert (response.status_code, response.mimetype) == (503, "text/xml")
    assert b"the database does not answer" in response.data and "ETag" not in response.headers


def test_ready_says_when_the_catalogue_is_away(setup: Setup) -> None:
    def away() -> int:
        raise DataUnavailable("the database does not answer")

    setattr(setup.dispatcher._context.catalogue, "version", away)  # noqa: B010 - the stub has no such declared attribute
    response = setup.client.get("/-/ready")
    assert response.status_code == 503
    assert response.json == {"status": "unavailable", "catalogue": "the database does not answer"}
