"""The icons a phone shows on its home screen, drawn from `web/ui/pages/icon.svg` by the Chromium of the browser tests.

`python scripts/draw_icons.py` writes them beside it; they are kept in the repository, so no build needs a browser.
"""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.browser import chromium  # noqa: E402

PAGES = ROOT / "web" / "ui" / "pages"
GROUND = "#0d5c54"
"""The icon's own ground: a phone may cut a maskable icon to any shape, so it reaches into every corner."""
ICONS = {
    "icon-192.png": (192, ""),
    "icon-512.png": (512, ""),
    "icon-maskable-512.png": (512, GROUND),
}
STYLE = "<style>* { margin: 0 } svg { display: block }</style>"


def main() -> int:
    """Draw all of them."""
    svg = (PAGES / "icon.svg").read_text(encoding="utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=chromium.arguments())
        for name, (side, ground) in ICONS.items():
            page = browser.new_page(viewport={"width": side, "height": side})
            page.set_content(f"{STYLE} <body bgcolor='{ground}'>{svg}")
            page.screenshot(path=PAGES / name, omit_background=True)
            page.close()
        browser.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
