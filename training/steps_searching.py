"""The steps to a first search, each known from what is in the database."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.actor import Actor
from accounts.permissions import Permission
from portal.audit.actions import Action
from portal.audit.models import AuditEntry
from searches.models import (
    Case,
    CaseMember,
    FollowUp,
    JobState,
    Probe,
    Search,
    Stage,
)
from training.services.practice import EXAMPLE, WAITING
from training.steps import Step, learner


def searching_steps(actor: Actor) -> list[Step]:
    search = _furthest(actor)
    probe = search.probe if search else _latest_probe(actor)
    case = probe.case if probe else Case.objects.filter(opened_by_id=actor.user_id).first()
    return [_example(actor), *_asking(case, probe, search), *_reading(actor, search)]


def _furthest(actor: Actor) -> Search | None:
    """The own search that shows most: one that is concluded, or else the latest."""
    own = Search.objects.filter(requested_by_id=actor.user_id).order_by("-created_at")
    rows = own.select_related("probe__case")
    return rows.filter(stage=Stage.CONCLUDED).first() or rows.first()


def _latest_probe(actor: Actor) -> Probe | None:
    own = Probe.objects.filter(requested_by_id=actor.user_id)
    return own.select_related("case").order_by("-created_at").first()


def _example(actor: Actor) -> Step:
    seen = CaseMember.objects.filter(case__number=EXAMPLE, user_id=learner(actor), ended_at=None)
    return Step(
        _("Look at an example"),
        _(
            "A case with one search that is concluded. See who did what, what two examiners"
            " decided, and what the conclusion says and does not say."
        ),
        actor.can(Permission.VIEW_ALL_CASES) or seen.exists(),
        _("Show me the example"),
        reverse("practice_example"),
        posts=True,
    )


def _asking(case: Case | None, probe: Probe | None, search: Search | None) -> list[Step]:
    return [
        Step(
            _("Open a case"),
            _("Every search belongs to a case and has its purpose. Make a number up."),
            case is not None,
            _("Open a case") if case is None else _("To your case"),
            reverse("case_new") if case is None else reverse("case", args=[case.pk]),
        ),
        Step(
            _("Add a picture"),
            _("Download one of the practice pictures, then hand it in on the page of your case."),
            probe is not None,
            _("To your case"),
            reverse("case", args=[case.pk]) if case else "",
            has_pictures=True,
        ),
        Step(
            _("Choose the face and search"),
            _(
                "Only the face that you choose is measured. State why it has to be searched for:"
                " examiners do not see it, auditors do."
            ),
            search is not None,
            _("To your picture"),
            reverse("probe", args=[probe.pk]) if probe else "",
        ),
    ]


def _reading(actor: Actor, search: Search | None) -> list[Step]:
    page = reverse("search", args=[search.pk]) if search else ""
    waits = search is not None and search.stage in WAITING
    concluded = search is not None and search.stage == Stage.CONCLUDED
    return [
        Step(
            _("Follow the search"),
            _("A worker compares the face with the gallery. It takes a few seconds."),
            search is not None and search.state == JobState.DONE,
            _("To your search"),
            page,
        ),
        Step(
            _("Have it examined"),
            _(
                "Nobody sees candidates before two examiners have decided about them without"
                " knowing of each other. Here two made-up examiners do it for you."
            ),
            concluded,
            _("Have the made-up examiners examine it") if waits else _("To your search"),
            reverse("practice_examine", args=[search.pk]) if search and waits else page,
            posts=waits,
        ),
        Step(
            _("Read the conclusion"),
            _("A lead at most: look for the statement, and for what would speak against it."),
            concluded and _has_looked(actor, search),
            _("To your search"),
            page if concluded else "",
        ),
        Step(
            _("Say what became of it"),
            _("Once other evidence is there, report below the result what it said of the lead."),
            concluded and FollowUp.objects.filter(search=search).exists(),
            _("To your search"),
            page if concluded else "",
        ),
    ]


def _has_looked(actor: Actor, search: Search | None) -> bool:
    looks = AuditEntry.objects.filter(
        agency_id=actor.agency,
        subject_type=Search._meta.model_name,
        subject_id=str(search.pk) if search else "",
        action=Action.CANDIDATES_VIEWED,
    )
    return looks.filter(actor_id=actor.user_id).exists()
