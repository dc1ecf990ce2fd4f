# SPDX-License-Identifier: MIT
"""CRSs that administrators define: the table, and what services and commands may do with it."""
