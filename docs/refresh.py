"""Renew the pages that are written from the program: ``python docs/refresh.py``."""

from pathlib import Path

from gridplan.config.reference import rewrite
from gridplan.tables import renew_page

DOCS = Path(__file__).resolve().parent

if __name__ == "__main__":
    rewrite(DOCS / "configuration.md")
    formats = DOCS / "file-formats.md"
    formats.write_text(renew_page(formats.read_text("utf-8")), "utf-8")
