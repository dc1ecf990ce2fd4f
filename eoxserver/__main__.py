# SPDX-License-Identifier: MIT
"""``python -m eoxserver`` is the command ``eoxserver``."""

from eoxserver.cli import main

if __name__ == "__main__":
    main(prog_name="eoxserver")
