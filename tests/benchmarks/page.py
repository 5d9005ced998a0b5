"""How long Chromium takes to open conformance.html, and how large it is.

    python tests/benchmarks/page.py [PAGE ...]       the published runs, if none is named

A copy of the page that lets a script run says when all of it was laid out. Run it on a machine that does nothing else.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PUBLISHED = Path(__file__).parents[2] / "reports" / "published"
SAY = """<script>
addEventListener("load", () => {
  document.body.getBoundingClientRect();
  document.title = performance.now();
});
</script>"""


def opened(chromium, page):
    """Milliseconds from the start of the navigation until all of the page is parsed and laid out."""
    html = re.sub('<meta http-equiv="Content-Security-Policy"[^>]*>', SAY, page.read_text(encoding="utf-8"), count=1)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "page.html"
        copy.write_text(html, encoding="utf-8")
        command = [chromium, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}/profile"]
        dump = [*command, "--dump-dom", copy.as_uri()]
        dom = subprocess.run(dump, capture_output=True, text=True, check=True).stdout
    return float(dom.split("<title>")[1].split("</title>")[0])


def main(words):
    chromium = shutil.which("chromium") or shutil.which("google-chrome") or sys.exit("there is no Chromium here")
    for page in map(Path, words) if words else sorted(PUBLISHED.glob("*/*.html")):
        if page.name != "report.html":
            best = min(opened(chromium, page) for _ in range(5))
            print(f"{page}: {page.stat().st_size / 1e6:.1f} MB, open after {best:.0f} ms")


if __name__ == "__main__":
    main(sys.argv[1:])
