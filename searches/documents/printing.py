"""PDF documents from typst: tagged (PDF/UA-1) and to be kept (PDF/A-2a), the same bytes each time.

Texts and pictures travel as data, never as typst source: whatever somebody wrote comes out as
they wrote it.
"""

import json
import re
import unicodedata
from base64 import b64encode
from datetime import datetime
from pathlib import Path
from typing import Any

import typst

STANDARDS = ["ua-1", "a-2a"]
LONGEST_WORD = 24

# What the fonts inside the typst package can show; a PDF/A with another character is refused.
PRINTABLE = (
    (0x20, 0x7E), (0xA0, 0xAC), (0xAE, 0x24F), (0x2B0, 0x2FF), (0x370, 0x377), (0x37A, 0x37F),
    (0x384, 0x38A), (0x38C, 0x38C), (0x38E, 0x3A1), (0x3A3, 0x482), (0x48A, 0x4FF),
    (0x5D0, 0x5EA), (0x1E00, 0x1F15), (0x1F18, 0x1F1D), (0x1F20, 0x1F45), (0x1F48, 0x1F4D),
    (0x1F50, 0x1F57), (0x1F5F, 0x1F7D), (0x2010, 0x2027), (0x202F, 0x2040), (0x2044, 0x2052),
    (0x2070, 0x2071), (0x2074, 0x208E), (0x20A0, 0x20BF), (0x2100, 0x211E), (0x2122, 0x2122),
    (0x2153, 0x2184), (0x2190, 0x22FF),
)  # fmt: skip
_OTHER = re.compile("[^\n{}]".format("".join(f"{chr(a)}-{chr(b)}" for a, b in PRINTABLE)))


def printable(text: str) -> str:
    """A text as it can be printed: what no font has is named, as in [U+1F600]."""
    composed = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\t", " "))
    return _OTHER.sub(lambda found: f"[U+{ord(found[0]):04X}]", composed)


def breakable(text: str) -> str:
    """Words too long for a column get places to break at, which are not seen."""
    return re.sub(rf"\S{{{LONGEST_WORD}}}(?=\S)", lambda found: f"{found[0]}\u200b", text)


def words(value: Any) -> str:
    """Somebody's text or a translated one, ready for a document."""
    return breakable(printable(str(value)))


def picture(jpeg: bytes | None, width: int, height: int) -> str:
    """A JPEG as the SVG that typst takes as text; "" for none."""
    if not jpeg:
        return ""
    size = f'width="{int(width)}" height="{int(height)}"'
    data = f"data:image/jpeg;base64,{b64encode(jpeg).decode()}"
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}><image {size} href="{data}"/></svg>'


def compile_pdf(template: Path, data: dict[str, Any], made_at: datetime) -> bytes:
    """A document of the template with this data, and with the moment of its making."""
    options: dict[str, Any] = {
        "format": "pdf",
        "pdf_standards": STANDARDS,
        "font_paths": typst.Fonts(include_system_fonts=False),
        "sys_inputs": {"data": json.dumps(data)},
        "timestamp": int(made_at.timestamp()),
    }
    made: bytes = typst.compile(template.read_bytes(), **options)
    return made
