"""An address as a code to be scanned, from a screen or from paper."""

from __future__ import annotations

import io

import segno


def address_code(address: str) -> str:
    """Draw an address as SVG, with the quiet margin that readers need."""
    drawing = io.BytesIO()
    # Explicit white: on a dark page a transparent code cannot be read.
    segno.make(address, error="m", micro=False).save(
        drawing, kind="svg", scale=8, border=4, light="#fff", xmldecl=False, nl=False
    )
    return drawing.getvalue().decode()
