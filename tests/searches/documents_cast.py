"""A concluded search to make documents of, and how its PDFs and bundles are read."""

import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

from pypdf import PdfReader

from accounts.models import Agency
from searches.models import Basis, Search
from searches.services.authorizing import authorize_search
from searches.services.concluding import report_follow_up
from searches.services.disclosing import make_bundle
from searches.services.searching import run_search
from tests.factories import PDF, make_case, make_edit, make_probe, make_search, person_jpeg
from tests.portal.exports import run
from tests.searches.procedure import Office, examine, filled_gallery, make_office

WARRANT: dict[str, Any] = {
    "basis": Basis.AUTHORIZED,
    "reference": "Court of Harbour, 12/2026",
    "document": PDF,
}


def documented(agency: Agency, *, subjects: int = 8, limit: int = 5) -> tuple[Office, Search]:
    """An edited probe, searched with a warrant, disputed, adjudicated, and confirmed later."""
    office, gallery = make_office(agency), filled_gallery(agency, subjects)
    probe = make_probe(make_case(agency), person_jpeg(1))
    make_edit(probe)
    analyst = office.actor("analyst")
    search = make_search(probe, [gallery], run=False, limit=limit, actor=analyst, **WARRANT)
    reason = "The warrant names the camera"
    authorize_search(actor=office.actor("supervisor"), search=search, reason=reason)
    run_search(search.pk)
    search.refresh_from_db()
    examine(office.actor("first"), search, {1})
    examine(office.actor("second"), search, {1, 2})
    examine(office.actor("supervisor"), search, {2})
    note = {"outcome": "confirmed", "note": "A witness knows the person"}
    report_follow_up(actor=analyst, search=search, **note)
    return office, search


def text_of(pdf: bytes) -> str:
    pages = PdfReader(BytesIO(pdf)).pages
    return " ".join(" ".join(page.extract_text().split()) for page in pages)


def unpacked(office: Office, search: Search, folder: Path) -> Path:
    """The bundle that an auditor downloads, unpacked."""
    data = make_bundle(actor=office.actor("auditor"), search=search)
    with zipfile.ZipFile(data) as archive:
        archive.extractall(folder)
    return folder


def verified(bundle: Path, *options: str) -> tuple[int, str]:
    """What candor_verify.py says of a bundle, run from elsewhere without Django."""
    return run(bundle, *options)
