# SPDX-License-Identifier: MIT
"""Validators of answers (ETag) change with whatever changes the answers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from werkzeug.test import Client

from eoxserver.app import build_app, open_instance
from tests.applications import Application
from tests.backends.rasters import pattern, write

QUERY = "/ows?service=WCS&version=2.0.1&request=DescribeCoverage&coverageId=scene"


def etag(app: Application, environ: dict[str, str]) -> str:
    """The validator of an answer of an application over the same instance, in another environment."""
    opened = open_instance(app.instance.paths.root, environ)
    return Client(build_app(opened)).get(QUERY).headers["ETag"]


def test_the_validator_holds_while_nothing_changes(app: Application) -> None:
    assert etag(app, {}) == app.client.get(QUERY).headers["ETag"]
    tag = app.client.get(QUERY).headers["ETag"]
    assert app.client.get(QUERY, headers={"If-None-Match": tag}).status_code == 304


def test_the_validator_changes_with_settings_and_formats(app: Application) -> None:
    seen = {etag(app, {}), etag(app, {"EOXS_SERVICES_OWS__TITLE": "Another"})}
    formats = app.instance.paths.formats
    formats.write_text(formats.read_text() + "\nPNG,image/x-own-png,rw,.png\n")
    seen.add(etag(app, {}))
    assert len(seen) == 3


def test_the_validator_changes_with_the_catalogue(app: Application, tmp_path: Path) -> None:
    before = app.client.get(QUERY).headers["ETag"]
    app.register(Path(write(tmp_path / "more.tif", pattern((1, 4, 4)))))
    after = app.client.get(QUERY, headers={"If-None-Match": before})
    assert after.status_code == 200 and after.headers["ETag"] != before
    app.instance.registrar().deregister(["more"])
    assert app.client.get(QUERY).headers["ETag"] not in (before, after.headers["ETag"])


def test_workers_agree_on_the_validator(app: Application) -> None:
    script = (
        "import sys; from werkzeug.test import Client; from eoxserver.app import build_app;"
        " print(Client(build_app(sys.argv[1])).get(sys.argv[2]).headers['ETag'])"
    )
    told = [
        subprocess.run(
            [sys.executable, "-c", script, str(app.instance.paths.root), QUERY],
            env={"PYTHONHASHSEED": seed},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    ]
    assert told[0] == told[1] and len(told[0]) > 20
