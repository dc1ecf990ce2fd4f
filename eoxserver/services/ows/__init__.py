# SPDX-License-Identifier: MIT
"""What all OGC services share: key-value decoding, exceptions, versions, capabilities parts."""
