# SPDX-License-Identifier: MIT
"""Where imports go: this instance, or any server with WCS-T."""
