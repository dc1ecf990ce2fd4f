# SPDX-License-Identifier: MIT
"""The executor ``dask``: large work is done by the workers of a Dask cluster, in pieces of the same plan."""
