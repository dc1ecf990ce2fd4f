# SPDX-License-Identifier: MIT
"""From a plan to a coverage whose cells are computed when they are read.

``evaluate`` reads nothing. The source of its result is lazy and thread-safe: a box pulls what it needs of the inputs,
at the level (overview) that suits its resolution, and holds no more than ``Options.window_bytes`` of it at once.
"""

from __future__ import annotations

from eoxserver.core.coverage import Coverage
from eoxserver.query.plan import Node
from eoxserver.query.resolver import Resolver
from eoxserver.query.rewrite import rewrite
from eoxserver.query.steps import Lookup, Options
from eoxserver.query.transforms import TransformCache

__all__ = ["Options", "evaluate"]


def evaluate(
    plan: Node, lookup: Lookup, options: Options | None = None, transforms: TransformCache | None = None
) -> Coverage:
    """The coverage a plan describes.

    Its identifier and metadata are those of the first coverage the plan reads.

    Parameters
    ----------
    lookup : callable
        From an identifier to a coverage.
    transforms : TransformCache, optional
        Shared between requests by whoever evaluates many.

    Raises
    ------
    EOxServerError
        When the plan asks for what its coverages do not have.
    """
    resolver = Resolver(lookup, options or Options(), transforms or TransformCache())
    return resolver.resolve(rewrite(plan, lookup)).coverage
