# SPDX-License-Identifier: MIT
"""Messages of GRIB files, editions 1 and 2: their keys and cells, read by eccodes in a process of its own.

eccodes and GDAL in one process end in a crash; the worker process knows eccodes only.
"""
