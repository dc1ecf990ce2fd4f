# SPDX-License-Identifier: MIT
"""Tools whose import path is part of the documented API (``eoxserver.core.util.timetools``)."""
