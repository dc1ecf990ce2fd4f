# SPDX-License-Identifier: MIT
"""Bulk import: from folders of files, described in an ingredients file, to coverages on a server with WCS-T."""
