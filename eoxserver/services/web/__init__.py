# SPDX-License-Identifier: MIT
"""Pages for people. ``start_page`` makes the page at ``/``, ``links`` the addresses on it, ``html`` fills templates.

Pages need nothing from elsewhere: styles and scripts stand in them.
"""
