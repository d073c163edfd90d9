"""An address as a QR code."""

from __future__ import annotations

import io

import segno

DARK_MODULES, LIGHT_MODULES = "#14213A", "#FFFFFF"
# Modules of white around the code: as many as the standard asks for (ISO/IEC 18004).
QUIET_ZONE = 4


def qr_code(address: str) -> str:
    """Return the address as a QR code, an SVG drawing: dark on white whatever the theme, or phones could not read it.

    Error correction is M (15 % of the code may be hidden).
    """
    out = io.BytesIO()
    segno.make_qr(address, error="m").save(
        out, kind="svg", dark=DARK_MODULES, light=LIGHT_MODULES, border=QUIET_ZONE, xmldecl=False, omitsize=True
    )
    return out.getvalue().decode()
