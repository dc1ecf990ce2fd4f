# SPDX-License-Identifier: MIT
"""Metadata readers: times, footprint and names of a scene, from a document that lies beside its data.

Each reader is a plugin (hook ``eoxs_metadata_readers``); its contract is :mod:`.base`. May import ``core``,
``plugins``, ``resources.coverages.footprints``, lxml and shapely.
"""
