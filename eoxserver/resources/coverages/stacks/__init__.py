# SPDX-License-Identifier: MIT
"""Reading stacks: n-D coverages over files that stay where they are.

``index`` finds the files of a box and ``source`` reads their cells as those of one coverage; where cells belong in the
grid is ``places``. Files get into the catalogue through ``stacking``.
"""
