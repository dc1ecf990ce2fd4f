# SPDX-License-Identifier: MIT
"""``/-/plugins``: every plugin that was found, what it brings, and why it failed if it did."""

from __future__ import annotations

from eoxserver.plugins.manager import Plugins
from eoxserver.services.wire import Response, json_response

__all__ = ["plugin_reports"]


def plugin_reports(plugins: Plugins) -> Response:
    """The report of each plugin as JSON."""
    return json_response(
        [
            {
                "name": report.name,
                "distribution": report.distribution,
                "version": report.version,
                "module": report.module,
                "hooks": report.hooks,
                "components": report.components,
                "error": report.error,
            }
            for report in plugins.reports
        ]
    )
