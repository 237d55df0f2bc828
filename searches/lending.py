"""How a person lent gets to the one examination: asked anew on every request.

They are logged in at their own agency. What they do runs in the owning agency's scope, with an
actor who may examine and nothing else; which search, and which examination, the loan says and not
the request.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import IntegrityError
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from accounts.access import is_working
from accounts.actor import Actor
from accounts.http import AgencyRequest
from accounts.models import Membership
from accounts.permissions import Permission
from portal.tenancy import scope
from searches.lent_queries import lent_to
from searches.models import Examination, ExaminationState, ExaminerLoan, Search
from searches.models.stage import ROUND_OF
from searches.services.stages import is_locked

View = Callable[..., HttpResponseBase]
# The workbench's first page, where its pages lie, and its first page under a loan.
FRONT, OWN, BENCH = "examination", "examinations/<uuid:pk>/", "lent_examination"


class LentRequest(AgencyRequest):
    """A request of a person lent: `agency` stays their own, `actor` acts in the owning one."""

    lent: ExaminerLoan


class LoanOver(Exception):
    """The loan was this person's, and nothing can be done by it now."""


def loan_for(request: AgencyRequest, pk: UUID) -> ExaminerLoan:
    """A loan that names this person at the agency they work in, over or not. Else 404."""
    loan = lent_to(request.actor).filter(pk=pk).first()
    if loan is None:
        raise Http404("loan")
    return loan


@contextmanager
def in_owner_agency(request: AgencyRequest, pk: UUID) -> Iterator[LentRequest]:
    """The request as it is in the owning agency, inside its scope.

    Raises Http404 for a loan that names somebody else, PermissionDenied for a person who may not
    examine at home (the role, the training, an agency that is suspended), and LoanOver.
    """
    loan = loan_for(request, pk)
    request.actor.require(Permission.EXAMINE)
    if not loan.stands or not request.policy.lend_examiners:
        raise LoanOver
    with scope(loan.agency_id):
        _require_open(loan)
        lent = copy(request)
        lent.actor = _borrowed(request.actor, loan)
        lent.lent = loan  # type: ignore[attr-defined]
        yield lent  # type: ignore[misc]


def _borrowed(actor: Actor, loan: ExaminerLoan) -> Actor:
    return Actor(
        user_id=actor.user_id,
        label=actor.label,
        agency_id=loan.agency_id,
        permissions=frozenset({Permission.EXAMINE}),
        source=actor.source,
    )


def _require_open(loan: ExaminerLoan) -> None:
    """Raise LoanOver unless this round of the search waits for this person, in its agency."""
    if not is_working(loan.agency_id):
        raise LoanOver
    # Who became a member meanwhile works there as one.
    if Membership.objects.filter(user_id=loan.person, deactivated_at=None).exists():
        raise LoanOver
    search = Search.objects.get(pk=loan.search_id)
    if ROUND_OF.get(search.stage) != loan.round or is_locked(search):  # type: ignore[call-overload]
        raise LoanOver
    standing = Examination.objects.filter(search=search, round=loan.round)
    taken = standing.exclude(state=ExaminationState.RETURNED).exclude(examiner_id=loan.person)
    if taken.exists():
        raise LoanOver


def own_examination(loan: ExaminerLoan) -> Examination | None:
    """The open examination that was begun by a loan; asked in the owning agency's scope."""
    own = Examination.objects.filter(search_id=loan.search_id, round=loan.round)
    return own.filter(examiner_id=loan.person, state=ExaminationState.OPEN).first()


def lent(view: View) -> View:
    """A page of the workbench for a person lent; it gets the examination of the loan as `pk`.

    404 before it is begun. A loan that is over, also in the middle of the work, is a page that says
    so.
    """

    @wraps(view)
    def guarded(request: AgencyRequest, loan: UUID, **kwargs: Any) -> HttpResponseBase:
        try:
            with in_owner_agency(request, loan) as borrowed:
                examination = own_examination(borrowed.lent)
                if examination is None:
                    raise Http404("examination")
                response = view(borrowed, pk=examination.pk, **kwargs)
                has_left = own_examination(borrowed.lent) is None
        except LoanOver:
            return over(request)
        except IntegrityError as error:
            # Ended between the look at it and the act: the database refused.
            if "not_entitled" not in str(error):
                raise
            return over(request)
        if has_left:
            messages.success(request, _("You are done with this examination."))
            return redirect("loans")
        return _readdressed(response, examination, loan)

    return guarded


def _readdressed(
    response: HttpResponseBase, examination: Examination, loan: UUID
) -> HttpResponseBase:
    """The workbench's own addresses name the examination; here they name the loan instead.

    The one address is replaced as it is written in pages and redirects, so that the workbench knows
    nothing of loans, and its examinations have no address for a person lent.
    """
    own, under_loan = reverse(FRONT, args=[examination.pk]), reverse(BENCH, args=[loan])
    if "Location" in response:
        response["Location"] = response["Location"].replace(own, under_loan)
    if isinstance(response, HttpResponse) and response.get("Content-Type", "").startswith("text/"):
        response.content = response.content.replace(own.encode(), under_loan.encode())
    return response


def under_loan(pattern: URLPattern) -> URLPattern:
    """A page of the workbench (an address below `examinations/<uuid:pk>/`) under a loan."""
    rest = str(pattern.pattern).removeprefix(OWN)
    name = f"lent_{pattern.name}"
    return path(f"lent/<uuid:loan>/examination/{rest}", lent(pattern.callback), name=name)


def over(request: AgencyRequest) -> HttpResponse:
    """Nothing of the search, and that the loan has ended."""
    return render(request, "searches/lending/over.html", status=410)
