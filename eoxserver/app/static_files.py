# SPDX-License-Identifier: MIT
"""Style sheets and scripts of the admin site, from Django's own package: no folder has to be filled with them."""

from __future__ import annotations

from urllib.parse import quote

from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.contrib.staticfiles.storage import StaticFilesStorage
from django.core.exceptions import SuspiciousFileOperation
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.urls import get_script_prefix

__all__ = ["MountedFiles", "MountedStaticFiles"]


class MountedFiles(StaticFilesStorage):
    """The files of the admin site with the URLs they have below the path where this request found it."""

    def url(self, name: str | None) -> str:
        """The path of a file from the root of the host, a prefix that a proxy adds included."""
        return f"{get_script_prefix()}static/{quote(name or '')}"


class MountedStaticFiles(StaticFilesHandler):
    """Answers what is below ``/static/`` of the path it is mounted at, and leaves all else to its application.

    Django's handler knows paths from the root of the host only.
    """

    def get_base_url(self) -> str:
        """The path of the files, as it is below the mount."""
        return "/static/"

    def file_path(self, url: str) -> str:
        """The name of the file of a path from the root of the host."""
        return super().file_path(url.removeprefix(get_script_prefix().rstrip("/")))

    def serve(self, request: HttpRequest) -> HttpResponse | FileResponse:
        """The file; raises Http404, for a path that leaves the folder too."""
        try:
            return super().serve(request)
        except SuspiciousFileOperation as error:
            raise Http404(str(error)) from error
