"""Forms that go on where their owner left off, and what the page says of it."""

from dataclasses import dataclass

from accounts.actor import Actor
from searches.drafts import Values, initial_for
from searches.models import Case, Probe, SearchDraft
from searches.services.drafts import entered_in, own_draft


@dataclass(frozen=True, slots=True)
class Begun:
    """What a form begins with. `face_left_out`: the picture was changed after one was chosen."""

    draft: SearchDraft | None
    initial: Values
    face_left_out: bool = False


def begun_upload(actor: Actor, case: Case) -> Begun:
    """What this person entered beside a picture that is not uploaded yet."""
    draft = own_draft(actor, case, None)
    return Begun(draft, entered_in(draft) if draft else {})


def begun_search(actor: Actor, probe: Probe) -> Begun:
    """What this person entered for a search with this picture, as far as it still holds."""
    draft = own_draft(actor, probe.case, probe)
    if draft is None:
        return Begun(None, {})
    values, face_left_out = initial_for(probe, entered_in(draft))
    return Begun(draft, values, face_left_out)
