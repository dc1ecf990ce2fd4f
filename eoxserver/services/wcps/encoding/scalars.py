# SPDX-License-Identifier: MIT
"""Single values as text: what a query without ``encode`` answers.

Integers are written in full, real numbers in the shortest form that reads back as the same value, truth values as
``true`` and ``false``, complex numbers as ``(re,im)``, several fields as ``{ v1, v2 }``.
"""

from __future__ import annotations

from collections.abc import Sequence

from eoxserver.backends.encoders.texts import CSV, column_texts
from eoxserver.core.coverage import Cells
from eoxserver.core.fields import Field
from eoxserver.services.wcps.encoding.plain import plain_cells

__all__ = ["scalar_text"]


def scalar_text(cells: Cells, fields: Sequence[Field]) -> str:
    """The text of the one cell there is.

    Parameters
    ----------
    cells : Cells
        Of shape (field,): read from a coverage without axes. A nil cell is its field's nil value, else 0.
    fields : sequence of Field

    >>> import numpy as np
    >>> scalar_text(Cells(np.array([1.5, 2.0])), [Field("a", np.dtype("f8")), Field("b", np.dtype("u1"))])
    '{ 1.5, 2 }'
    """
    plain = plain_cells(cells, fields)
    texts = [
        column_texts(
            plain.values[number].reshape(1),
            None if plain.valid is None else plain.valid[number].reshape(1),
            field,
            CSV,
        )[0]
        for number, field in enumerate(fields)
    ]
    return texts[0] if len(texts) == 1 else f"{{ {', '.join(texts)} }}"
