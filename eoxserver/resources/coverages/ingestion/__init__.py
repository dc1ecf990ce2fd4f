# SPDX-License-Identifier: MIT
"""Ingestion: coverages become cubes of a store, and change there; the catalogue names the version that is served.

An update commits a version of the cube first and the catalogue's transaction second. What the catalogue has to know of
a version is derived from the version itself (``states``), so that a process which is killed between the two leaves the
version before in service, and the next one to look brings the catalogue up to date (``publishing``).
``ingestion.Ingestion`` is what services, importers and scripts use.
"""
