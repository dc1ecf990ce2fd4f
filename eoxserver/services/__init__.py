# SPDX-License-Identifier: MIT
"""The wire: OGC protocols, health and metrics, the start page.

A service decodes a request into a query plan, lets the engine check and evaluate it, and encodes
the result. Services see ``wire.Request`` and ``wire.Response``; only ``dispatch`` knows Werkzeug.
"""
