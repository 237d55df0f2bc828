"""What the platform's staff look at is recorded, with the agency that it concerns."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Agency, User
from portal.audit.models import AuditEntry
from portal.tenancy import platform_scope, scope
from tests.accounts.platform_cast import recorded, sessions

EACH_TEST_ALONE = True

pytestmark = pytest.mark.django_db


def test_looking_at_an_agency_is_recorded_with_it(inside: Client, alder: Agency) -> None:
    for name in ("accounts_agency_change", "accounts_agency_change_state"):
        assert inside.get(reverse(f"admin:{name}", args=[alder.pk])).status_code == 200
    assert recorded(alder) == ["agency.created", "agency.viewed", "agency.viewed"]
    assert recorded()[-2:] == ["agency.viewed", "agency.viewed"]
    with scope(alder.pk):
        entry = AuditEntry.objects.latest("id")
    assert (entry.actor_label, entry.source) == ("sue@platform.example", "127.0.0.1")


def last_of_platform() -> AuditEntry:
    with platform_scope():
        return AuditEntry.objects.filter(agency_id=None).latest("id")


@pytest.mark.parametrize("model", ["agency", "user", "staffsession", "auditentry"])
def test_every_list_is_recorded_with_what_it_showed(
    inside: Client, alder: Agency, birch: Agency, stan: User, model: str
) -> None:
    app = "audit" if model == "auditentry" else "accounts"
    before = recorded()
    with platform_scope():
        entries = AuditEntry.objects.filter(agency_id=None).count()
    page = inside.get(reverse(f"admin:{app}_{model}_changelist"))
    assert recorded() == [*before, "platform.listed"]
    assert page.context_data is not None
    shown = len(page.context_data["cl"].result_list)
    expected = {"agency": 2, "user": 2, "staffsession": 1, "auditentry": entries}
    assert shown == expected[model]
    assert last_of_platform().data == {"model": model, "rows": shown}
    assert last_of_platform().actor_label == "sue@platform.example"
    assert recorded(alder) == ["agency.created"]  # the list concerns no single one


def test_a_list_of_one_agency_is_recorded_with_it(
    client: Client, inside: Client, alder: Agency, birch: Agency, ada: User
) -> None:
    page = inside.get(reverse("admin:accounts_agency_changelist"), {"q": "Alder"})
    assert "Birch" not in page.text
    assert recorded(alder)[-1] == recorded()[-1] == "platform.listed"
    assert recorded(birch) == ["agency.created"]
    client.force_login(ada)
    assert "Found the agency in the list of agencies" in client.get(reverse("platform_acts")).text


def test_a_list_that_is_not_shown_is_not_recorded(inside: Client, client: Client) -> None:
    before = recorded()
    wrong = inside.get(reverse("admin:accounts_agency_changelist"), {"nothing": "x"})
    assert wrong.status_code == 302
    assert inside.get(reverse("admin:accounts_agency_changelist"), {"e": "1"}).status_code == 200
    assert recorded() == [*before, "platform.listed"]
    client.logout()
    client.get(reverse("admin:accounts_agency_changelist"))
    assert recorded()[len(before) + 1 :] == ["staff_session.ended"]


def test_every_page_of_one_row_is_recorded(inside: Client, alder: Agency, stan: User) -> None:
    (session,) = sessions()
    with platform_scope():
        entries = AuditEntry.objects.filter(agency_id=None)
        opened = entries.get(action="staff_session.opened")
        created = entries.get(action="agency.created")
    pages = {
        f"accounts_user_change/{stan.pk}": ("staff.viewed", "user", stan.pk),
        f"accounts_staffsession_change/{session.pk}": ("staff.viewed", "staffsession", session.pk),
        f"audit_auditentry_change/{opened.pk}": ("staff.viewed", "auditentry", opened.pk),
        f"audit_auditentry_change/{created.pk}": ("agency.viewed", "agency", alder.pk),
        f"accounts_agency_change/{alder.pk}": ("agency.viewed", "agency", alder.pk),
    }
    for number, (page, (action, kind, key)) in enumerate(pages.items(), 1):
        name, _, pk = page.partition("/")
        assert inside.get(reverse(f"admin:{name}", args=[pk])).status_code == 200
        entry = last_of_platform()
        found = (entry.action, entry.subject_type, entry.subject_id)
        assert found == (action, kind, str(key)), page
        assert sum(name.endswith("viewed") for name in recorded()) == number
    assert recorded(alder) == ["agency.created", "agency.viewed", "agency.viewed"]
