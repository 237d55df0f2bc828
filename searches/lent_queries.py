"""Loans as pages list them, on both sides."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.actor import Actor
from accounts.models import Agency, User
from portal.tenancy import scope
from searches.models import Examination, ExaminationState, ExaminerLoan, LoanState, Search
from searches.models.stage import ROUND_OF


@dataclass(frozen=True, slots=True)
class Loan:
    """A loan with the words around it; `person` and `agency` are empty where they are not told."""

    row: ExaminerLoan
    state: str
    label: str
    person: str
    agency: str

    @property
    def stands(self) -> bool:
        return self.row.stands and self.state != DONE


# Beside the states of a loan's own: the round that it was for is submitted.
DONE = "done"


def lent_to(actor: Actor) -> QuerySet[ExaminerLoan]:
    """What other agencies ask of this person, at the agency they work in."""
    return lent_out(actor).filter(borrowed_id=actor.user_id)


def lent_out(actor: Actor) -> QuerySet[ExaminerLoan]:
    """Everything for which people of this agency are lent."""
    # The manager shows one's own agency's rows; row-level security those that name it, too.
    rows: QuerySet[ExaminerLoan] = ExaminerLoan._base_manager.filter(lending_agency_id=actor.agency)
    return rows.order_by("-granted_at")


def from_outside(loans: Iterable[ExaminerLoan]) -> list[Loan]:
    """For the lending agency: who is lent, and to which agency. Nothing of the search."""
    rows = list(loans)
    names = _people(rows)
    agencies = _names({row.agency_id for row in rows})
    return [
        Loan(
            row,
            *((DONE, _("Over")) if _is_round_over(row) else (row.state, str(row.state.label))),
            person=names.get(row.borrowed_id, ""),
            agency=agencies[row.agency_id],
        )
        for row in rows
    ]


def _is_round_over(row: ExaminerLoan) -> bool:
    """Whether a loan that stands has nothing left to do: somebody submitted the round."""
    if not row.stands:
        return False
    with scope(row.agency_id):
        stage = Search.objects.values_list("stage", flat=True).get(pk=row.search_id)
    return ROUND_OF.get(stage) != row.round  # type: ignore[call-overload,no-any-return]


def of_search(search: Search) -> list[Loan]:
    """For the owning agency: whom it asked, and who they are once they opened it."""
    rows = list(search.loans.all())
    known = [row for row in rows if row.opened_at is not None]
    names = _people(known)
    agencies = _names({row.lending_agency_id for row in known})
    submitted = set(
        Examination.objects.filter(search=search, state=ExaminationState.SUBMITTED).values_list(
            "round", "examiner_id"
        )
    )
    found = []
    for row in rows:
        told = row.opened_at is not None
        state, label = _told_state(row, submitted)
        found.append(
            Loan(
                row,
                state,
                label,
                names.get(row.borrowed_id, "") if told else "",
                agencies[row.lending_agency_id] if told else "",
            )
        )
    return found


def _told_state(row: ExaminerLoan, submitted: set[tuple[int, int]]) -> tuple[str, str]:
    if row.opened_at is not None and (row.round, row.borrowed_id) in submitted:
        return DONE, _("Examined")
    state: LoanState = row.state
    return state, str(state.label)


def _people(rows: Iterable[ExaminerLoan]) -> dict[int | None, str]:
    keys = [row.person for row in rows if row.borrowed_id is not None]
    people = User.objects.filter(pk__in=keys)
    return {user.pk: f"{user.name} ({user.email})" for user in people}


def _names(agencies: set[int | None]) -> dict[int | None, str]:
    """The names of agencies that a loan brought together; each is asked in its own scope."""
    found: dict[int | None, str] = {}
    for agency_id in agencies:
        if agency_id is not None:
            with scope(agency_id):
                found[agency_id] = Agency.objects.values_list("name", flat=True).get(pk=agency_id)
    return found
