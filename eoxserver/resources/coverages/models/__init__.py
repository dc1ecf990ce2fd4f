# SPDX-License-Identifier: MIT
"""The models of the catalogue: what is served, as Django knows it.

``EOObject`` is the base of all: something with an identifier, a time span and a footprint. ``Coverage`` and its kinds
have a domain and a range type, ``Collection`` and ``DatasetSeries`` gather any objects. Everything is QuerySets.
"""

from eoxserver.resources.coverages.models.announcements import InspireMark, ServiceText
from eoxserver.resources.coverages.models.axes import Axis
from eoxserver.resources.coverages.models.collections import Collection, DatasetSeries, Membership
from eoxserver.resources.coverages.models.coverages import (
    Coverage,
    RectifiedDataset,
    RectifiedGrid,
    ReferenceableDataset,
)
from eoxserver.resources.coverages.models.eo_objects import EOObject, EOObjectManager, EOObjectQuerySet
from eoxserver.resources.coverages.models.mosaics import MosaicMember, RectifiedStitchedMosaic
from eoxserver.resources.coverages.models.parts import MetadataBound, MetadataPart
from eoxserver.resources.coverages.models.pending import PendingCube
from eoxserver.resources.coverages.models.pyramids import PyramidMember
from eoxserver.resources.coverages.models.stacks import SLICE, Stack, StackSlice
from eoxserver.resources.coverages.models.version import CatalogueVersion
from eoxserver.resources.coverages.models.virtual import VirtualSource

__all__ = [
    "SLICE", "Axis", "CatalogueVersion", "Collection", "Coverage", "DatasetSeries", "EOObject", "EOObjectManager",
    "EOObjectQuerySet", "InspireMark", "Membership", "MetadataBound", "MetadataPart", "MosaicMember", "PendingCube",
    "PyramidMember", "RectifiedDataset", "RectifiedGrid", "RectifiedStitchedMosaic", "ReferenceableDataset",
    "ServiceText", "Stack", "StackSlice", "VirtualSource",
]  # fmt: skip
