# SPDX-License-Identifier: MIT
"""The version of the catalogue: one number, which grows with every write in the transaction of that write.

Triggers count (``versioning``), so that no way of writing passes them by. The first number is the time at which the
database was made [s since 1970]: a new database under an old address never repeats the numbers of the old one.
"""

from __future__ import annotations

from django.db import models

__all__ = ["CatalogueVersion"]


class CatalogueVersion(models.Model):
    """A table of one row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    number = models.BigIntegerField()

    class Meta:
        """There is one row."""

        verbose_name = "catalogue version"

    def __str__(self) -> str:
        return str(self.number)
