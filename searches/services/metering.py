"""What searches and enrolled pictures take from the agency's license.

A job's quantity is reserved in the transaction that queues it and settled in the one that closes
it. The key names the job, so that trying again takes nothing more.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.utils import timezone

from accounts.faults import Fault as AccountFault
from accounts.licensing import Terms, usable_terms
from accounts.models import Kind
from accounts.purposes import Purpose
from accounts.services import quota
from searches.faults import Fault
from searches.models import Enrolment, FaceImage, Gallery, Job, Search
from searches.services.grant_uses import give_grants_back


@contextmanager
def _same_codes() -> Iterator[None]:
    """Faults of the license are faults of what was asked for; their codes are the same."""
    try:
        yield
    except AccountFault as fault:
        raise Fault(fault.code) from fault


def key_of(row: Job | FaceImage) -> str:
    """The name under which a search, an enrolment or a picture takes its quantity."""
    return f"{row._meta.model_name}:{row.pk}"


def terms_for_search(agency_id: int, purpose: str, galleries: Sequence[Gallery]) -> Terms:
    """The license a search may be done under. Raises Fault when it does not grant this one."""
    if purpose not in Purpose.values:
        raise Fault("purpose_unknown")
    with _same_codes():
        terms = usable_terms(agency_id, timezone.now())
    if purpose not in terms.purposes:
        raise Fault("purpose_not_licensed")
    if any(gallery.source_kind not in terms.source_kinds for gallery in galleries):
        raise Fault("source_kind_not_licensed")
    permitted = terms.galleries
    if permitted is not None and any(gallery.pk not in permitted for gallery in galleries):
        raise Fault("gallery_not_licensed")
    return terms


def terms_for_enrolment(gallery: Gallery) -> Terms:
    """The license a picture may be enrolled under. Raises Fault when it does not grant the kind."""
    with _same_codes():
        terms = usable_terms(gallery.agency_id, timezone.now())
    if gallery.source_kind not in terms.source_kinds:
        raise Fault("source_kind_not_licensed")
    return terms


def reserve_search(terms: Terms, search: Search) -> None:
    """Set one search aside. Raises Fault."""
    with _same_codes():
        quota.reserve(
            terms=terms,
            kind=Kind.SEARCH,
            quantity=1,
            key=key_of(search),
            purpose=search.purpose,
        )


def reserve_face(terms: Terms, enrolment: Enrolment) -> None:
    """Set one enrolled face aside. Raises Fault."""
    with _same_codes():
        quota.reserve(terms=terms, kind=Kind.FACE, quantity=1, key=key_of(enrolment))


def take_face(terms: Terms, image: FaceImage) -> None:
    """Count a picture that did not wait in the queue. Raises Fault."""
    with _same_codes():
        quota.take(terms=terms, kind=Kind.FACE, quantity=1, key=key_of(image))


def use(job: Job) -> None:
    """The job gives its result in this transaction. Raises Fault when nothing is reserved."""
    with _same_codes():
        quota.commit(key=key_of(job))


def give_back(job: Job) -> None:
    """The job has given no result: it costs nothing, also of what other agencies granted."""
    quota.release(key=key_of(job))
    if isinstance(job, Search):
        give_grants_back(job)
