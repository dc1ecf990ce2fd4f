# SPDX-License-Identifier: MIT
from __future__ import annotations

import io
from typing import Any

import pytest
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from eoxserver.services.bodies import allow_body

MOST = 100
FORM = "application/x-www-form-urlencoded"


def request(content: bytes, media_type: str, chunked: bool) -> Request:
    environ: dict[str, Any] = EnvironBuilder(method="POST", data=content, content_type=media_type).get_environ()
    if chunked:
        del environ["CONTENT_LENGTH"]
        environ |= {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}
        environ["wsgi.input"] = io.BytesIO(content)
    return Request(environ)


def read(http: Request) -> bytes:
    return http.form["a"].encode() if http.mimetype == FORM else http.get_data(cache=False)


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize(("media_type", "begin"), [("text/xml", b""), (FORM, b"a=")])
def test_a_body_is_whole_or_refused(chunked: bool, media_type: str, begin: bytes) -> None:
    for length in (2, MOST - 1, MOST):
        content = begin.ljust(length, b"x")
        http = request(content, media_type, chunked)
        allow_body(http, MOST)
        assert read(http) == content.removeprefix(begin)
    for length in (MOST + 1, MOST + 2, 10 * MOST):
        http = request(begin.ljust(length, b"x"), media_type, chunked)
        allow_body(http, MOST)
        with pytest.raises(RequestEntityTooLarge):
            read(http)


@pytest.mark.parametrize("chunked", [False, True])
def test_who_may_send_more_is_found_out_later(chunked: bool) -> None:
    http = request(b"x" * 500, "text/xml", chunked)
    allow_body(http, MOST)
    allow_body(http, 500)
    assert len(read(http)) == 500
