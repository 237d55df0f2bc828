"""Which face of a probe a search is for."""

from searches.faults import Fault
from searches.models import JobState, Probe


def chosen_face(probe: Probe, face_index: int | None) -> int:
    """The index of the face to search for; only an only face needs no choosing. Raises Fault."""
    if probe.is_erased:
        raise Fault("probe_erased")
    if probe.state != JobState.DONE:
        raise Fault("probe_not_ready")
    if not probe.faces:
        raise Fault("probe_without_face")
    if face_index is None:
        if len(probe.faces) > 1:
            raise Fault("face_not_chosen")
        return 0
    if not 0 <= face_index < len(probe.faces):
        raise Fault("face_not_in_probe")
    return face_index
