# SPDX-License-Identifier: MIT
"""Where data is and how it is read and written: storages, packages, readers, encoders, and the models of all that."""
