"""When, where and by what a picture was taken, as whoever uploads it says."""

from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from accounts.licensing import local_day
from accounts.models import Agency
from searches.faults import Fault
from searches.models import CaptureKind

MAX_TEXT = 300


@dataclass(frozen=True, slots=True)
class Capture:
    """The facts of a probe's capture. `place` and `device` are kept sealed."""

    captured_on: date
    kind: str
    place: str
    device: str = ""

    def __post_init__(self) -> None:
        if self.kind not in CaptureKind.values:
            raise Fault("capture_kind_unknown")
        if not self.place.strip():
            raise Fault("capture_place_missing")
        if max(len(self.place), len(self.device)) > MAX_TEXT:
            raise Fault("capture_text_too_long")


def require_past(capture: Capture, agency_id: int) -> None:
    """Raises Fault when the day of capture has not come yet where the agency is."""
    time_zone = Agency.objects.values_list("time_zone", flat=True).get(pk=agency_id)
    if capture.captured_on > local_day(timezone.now(), time_zone):
        raise Fault("capture_in_future")
