# SPDX-License-Identifier: MIT
"""The CRS resolver at ``/def``: definitions in GML 3.2, listings, comparison, and definitions of administrators.

``service`` routes; ``registers`` says which authorities, versions and codes there are, ``proj_database`` reads PROJ's;
``document``, ``crs_gml`` and ``object_gml`` write GML; ``parameters`` answers CRSs that lack values; ``comparison``
compares two; ``edit`` takes definitions. May import ``ows``, ``wire`` and ``context``, no other protocol.
"""
