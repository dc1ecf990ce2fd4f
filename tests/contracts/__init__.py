# SPDX-License-Identifier: MIT
"""Every built-in component against the suite that eoxserver.testing ships."""
