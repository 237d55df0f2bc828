"""Two agencies, one of which lends its examiner to the other."""

from collections.abc import Callable
from dataclasses import dataclass

from django.test import Client
from django.urls import reverse

from accounts.access import actor_of
from accounts.actor import Actor
from accounts.models import Agency, Membership, User
from portal.audit.models import AuditEntry
from portal.tenancy import scope
from searches.models import ExaminerLoan

REASON = "Both of our examiners know the victim"
DECISION = {"nose": "dissimilar", "disposition": "excluded", "comment": ""}


@dataclass
class Lender:
    """Birch, which lends its examiners; Eva is one of them."""

    agency: Agency
    eva: User
    admin: User
    supervisor: User

    def actor(self, user: User) -> Actor:
        with scope(self.agency.pk):
            member = Membership.objects.get(user=user)
            return actor_of(user, Agency.objects.get(pk=self.agency.pk), member, "127.0.0.1")


Ask = Callable[..., ExaminerLoan]


def open_as(client: Client, user: User, loan: ExaminerLoan) -> int:
    client.force_login(user)
    return client.post(reverse("lent", args=[loan.pk])).status_code


def pages_of(loan: ExaminerLoan) -> list[str]:
    """Everything that a loan opens."""
    whole = ("", "_submit", "_return", "_probe_face", "_probe_close_up", "_probe_picture")
    of_a_face = ("_face", "_face_portrait", "_face_close_up", "_face_picture")
    return [
        *(reverse(f"lent_examination{name}", args=[loan.pk]) for name in whole),
        reverse("lent_examination_probe_original", args=[loan.pk]),
        *(reverse(f"lent_examination{name}", args=[loan.pk, 1]) for name in of_a_face),
    ]


def statuses(client: Client, addresses: list[str]) -> set[int]:
    return {client.get(address).status_code for address in addresses}


def actions(agency: Agency) -> list[str]:
    with scope(agency.pk):
        rows = AuditEntry.objects.filter(agency_id=agency.pk).order_by("pk")
        kinds = ("examiner.", "loan.", "lent_out.")
        return [str(row.action) for row in rows if row.action.startswith(kinds)]
