# SPDX-License-Identifier: MIT
"""From the syntax tree of a query to the plan it is: every rule of the language that needs no cell (sections 3 to 7).

``open_scope`` makes the scope of a query, ``bind`` that of one of its iterations, ``compile_expression`` a value: a
step of the plan, or text. Whatever is wrong is said with the place in the query, under the code of its kind.
"""

from eoxserver.services.wcps.compile.expressions import compile_expression, open_scope
from eoxserver.services.wcps.compile.names import bind
from eoxserver.services.wcps.compile.scope import Compilation, Scope
from eoxserver.services.wcps.compile.values import (
    CoverageValue,
    DomainValue,
    InstantsValue,
    ListValue,
    OutlinesValue,
    ShapeValue,
    TextValue,
    Value,
)

__all__ = [
    "Compilation", "CoverageValue", "DomainValue", "InstantsValue", "ListValue", "OutlinesValue", "Scope",
    "ShapeValue", "TextValue", "Value", "bind", "compile_expression", "open_scope",
]  # fmt: skip
