"""The examination of a person lent: that one, and nothing else of the agency."""

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from accounts.actor import Actor
from accounts.models import Agency, Role
from accounts.permissions import Permission
from portal.audit.models import AuditEntry
from portal.tenancy import scope
from searches.faults import Fault
from searches.models import Examination, FaceImage, Gallery, Search, Stage
from searches.services.examining import start_examination
from searches.services.lending import revoke_loan
from tests.conftest import join
from tests.factories import make_search
from tests.searches.lending.cast import DECISION, Ask, Lender, actions, open_as, pages_of, statuses
from tests.searches.procedure import Office, examine

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells", "in_alder")]


def test_first_by_an_own_examiner_second_by_a_lent_one_then_the_conclusion(
    client: Client, office: Office, search: Search, lender: Lender, ask: Ask
) -> None:
    examine(office.actor("first"), search)
    loan = ask()
    client.force_login(lender.eva)
    assert "Alder Police" in client.get(reverse("loans")).content.decode()
    response = client.post(reverse("lent", args=[loan.pk]))
    assert response["Location"] == reverse("lent_examination", args=[loan.pk])
    # The pictures of the gallery are made up and cannot be cut; the others can be shown.
    shown = [at for at in pages_of(loan) if not at.endswith(("1/close-up/", "1/picture/"))]
    assert statuses(client, shown) == {200, 302}
    examination = Examination.objects.get(round=2)
    for item in examination.items.all():
        at = reverse("lent_examination_decide", args=[loan.pk, item.position])
        decided = client.post(at, DECISION)
        assert decided["Location"].startswith(f"/lent/{loan.pk}/examination/"), decided["Location"]
    done = client.post(reverse("lent_examination_submit", args=[loan.pk]))
    assert done["Location"] == reverse("loans")
    search.refresh_from_db()
    assert (search.stage, search.conclusions.get().outcome) == (Stage.CONCLUDED, "no_lead")
    examination.refresh_from_db()
    assert (examination.examiner_id, examination.examiner_label) == (
        lender.eva.pk,
        lender.eva.email,
    )
    assert statuses(client, pages_of(loan)) == {410}  # nothing is left to see
    client.force_login(office.people["supervisor"])
    page = client.get(reverse("search_lend", args=[search.pk])).content.decode()
    assert "Eva (eva@birch.example)" in page
    assert "Birch Police" in page


def test_the_pages_name_neither_the_examination_nor_the_case(
    client: Client, search: Search, lender: Lender, ask: Ask
) -> None:
    loan = ask()
    assert open_as(client, lender.eva, loan) == 302
    examination = Examination.objects.get()
    for address in (pages_of(loan)[0], reverse("lent_examination_face", args=[loan.pk, 1])):
        page = client.get(address).content.decode()
        for hidden in (examination.pk, search.pk, search.case_id, search.case.number, "Robbery"):
            assert str(hidden) not in page
        assert f"/lent/{loan.pk}/examination/" in page
        assert "Birch Police" in page  # they stay at home


def test_both_records_say_what_happened_and_the_lender_nothing_of_the_search(
    client: Client, alder: Agency, search: Search, lender: Lender, ask: Ask, office: Office
) -> None:
    loan = ask()
    assert actions(lender.agency) == ["examiner.lent_out"]
    assert actions(alder) == ["examiner.lent"]
    open_as(client, lender.eva, loan)
    open_as(client, lender.eva, loan)
    revoke_loan(actor=office.actor("supervisor"), loan=loan)
    used = ["lent_out.used"] * 2
    assert actions(lender.agency) == ["examiner.lent_out", *used, "lent_out.ended"]
    assert actions(alder) == ["examiner.lent", "loan.used", "loan.used", "loan.revoked"]
    with scope(lender.agency.pk):
        for row in AuditEntry.objects.filter(subject_type="examinerloan"):
            assert set(row.data) <= {"agency", "person", "expires", "by"}
            assert "alder" not in row.actor_label


def test_nothing_else_of_the_owner_exists_for_the_person_lent(
    client: Client, search: Search, gallery: Gallery, lender: Lender, ask: Ask
) -> None:
    loan = ask()
    open_as(client, lender.eva, loan)
    examination = Examination.objects.get()
    image = FaceImage.objects.filter(gallery=gallery).earliest("pk")
    addresses = {
        reverse("search", args=[search.pk]),
        reverse("case", args=[search.case_id]),
        reverse("probe", args=[search.probe_id]),
        reverse("probe_picture", args=[search.probe_id]),
        reverse("gallery", args=[gallery.pk]),
        reverse("subject", args=[image.subject_id]),
        reverse("portrait", args=[image.pk]),
        reverse("examination", args=[examination.pk]),
        reverse("examination_face", args=[examination.pk, 1]),
    }
    assert statuses(client, list(addresses)) <= {403, 404}
    taken = client.post(reverse("examination_take", args=[search.pk]))
    assert taken.status_code == 404
    client.post(reverse("switch_agency"), {"agency": search.agency_id})
    assert client.get(reverse("home")).context["agency"] == lender.agency
    assert client.get(reverse("loans")).context["can"] == {"examine"}


def test_another_search_of_the_same_agency_stays_closed(
    client: Client, office: Office, search: Search, gallery: Gallery, lender: Lender, ask: Ask
) -> None:
    """The address names the loan alone, so there is nothing to exchange in it."""
    loan = ask()
    other = make_search(search.probe, [gallery], actor=office.actor("analyst"))
    open_as(client, lender.eva, loan)
    assert Examination.objects.get().search_id == loan.search_id
    lent_actor = Actor(
        lender.eva.pk, lender.eva.email, other.agency_id, frozenset({Permission.EXAMINE}), "test"
    )
    with pytest.raises(Fault), transaction.atomic():
        start_examination(actor=lent_actor, search=other)
    assert not other.examinations.exists()


def test_a_loan_is_for_one_person_and_one_round(
    client: Client, office: Office, search: Search, lender: Lender, ask: Ask
) -> None:
    loan = ask()
    mia = join(lender.agency, "mia@birch.example", "Mia", Role.EXAMINER)
    client.force_login(mia)
    address = reverse("lent", args=[loan.pk])
    assert client.get(address).status_code == 404
    assert client.post(address).status_code == 404
    assert statuses(client, pages_of(loan)) == {404}
    assert client.post(reverse("loan_decline", args=[loan.pk])).status_code == 404
    examine(office.actor("first"), search)  # round 1 is done by somebody else
    assert open_as(client, lender.eva, loan) == 410
    assert search.examinations.count() == 1


def test_before_it_is_begun_the_loan_shows_no_face(
    client: Client, lender: Lender, ask: Ask
) -> None:
    loan = ask()
    client.force_login(lender.eva)
    assert client.get(reverse("lent", args=[loan.pk])).status_code == 200
    assert statuses(client, pages_of(loan)) == {404}
    assert ask("second@birch.example").opened_at is None
