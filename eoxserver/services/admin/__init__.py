# SPDX-License-Identifier: MIT
"""What operators ask of a running server: liveness, readiness, metrics, plugins.

Each endpoint is a function from what the server knows to a ``wire.Response``.
"""
