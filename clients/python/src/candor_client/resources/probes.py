"""Probes: pictures that are searched with."""

from datetime import date
from typing import Any

from candor_client.answers import Probe, ProbeRow
from candor_client.calls import Call, Progress, Script
from candor_client.operations import D, Resource, listing, operation
from candor_client.paging import Page, pages_of
from candor_client.reading import answer
from candor_client.saving import picture as picture_at
from candor_client.sending import File, attached


class Probes(Resource[D]):
    @listing
    def list(self, /, case: str, **filters: Any) -> Call[Page[ProbeRow]]:
        """The probes of a case."""
        return pages_of(f"cases/{case}/probes/", ProbeRow, filters)

    @operation
    def get(self, pk: str) -> Call[Probe]:
        return Call("GET", f"probes/{pk}/", answer(Probe))

    @operation
    def upload(
        self,
        case: str,
        picture: File | bytes,
        *,
        captured_on: date,
        capture_kind: str,
        capture_place: str,
        capture_device: str = "",
        progress: Progress | None = None,
    ) -> Call[Probe]:
        """Upload a picture into a case. Its faces are found a little later: wait for it."""
        form = {
            "captured_on": captured_on.isoformat(),
            "capture_kind": capture_kind,
            "capture_place": capture_place,
            "capture_device": capture_device,
        }
        files = {"picture": attached(picture, "picture", progress)}
        return Call("POST", f"cases/{case}/probes/", answer(Probe), form=form, files=files)

    @operation
    def picture(self, pk: str) -> Script[bytes]:
        """The picture upright, as it is searched with: a JPEG."""
        return picture_at(f"probes/{pk}/picture/")

    @operation
    def face_picture(self, pk: str, index: int) -> Script[bytes]:
        return picture_at(f"probes/{pk}/faces/{index}/")
