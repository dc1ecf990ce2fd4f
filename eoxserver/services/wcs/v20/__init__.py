# SPDX-License-Identifier: MIT
"""WCS 2.0.1 (OGC 09-110r4) by GET and by form POST (OGC 09-147r3).

With the extensions for range subsetting (OGC 12-040), scaling (OGC 12-039), interpolation (OGC 12-049)
and CRSs (OGC 11-053r1).

``decode`` reads parameters into ``requests``, ``plan`` turns a GetCoverage request into a query plan,
``gml`` writes the parts of coverage documents that ``describe``, ``gmlcoverage`` and ``multipart`` share.
"""
