# SPDX-License-Identifier: MIT
"""``/-/live`` says that the process answers, ``/-/ready`` whether it can serve requests now."""

from __future__ import annotations

from eoxserver.core.errors import EOxServerError
from eoxserver.services.context import ServiceContext
from eoxserver.services.wire import Response, json_response

__all__ = ["live", "ready"]


def live() -> Response:
    """The process answers."""
    return json_response({"status": "live"})


def ready(context: ServiceContext) -> Response:
    """Whether the catalogue can be read (503 where not), and whether every plugin loaded.

    ``degraded`` still answers 200: what did load serves requests.
    """
    failed = {report.name: report.error for report in context.plugins.reports if report.error is not None}
    try:
        version = context.catalogue.version()
    except EOxServerError as error:
        return json_response({"status": "unavailable", "catalogue": error.message}, 503)
    return json_response(
        {"status": "degraded" if failed else "ready", "catalogue_version": version, "failed_plugins": failed}
    )
