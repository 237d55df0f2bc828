"""Whose subject a shared candidate is: only the owner can read it, and only when it is asked.

The code of a candidate is sealed by the owner's key and lies with the search of the other agency.
So the owner does not learn whom another agency looks at, and the other agency not who it is, until
one follows up a lead and hands the code over.
"""

import binascii
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode

from django.db import transaction

from accounts.access import files_of
from accounts.actor import Actor
from accounts.permissions import Permission
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.keys import KeyProblem
from searches.faults import Fault
from searches.models import GrantUse, SharedFace, Subject, UseState

# What the code is bound to in the owner's store.
BOUND_TO = "origin of a shared face"


def seal_origin(owner_id: int, *, subject: str, grant: str, search: str) -> bytes:
    """The code of a candidate's origin; made in the owner's scope."""
    text = json.dumps({"subject": subject, "grant": grant, "search": search})
    return files_of(owner_id).seal_text(text, BOUND_TO)


def code_of(face: SharedFace) -> str:
    """The code as it is handed over."""
    return urlsafe_b64encode(bytes(face.origin)).decode()


@transaction.atomic
def resolve_origin(*, actor: Actor, code: str) -> Subject:
    """The subject of one's own gallery that a code names. Raises Fault for anything else."""
    actor.require(Permission.MANAGE_GALLERIES)
    try:
        sealed = urlsafe_b64decode("".join(code.split()).encode("ascii"))
        named = json.loads(files_of(actor.agency).unseal_text(sealed, BOUND_TO))
    except (KeyProblem, ValueError, binascii.Error) as error:
        raise Fault("origin_unknown") from error
    uses = GrantUse.objects.filter(grant=named["grant"], search_id=named["search"])
    subject: Subject | None = Subject.objects.filter(pk=named["subject"]).first()
    if subject is None or not uses.filter(state=UseState.DONE).exists():
        raise Fault("origin_unknown")
    facts = {"gallery": str(subject.gallery_id), "search": named["search"]}
    record(actor, Action.ORIGIN_RESOLVED, subject, facts)
    return subject
