# SPDX-License-Identifier: MIT
"""Web Coverage Service.

``service`` holds the table of versions and operations; each version is a package that decodes a request into
values, plans it, and encodes the answer. A new version, profile or binding adds a package and its operations
to the table; nothing that is there changes.
"""
