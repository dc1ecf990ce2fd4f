# SPDX-License-Identifier: MIT
"""Arrays in a rasdaman server, read where they are through its web access to rasql.

``client`` speaks HTTP, ``celltypes`` and ``answers`` understand what comes back, ``arrays`` finds out what a location
means, ``source`` reads cells, ``storage`` is the plugin, under the contracts ``ConnectedStorageInterface`` and
``DescribeStorageInterface`` of ``backends.storages.base``.
"""
