"""The export page: who may, what is asked again, what is recorded, and what the file holds."""

import time
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from django.test import Client
from django.urls import reverse

from accounts.actor import command_actor
from accounts.models import Agency, Role, User
from portal.audit.actions import Action
from portal.audit.models import AuditEntry
from portal.tenancy import scope
from searches.models import Case, Search
from searches.services.case_limits import change_cap
from tests.conftest import join
from tests.factories import make_case, person_jpeg
from tests.oversight.cast import auditor, client_of
from tests.portal.exports import Files, examined
from tests.searches.procedure import examine, filled_gallery, make_office, searched

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bells")]
SECRET = "A second house was searched"


@pytest.fixture
def case(alder: Agency) -> Case:
    with scope(alder.pk):
        case = make_case(alder, "A-17")
        actor = command_actor("test", alder.pk)
        change_cap(actor=actor, case=case, cap=7, reason=SECRET)
        make_case(alder, "A-18")
    return case


@pytest.fixture
def uma(alder: Agency) -> User:
    return auditor(alder)


def exported(client: Client, **values: Any) -> Files:
    response = client.post(reverse("record_export"), values)
    assert response.status_code == 200
    assert response["Content-Type"] == "application/zip"
    with ZipFile(BytesIO(b"".join(response))) as archive:
        return Files({name: archive.read(name) for name in archive.namelist()})


def entries(agency: Agency) -> list[AuditEntry]:
    with scope(agency.pk):
        return list(AuditEntry.objects.filter(action=Action.RECORD_EXPORTED))


def test_everything_comes_without_a_filter_and_verifies(
    alder: Agency, uma: User, case: Case
) -> None:
    files = exported(client_of(uma))
    assert [report.kinds() for report in examined(files)] == [set()]
    text = files.files["record.jsonl"].decode()
    with scope(alder.pk):
        for entry in AuditEntry.objects.all():
            assert f'"id":{entry.pk},' in text.replace(" ", "")
    assert "contents.jsonl" not in files.files
    (entry,) = entries(alder)
    assert entry.data == {"filters": [], "contents": False}
    assert str(case.pk) in text


def test_texts_come_when_they_are_asked_for(alder: Agency, uma: User, case: Case) -> None:
    files = exported(client_of(uma), contents="on")
    assert SECRET in files.files["contents.jsonl"].decode()
    assert entries(alder)[0].data["contents"] is True


def test_a_filter_leaves_digests_of_the_rest(alder: Agency, uma: User, case: Case) -> None:
    with scope(alder.pk):
        other = Case.objects.get(number="A-18")
    files = exported(client_of(uma), case="A-17", contents="on")
    text = files.files["record.jsonl"].decode()
    assert str(case.pk) in text
    assert "member.added" not in text  # an act of no case is there by its digest alone
    assert str(other.pk) not in text
    assert [report.kinds() for report in examined(files)] == [set()]
    (entry,) = entries(alder)
    assert entry.data == {"filters": ["case"], "contents": True, "case": str(case.pk)}
    assert entry.case_id == str(case.pk)


@pytest.mark.parametrize("values", [{"person": "x"}, {"first": "never"}, {"case": "unknown"}])
def test_a_wrong_filter_exports_nothing(alder: Agency, uma: User, values: dict[str, str]) -> None:
    response = client_of(uma).post(reverse("record_export"), values)
    assert response.status_code == 422
    assert entries(alder) == []


def test_the_filters_of_the_list_come_along(uma: User) -> None:
    page = client_of(uma).get(reverse("record_export"), {"action": "login", "q": "10.0.0.1"})
    assert 'value="10.0.0.1"' in page.content.decode()
    assert '<option value="login" selected>' in page.content.decode()


def test_an_old_proof_is_asked_for_again(alder: Agency, uma: User) -> None:
    client = client_of(uma)
    session = client.session
    session["account_authentication_methods"] = [
        {**one, "at": time.time() - 24 * 3600} for one in session["account_authentication_methods"]
    ]
    session.save()
    response = client.post(reverse("record_export"))
    assert response.status_code == 302
    assert response["Location"].startswith("/account/confirm/")
    assert entries(alder) == []


@pytest.mark.parametrize("role", [Role.ANALYST, Role.EXAMINER, Role.SUPERVISOR, Role.ADMIN])
def test_nobody_else_exports(alder: Agency, role: Role) -> None:
    client = client_of(join(alder, "other@alder.example", "Other", role))
    assert client.get(reverse("record_export")).status_code == 403
    assert client.post(reverse("record_export")).status_code == 403
    assert client.get(reverse("record")).status_code == 403
    assert entries(alder) == []


@pytest.mark.usefixtures("models")
def test_who_may_still_examine_exports_digests_of_examinations(alder: Agency) -> None:
    office = make_office(alder, seer=[Role.EXAMINER, Role.AUDITOR])
    with scope(alder.pk):
        search: Search = searched(office, person_jpeg(1), filled_gallery(alder, 7), limit=4)
        examine(office.actor("first"), search, {1})
    text = exported(client_of(office.people["seer"])).files["record.jsonl"].decode()
    assert "first@alder.example" not in text
    assert "analyst@alder.example" in text
    whole = exported(client_of(office.people["auditor"])).files["record.jsonl"].decode()
    assert "first@alder.example" in whole
