# SPDX-License-Identifier: MIT
"""From a data item to data: ``retrieve`` a local file, or ``connect`` to something a reader opens in place.

``Access`` does it, with the plugins, settings and cache of an instance. The functions ``retrieve`` and ``connect`` are
the documented interface for scripts, which have no instance in their hands; they use the ``Access`` that was installed
when the instance was opened.
"""

from __future__ import annotations

from eoxserver.backends.access.access import Access
from eoxserver.backends.access.installed import connect, install_access, retrieve

__all__ = ["Access", "connect", "install_access", "retrieve"]
