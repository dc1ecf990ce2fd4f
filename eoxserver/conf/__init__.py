# SPDX-License-Identifier: MIT
"""Configuration: the table of settings, its readers, the shipped defaults, and the folder of an instance.

:mod:`~eoxserver.conf.schema` is the table; :mod:`~eoxserver.conf.reader` reads ``eoxserver.conf`` and the environment,
:mod:`~eoxserver.conf.formats` reads ``formats.conf``, :mod:`~eoxserver.conf.reference` writes about both, and
:mod:`~eoxserver.conf.instance` makes new instances. This room imports ``core`` and the standard library only.
"""
