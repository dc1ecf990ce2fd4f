# SPDX-License-Identifier: MIT
"""WMS 1.3.0 as a value."""

from __future__ import annotations

from eoxserver.services.ows.exceptions import service_exception_report
from eoxserver.services.ows.versions import Version
from eoxserver.services.wms.v13.capabilities import write_capabilities
from eoxserver.services.wms.v13.decode import decode_error_form, decode_get_map
from eoxserver.services.wms.versions import MapVersion

__all__ = ["V13"]

V13 = MapVersion(
    version=Version("1.3.0", r"1\.3\.0"),
    decode_get_map=decode_get_map,
    decode_error_form=decode_error_form,
    write_capabilities=write_capabilities,
    write_report=service_exception_report,
)
