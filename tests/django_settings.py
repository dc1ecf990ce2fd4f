# SPDX-License-Identifier: MIT
"""Django settings for the type checker; the server's own are made in ``eoxserver.app``."""

from importlib.util import find_spec

SECRET_KEY = "only for the type checker"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.admin",
    *(
        app
        for app in ("eoxserver.backends", "eoxserver.resources.coverages", "eoxserver.resources.crs")
        if find_spec(app.rpartition(".")[0]) and find_spec(app)
    ),
]
