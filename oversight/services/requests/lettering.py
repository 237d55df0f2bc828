"""Making and keeping a letter."""

from hashlib import sha256

from django.utils import timezone

from accounts.access import files_of
from accounts.actor import Actor
from accounts.models import Agency
from oversight.letters.findings import findings_of
from oversight.letters.letter import letter_pdf
from oversight.models import RequestLetter, SubjectRequest
from oversight.models.request_words import LetterAbout
from portal.audit.actions import Action
from portal.audit.recorder import record


def make_letter(
    actor: Actor, agency: Agency, row: SubjectRequest, about: LetterAbout
) -> RequestLetter:
    """Make the letter of a decided request in the open transaction, sealed, and record its hash."""
    now = timezone.now()
    made = letter_pdf(agency, row, about, findings_of(row), now)
    store, digest = files_of(agency.pk), sha256(made).hexdigest()
    key = store.put(made)
    try:
        letter = RequestLetter.objects.create(
            request=row,
            about=about,
            language=row.language,
            file_key=key,
            sha256=digest,
            made_at=now,
            made_by_label=actor.label,
        )
        facts = {"about": str(about), "language": row.language, "sha256": digest}
        record(actor, Action.REQUEST_LETTER_MADE, row, facts)
    except BaseException:
        store.delete(key)
        raise
    return letter
