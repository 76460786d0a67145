"""An address as a code to be scanned from paper."""

from __future__ import annotations

import io

import segno


def address_code(address: str) -> str:
    """Draw an address as SVG, with the quiet margin that readers need."""
    drawing = io.BytesIO()
    segno.make(address, error="m", micro=False).save(
        drawing, kind="svg", border=4, light="#fff", xmldecl=False, nl=False
    )
    return drawing.getvalue().decode()
