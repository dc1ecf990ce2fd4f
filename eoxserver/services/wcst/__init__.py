# SPDX-License-Identifier: MIT
"""Coverages that come, change and go by requests: WCS-T (OGC 13-057r1) and the paths of administration beside it.

The operations are asked for by ``service=WCS``; what a request says is decoded by ``decode``, a coverage in GML by
``document`` and what stands below it, and ``resources.coverages.ingestion`` does the work. Nothing is changed before
all of a request has been read and found right.
"""
