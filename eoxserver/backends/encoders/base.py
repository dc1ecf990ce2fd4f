# SPDX-License-Identifier: MIT
"""What an encoder is: it turns a coverage, pulled block by block, into bytes of one format.

``eoxserver.testing.contracts.EncoderContract`` is the test suite of this contract.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Protocol

from eoxserver.conf.schema import Settings
from eoxserver.core.coverage import Coverage
from eoxserver.core.errors import FormatNotSupported, suggest

__all__ = ["GENERIC", "Encoder", "Workspace", "encoder_for"]

GENERIC = "GDAL"
"""Key of the encoder of all drivers that have none of their own."""


@dataclass(frozen=True)
class Workspace:
    """What encoders may use beside the coverage itself."""

    directory: Path
    """For results too large for memory; files in it are removed when the answer is sent."""
    pool: Executor | None = None
    """Threads that read blocks ahead; None reads in the calling thread."""
    block_cells: int = 1 << 20
    """Cells of one block."""
    memory_bytes: int = 64 << 20
    """Results up to this size are made in memory."""
    config: Mapping[str, str] = field(default_factory=dict)
    """GDAL's configuration options for this one write; they hold in the writing thread alone, where GDAL writes."""


class Encoder(Protocol):
    """Writes the format of one GDAL driver name (``key``); key ``GDAL`` writes all that no other does.

    Instances are made once by the application and used from many threads.
    """

    key: ClassVar[str]

    def __init__(self, settings: Settings) -> None: ...

    def check(self, coverage: Coverage, driver: str, options: Mapping[str, str]) -> None:
        """Refuse what the format cannot hold, before any cell is read.

        Parameters
        ----------
        driver : str
            GDAL driver name; equals ``key`` but for the encoder of all others.
        options : mapping
            Encoding parameters of the request without their prefix (``compression``, ``predictor``, ...).

        Raises
        ------
        UnsupportedCombination
            Names what does not fit (number of axes, of fields, data type) and what would.
        InvalidParameterValue
            For an option that is unknown or has a bad value; its locator is the option.
        """

    def encode(
        self, coverage: Coverage, driver: str, options: Mapping[str, str], workspace: Workspace
    ) -> Iterator[bytes]:
        """Write the coverage and yield the bytes of the result.

        Cells are read through ``coverage.source`` in blocks; nothing is yielded before the data could be read at all.
        Closing the iterator removes temporary files.

        Raises
        ------
        UnsupportedCombination, InvalidParameterValue
            As ``check``.
        DataUnavailable
            When cells cannot be read.
        """


def encoder_for(encoders: Mapping[str, Encoder], driver: str) -> Encoder:
    """Answer the encoder of a GDAL driver: its own, else the generic one.

    Raises
    ------
    FormatNotSupported
        When there is neither.
    """
    found = encoders.get(driver) or encoders.get(GENERIC)
    if found is None:
        raise FormatNotSupported(f"no encoder writes {driver}; {suggest(driver, encoders)}", locator="format")
    return found
