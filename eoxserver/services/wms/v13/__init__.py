# SPDX-License-Identifier: MIT
"""WMS 1.3.0 (OGC 06-042)."""
