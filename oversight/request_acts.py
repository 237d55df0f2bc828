"""What can be done with a request: one page each, with its words and its form."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from oversight.models import SubjectRequest
from oversight.models.request_words import RequestState
from oversight.request_act_forms import (
    DecisionForm,
    IdentityForm,
    NoteForm,
    NothingForm,
    NumberForm,
    ReasonForm,
    ReferenceForm,
    SentForm,
    ToldReasonForm,
    ToPersonForm,
)
from oversight.services.requests import deciding, erasing, handling

S = RequestState
OPEN = (S.RECEIVED, S.IDENTITY, S.WAITING, S.IN_WORK)


def _decide(*, actor: Any, request: SubjectRequest, **values: Any) -> SubjectRequest:
    return deciding.decide(actor=actor, request=request, decision=deciding.Decision(**values))


@dataclass(frozen=True, slots=True)
class Act:
    """`states` are those in which it is offered; whether it goes, the service says."""

    title: str | Promise
    explanation: str | Promise
    button: str | Promise
    form: type[forms.Form]
    run: Callable[..., object]
    states: tuple[RequestState, ...] = OPEN

    def form_for(self, request: SubjectRequest, data: Any = None) -> forms.Form:
        return DecisionForm(request, data) if self.form is DecisionForm else self.form(data)


ACTS: dict[str, Act] = {
    "take": Act(
        _("Take the request"),
        _("You answer for it from now on. Whoever had it before does not any more."),
        _("Take it"),
        NothingForm,
        handling.take,
    ),
    "identity": Act(
        _("Check the identity"),
        _("Say how it was shown that the request comes from the person concerned."),
        _("The identity is checked"),
        IdentityForm,
        handling.check_identity,
    ),
    "work": Act(
        _("Work on it without an identity check"),
        _("A correction may need none, and a refusal neither. Access and erasure do."),
        _("Begin the work"),
        NothingForm,
        handling.begin_work,
        (S.RECEIVED, S.IDENTITY, S.WAITING),
    ),
    "subjects": Act(
        _("Choose a subject"),
        _("The galleries are looked through by the reference, never by a face."),
        _("Choose it"),
        ReferenceForm,
        handling.add_subjects,
    ),
    "ask": Act(
        _("Ask the person"),
        _("The person reads the message under the link. The time for the answer runs on."),
        _("Send the message"),
        ToPersonForm,
        handling.ask_person,
    ),
    "extend": Act(
        _("Extend the time"),
        _("By two months, once, where requests are complex or many."),
        _("Extend it"),
        ToldReasonForm,
        handling.extend,
    ),
    "decide": Act(
        _("Decide"),
        _("The letter is made from the data at once. A decision cannot be changed."),
        _("Decide, and make the letter"),
        DecisionForm,
        _decide,
        (S.IN_WORK,),
    ),
    "sent": Act(
        _("Mark the letter as sent"),
        _("From then on the person can read it under the link, whichever way you choose."),
        _("It is sent"),
        SentForm,
        deciding.mark_sent,
        (S.DECIDED,),
    ),
    "erase": Act(
        _("Erase the chosen subjects"),
        _(
            "Their pictures, templates and references go from all galleries, and cannot be brought"
            " back. When the receipt is there, this request is marked as erased and the person is"
            " told."
        ),
        _("Erase them for good"),
        NothingForm,
        erasing.erase_chosen,
        (S.DECIDED,),
    ),
    "erased": Act(
        _("Mark the erasure as done"),
        _("Only if everything concerned is gone from the galleries. A second letter says so."),
        _("It is erased"),
        NothingForm,
        deciding.mark_erased,
        (S.DECIDED,),
    ),
    "note": Act(
        _("Write a note"),
        _("Also after the decision."),
        _("Keep the note"),
        NoteForm,
        handling.add_note,
        tuple(S),
    ),
    "duplicate": Act(
        _("Link an earlier request"),
        _("Where the person has asked for the same before. Each is answered all the same."),
        _("Link it"),
        NumberForm,
        handling.link_duplicate,
    ),
    "withdraw": Act(
        _("The person withdraws"),
        _("Where the person told you so. It cannot be taken back."),
        _("Withdraw the request"),
        ReasonForm,
        handling.withdraw_for,
    ),
    "lapse": Act(
        _("Let the request lapse"),
        _("Where the person was asked and has not answered for 30 days. It cannot be taken back."),
        _("Let it lapse"),
        ReasonForm,
        handling.lapse,
        (S.WAITING,),
    ),
}


def acts_for(request: SubjectRequest) -> list[tuple[str, Act]]:
    """The acts that the page offers now."""
    offered = [(name, act) for name, act in ACTS.items() if request.state in act.states]
    done = {"sent": request.sent_at is not None, "erased": not request.is_to_be_erased}
    done["erase"] = not request.is_to_be_erased
    done["extend"] = request.extended_at is not None
    return [(name, act) for name, act in offered if not done.get(name)]
