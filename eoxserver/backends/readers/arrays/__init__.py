# SPDX-License-Identifier: MIT
"""Arrays of any number of dimensions in netCDF, HDF5 and Zarr: what is in a file, and what it means (``cf``)."""
