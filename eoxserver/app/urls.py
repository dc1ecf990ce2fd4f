# SPDX-License-Identifier: MIT
"""URLs of the Django part, which is mounted at ``/admin``: the admin site alone."""

from django.contrib import admin
from django.urls import path

from eoxserver.app.admin_site import register_models
from eoxserver.app.crs_admin import register_crss

__all__ = ["urlpatterns"]

register_models(admin.site)
register_crss(admin.site)
urlpatterns = [path("", admin.site.urls)]
