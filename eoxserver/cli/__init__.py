# SPDX-License-Identifier: MIT
"""The command line: one module a command, or a few that belong together.

May import ``app`` and everything below it. Commands turn words into calls; what they do lives in the rooms below.
"""

from eoxserver.cli.main import main

__all__ = ["main"]
