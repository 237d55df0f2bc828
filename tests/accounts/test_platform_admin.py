"""The platform's pages: who reaches them, what is recorded, and what they never show."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from accounts.actor import command_actor
from accounts.models import (
    Agency,
    AgencyState,
    Invitation,
    License,
    Plan,
    Role,
    SignOnDomain,
    StaffSession,
    User,
)
from accounts.platform.middleware import PREFIX
from accounts.platform.registered import site
from accounts.platform.site import CONTENT_SECURITY_POLICY as PLATFORM_POLICY
from accounts.services.agencies import create_agency
from accounts.services.licenses.drafting import amend
from accounts.services.licenses.plans import create_plan_version
from portal.audit.models import AuditEntry
from portal.middleware import CONTENT_SECURITY_POLICY
from portal.tenancy import platform_scope, scope
from tests.accounts.billing_cast import BILLING_ACTS, billing_arguments
from tests.accounts.test_licenses import PLAN
from tests.conftest import PASSWORD, join
from tests.factories import full_agency, make_domain, make_provider
from tests.portal.test_row_security import BILLING, LICENSING, count, tenant_tables

EACH_TEST_ALONE = True

pytestmark = pytest.mark.django_db

REASON = "Alder asked for a new contact person"


@pytest.fixture
def sue(db: None) -> User:
    """Sue is a superuser of the platform and belongs to no agency."""
    return User.objects.create_superuser("sue@platform.example", PASSWORD, name="Sue")


@pytest.fixture
def stan(db: None) -> User:
    """Stan is platform staff without further rights."""
    return User.objects.create_user("stan@platform.example", PASSWORD, name="Stan", is_staff=True)


def enter(client: Client, user: User, reason: str = REASON) -> None:
    client.force_login(user)
    values = {"reason": reason, "password": PASSWORD}
    assert client.post(reverse("admin:door"), values).status_code == 302


@pytest.fixture
def inside(client: Client, sue: User) -> Client:
    """Sue with an open staff session."""
    enter(client, sue)
    return client


def sessions() -> list[StaffSession]:
    with platform_scope():
        return list(StaffSession.objects.order_by("id"))


def recorded(agency: Agency | None = None) -> list[str]:
    agency_id = agency.pk if agency else None
    with scope(agency_id) if agency_id else platform_scope():
        entries = AuditEntry.objects.filter(agency_id=agency_id).exclude(action__startswith="log")
        # Agencies begin with licenses: tests/accounts/test_license_pages.py.
        entries = entries.exclude(action__startswith="license.")
        return list(entries.order_by("id").values_list("action", flat=True))


# --- Every address x everybody ------------------------------------------------------------------

# Statuses of GET (POST where there is no GET) for, in this order:
PEOPLE = ["anonymous", "member", "nobody", "staff outside", "staff", "superuser"]
# staff outside: without an open staff session. 302 leads to the log-in or to the door.
AGENCY_PAGE, OWN_RECORD = [302, 404, 403, 302, 200, 200], [302, 404, 403, 302, 200, 200]
NOBODY_ADDS = [302, 404, 403, 302, 403, 403]
TABLE: dict[str, list[int]] = {
    "index": [302, 404, 403, 302, 200, 200],
    "app_list": [302, 404, 403, 302, 200, 200],
    "search": [302, 404, 403, 302, 200, 200],
    "jsi18n": [302, 404, 403, 302, 200, 200],
    "door": [302, 404, 403, 200, 200, 200],
    "end": [302, 404, 403, 302, 302, 302],
    "logout": [302, 404, 403, 302, 302, 302],
    "accounts_agency_changelist": AGENCY_PAGE,
    "accounts_agency_add": AGENCY_PAGE,
    "accounts_agency_change": AGENCY_PAGE,
    "accounts_agency_change_state": AGENCY_PAGE,
    "accounts_agency_first_admin": AGENCY_PAGE,
    "accounts_plan_changelist": AGENCY_PAGE,
    "accounts_plan_add": AGENCY_PAGE,
    "accounts_plan_change": AGENCY_PAGE,
    "accounts_plan_publish": AGENCY_PAGE,
    "accounts_plan_make_anew": [302, 404, 403, 302, 302, 302],
    "accounts_license_changelist": AGENCY_PAGE,
    "accounts_license_add": AGENCY_PAGE,
    "accounts_license_change": AGENCY_PAGE,
    "accounts_license_edit_draft": AGENCY_PAGE,
    "accounts_license_approve": AGENCY_PAGE,
    "accounts_license_sign": AGENCY_PAGE,
    "accounts_license_amend": AGENCY_PAGE,
    "accounts_license_renew": AGENCY_PAGE,
    "accounts_license_suspend": AGENCY_PAGE,
    "accounts_license_resume": AGENCY_PAGE,
    "accounts_license_terminate": AGENCY_PAGE,
    "accounts_agency_offboarding": AGENCY_PAGE,
    "accounts_agency_features": AGENCY_PAGE,
    "accounts_agency_receipt": [302, 404, 403, 302, 404, 404],  # it is not destroyed
    "accounts_user_changelist": OWN_RECORD,
    "accounts_user_add": [302, 404, 403, 302, 403, 200],
    "accounts_user_change": OWN_RECORD,
    "accounts_signondomain_changelist": OWN_RECORD,
    "accounts_signondomain_add": NOBODY_ADDS,
    "accounts_signondomain_change": OWN_RECORD,
    "accounts_signondomain_decide": AGENCY_PAGE,
    "accounts_staffsession_changelist": OWN_RECORD,
    "accounts_staffsession_add": NOBODY_ADDS,
    "accounts_staffsession_change": OWN_RECORD,
    "audit_auditentry_changelist": OWN_RECORD,
    "audit_auditentry_add": NOBODY_ADDS,
    "audit_auditentry_change": OWN_RECORD,
}
TABLE |= {
    f"accounts_{model}_{act}": AGENCY_PAGE
    for model, acts in BILLING_ACTS.items()
    for act in ["changelist", *acts]
}
TABLE |= {f"accounts_{model}_add": NOBODY_ADDS for model in ("invoice", "creditnote", "payment")}
TABLE |= dict.fromkeys(
    ["accounts_billingaccount_add", "accounts_taxrate_add", "accounts_invoice_draft"], AGENCY_PAGE
)
TABLE |= dict.fromkeys(["ageing", "revenue", "statement"], AGENCY_PAGE)
TABLE |= dict.fromkeys(["queue", "operation", "broadcasts"], AGENCY_PAGE)
TABLE["broadcast_withdraw"] = [302, 404, 403, 302, 404, 404]  # there is none
POST_ONLY = {"end", "logout", "broadcast_withdraw"}


def names(patterns: list[URLPattern | URLResolver]) -> set[str | None]:
    found: set[str | None] = set()
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            found |= names(pattern.url_patterns)
        else:
            found.add(pattern.name)
    return found


def platform_patterns() -> list[URLPattern | URLResolver]:
    resolvers = [p for p in get_resolver().url_patterns if isinstance(p, URLResolver)]
    one = [p for p in resolvers if p.namespace == "platform"]
    assert len(one) == 1
    assert f"/{one[0].pattern}" == PREFIX
    return one[0].url_patterns


def test_no_address_of_the_platform_is_forgotten() -> None:
    assert names(platform_patterns()) == set(TABLE)


def address_of(name: str, agency: Agency, stan: User) -> str:
    with platform_scope():
        session, entry = StaffSession.objects.first(), AuditEntry.objects.filter(agency_id=None)[0]
        domain = SignOnDomain._base_manager.first()
    plan, license = a_plan_and_a_license(agency)
    arguments: dict[str, list[object]] = {
        **{name: [license] for name in TABLE if name.startswith("accounts_license_")},
        **{name: [plan] for name in TABLE if name.startswith("accounts_plan_")},
        "accounts_license_changelist": [],
        "accounts_license_add": [],
        "accounts_plan_changelist": [],
        "accounts_plan_add": [],
        **billing_arguments(agency),
        "app_list": ["accounts"],
        "accounts_agency_change": [agency.pk],
        "accounts_agency_change_state": [agency.pk],
        "accounts_agency_first_admin": [agency.pk],
        "accounts_agency_offboarding": [agency.pk],
        "accounts_agency_features": [agency.pk],
        "broadcast_withdraw": [0],
        "accounts_agency_receipt": [agency.pk],
        "accounts_user_change": [stan.pk],
        "accounts_signondomain_change": [domain.pk if domain else 0],
        "accounts_signondomain_decide": [domain.pk if domain else 0],
        "accounts_staffsession_change": [session.pk if session else 0],
        "audit_auditentry_change": [entry.pk],
    }
    return reverse(f"admin:{name}", args=arguments.get(name, []))


def a_plan_and_a_license(agency: Agency) -> tuple[int, int]:
    """A draft plan, and a signed license with an amendment that is a draft; each made once."""
    operator = command_actor("test", None)
    with platform_scope():
        plan = Plan.objects.first()
        license = License.objects.filter(agency=agency, trial=False).earliest("pk")
        if plan is None:
            plan = create_plan_version(actor=operator, code="county", **PLAN)
            day = license.versions.get().starts_on + timedelta(days=1)
            amend(actor=operator, license=license, effective_on=day, change_note="More")
    return plan.pk, license.pk


@pytest.mark.parametrize("person", PEOPLE)
def test_everybody_sees_what_the_table_says(
    client: Client, alder: Agency, ana: User, nil: User, sue: User, stan: User, person: str
) -> None:
    enter(Client(), sue)  # there is a session to look at
    a_plan_and_a_license(alder)
    billing_arguments(alder)
    make_domain(make_provider(alder), "alder.example", confirmed=False)
    people = {"member": ana, "nobody": nil, "staff outside": stan, "staff": stan, "superuser": sue}
    seen = {}
    for name in TABLE:
        if person in ("staff", "superuser"):
            enter(client, people[person])
        elif person != "anonymous":
            client.force_login(people[person])
        before = contents(alder)
        address = address_of(name, alder, stan)
        response = client.post(address) if name in POST_ONLY else client.get(address)
        seen[name] = response.status_code
        if person == "anonymous":
            assert response["Location"].startswith("/login/?next=/platform/"), name
        if person == "staff outside" and response.status_code == 302:
            assert response["Location"].startswith("/platform/door/"), name
        if person in ("anonymous", "member", "nobody"):
            assert contents(alder) == before, name
    position = PEOPLE.index(person)
    assert seen == {name: row[position] for name, row in TABLE.items()}


def contents(agency: Agency) -> tuple[int, ...]:
    with platform_scope():
        of_platform = AuditEntry.objects.count()
        rest = (StaffSession.objects.count(), Agency.objects.count(), User.objects.count())
    with scope(agency.pk):
        return (of_platform, AuditEntry.objects.count(), *rest)


def test_a_missing_page_of_the_platform_looks_like_any_other(client: Client, ana: User) -> None:
    client.force_login(ana)
    there = client.get("/platform/accounts/agency/")
    nowhere = client.get("/nowhere/")
    assert there.status_code == nowhere.status_code == 404
    assert there.headers.keys() == nowhere.headers.keys()
    assert there["Content-Security-Policy"] == nowhere["Content-Security-Policy"]

    def body(text: str) -> list[str]:
        return [line for line in text.splitlines() if "value=" not in line]

    assert body(there.text) == body(nowhere.text)


def test_posts_without_a_session_change_nothing(
    client: Client, alder: Agency, ana: User, stan: User
) -> None:
    values = {"name": "Mine", "slug": "mine", "act": "close", "reason": REASON, "state": "trial"}
    a_plan_and_a_license(alder)
    billing_arguments(alder)
    for user in (ana, stan):
        client.force_login(user)
        before = contents(alder)
        for name in TABLE.keys() - {"door", "end", "logout"}:
            response = client.post(address_of(name, alder, stan), values)
            assert response.status_code == (302 if user == stan else 404), name
        assert contents(alder) == before
    with platform_scope():
        alder.refresh_from_db()
    assert (alder.name, alder.state) == ("Alder Police", AgencyState.TRIAL)


def test_posts_need_a_token(sue: User, alder: Agency, stan: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(sue)
    assert client.post(reverse("admin:door"), {}).status_code == 403
    with platform_scope():
        session = StaffSession.objects.create(
            user=sue, reason=REASON, expires_at=timezone.now() + timedelta(minutes=5)
        )
    stored = client.session
    stored["staff_session"] = session.pk
    stored.save()
    for name in TABLE.keys() - {"jsi18n"}:
        response = client.post(address_of(name, alder, stan), {"name": "Mine"})
        assert response.status_code in (403, 405), name
    with platform_scope():
        assert Agency.objects.get().name == "Alder Police"


# --- The door -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reason", "password"),
    [("", PASSWORD), ("too short", PASSWORD), ("   short        ", PASSWORD), (REASON, "")],
)
def test_the_door_asks_for_a_reason_and_the_password(
    client: Client, sue: User, reason: str, password: str
) -> None:
    client.force_login(sue)
    response = client.post(reverse("admin:door"), {"reason": reason, "password": password})
    assert response.status_code == 422
    assert sessions() == []
    assert client.get(reverse("admin:index")).status_code == 302


def test_a_wrong_password_is_refused_and_recorded(client: Client, sue: User) -> None:
    client.force_login(sue)
    values = {"reason": REASON, "password": "x" * 20}
    response = client.post(reverse("admin:door"), values)
    assert response.status_code == 422
    assert "staff_password_wrong" in response.text
    assert sessions() == []
    assert recorded() == ["staff_session.refused"]


def test_after_five_wrong_passwords_the_right_one_is_refused_too(client: Client, sue: User) -> None:
    client.force_login(sue)
    for _ in range(5):
        client.post(reverse("admin:door"), {"reason": REASON, "password": "x" * 20})
    response = client.post(reverse("admin:door"), {"reason": REASON, "password": PASSWORD})
    assert response.status_code == 422
    assert "staff_locked" in response.text
    assert sessions() == []


def test_the_door_leads_to_the_page_asked_for_and_to_no_other_site(
    client: Client, sue: User
) -> None:
    client.force_login(sue)
    asked = client.get(reverse("admin:accounts_agency_changelist"))
    values = {"reason": REASON, "password": PASSWORD}
    assert client.post(asked["Location"], values)["Location"] == "/platform/accounts/agency/"
    for bad in ("https://evil.example/platform/", "//evil.example", "/cases/", "javascript:x"):
        response = client.post(reverse("admin:door"), {**values, "next": bad})
        assert response["Location"] == "/platform/"


def test_a_session_ends_by_itself(client: Client, sue: User, settings: object) -> None:
    enter(client, sue)
    (session,) = sessions()
    assert session.reason == REASON
    lasted = session.expires_at - session.started_at
    assert timedelta(minutes=29) < lasted <= timedelta(minutes=30, seconds=5)
    with platform_scope():  # an expired one, as time would make it
        StaffSession.objects.update(ended_at=timezone.now())
        expired = StaffSession.objects.create(
            user=sue,
            reason=REASON,
            started_at=timezone.now() - timedelta(minutes=31),
            expires_at=timezone.now() - timedelta(minutes=1),
        )
    stored = client.session
    stored["staff_session"] = expired.pk
    stored.save()
    response = client.get(reverse("admin:accounts_agency_changelist"))
    assert response["Location"].startswith("/platform/door/")
    enter(client, sue)  # and opening another one closes the expired one at its own end
    with platform_scope():
        expired.refresh_from_db()
    assert expired.ended_at == expired.expires_at


def test_a_session_can_be_ended_and_belongs_to_one_browser(client: Client, sue: User) -> None:
    enter(client, sue)
    other = Client()
    other.force_login(sue)
    assert other.get(reverse("admin:index")).status_code == 302
    assert client.get(reverse("admin:index")).status_code == 200
    assert client.post(reverse("admin:end")).status_code == 302
    assert client.get(reverse("admin:index")).status_code == 302
    assert sessions()[0].ended_at is not None
    assert recorded() == ["staff_session.opened", "staff_session.ended"]


@pytest.mark.parametrize("name", ["account_logout", "admin:logout"])
def test_logging_out_ends_the_session(client: Client, sue: User, name: str) -> None:
    enter(client, sue)
    assert client.post(reverse(name)).status_code == 302
    assert sessions()[0].ended_at is not None
    assert recorded()[-1] == "staff_session.ended"
    client.force_login(sue)
    assert client.get(reverse("admin:index")).status_code == 302


def test_somebody_elses_session_opens_nothing(client: Client, sue: User, stan: User) -> None:
    enter(Client(), sue)
    client.force_login(stan)
    stored = client.session
    stored["staff_session"] = sessions()[0].pk
    stored.save()
    assert client.get(reverse("admin:index")).status_code == 302


def test_who_is_no_longer_staff_is_out_at_once(client: Client, stan: User) -> None:
    enter(client, stan)
    User.objects.filter(pk=stan.pk).update(is_staff=False)
    assert client.get(reverse("admin:index")).status_code == 403  # belongs to no agency


def test_a_staff_session_can_only_be_ended(client: Client, sue: User) -> None:
    enter(client, sue)
    for sql in (
        "UPDATE accounts_staffsession SET reason = 'another reason'",
        "UPDATE accounts_staffsession SET expires_at = expires_at + interval '1 day'",
        "DELETE FROM accounts_staffsession",
    ):
        with platform_scope(), pytest.raises(IntegrityError, match="only be ended"):
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(sql)
    with scope(1), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM accounts_staffsession")
        assert cursor.fetchone() == (0,)


def test_every_page_shows_the_session_and_the_way_out(inside: Client, alder: Agency) -> None:
    for name in ("index", "accounts_agency_changelist", "accounts_agency_add"):
        page = inside.get(reverse(f"admin:{name}")).text
        assert REASON in page, name
        assert "minutes left" in page, name
        assert f'action="{reverse("admin:end")}"' in page, name


# --- What staff do ------------------------------------------------------------------------------


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


def test_lists_cost_the_same_for_many_rows(inside: Client, sue: User) -> None:
    def cost(name: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert inside.get(reverse(f"admin:{name}_changelist")).status_code == 200
        return len(queries)

    def grow(first: int) -> None:
        for n in range(first, first + 10):
            create_agency(actor=command_actor("test", None), name=f"A {n}", slug=f"a-{n}")
            email = f"staff{n}@platform.example"
            User.objects.create_user(email, PASSWORD, name=f"S {n}", is_staff=True)
            with platform_scope():
                now = timezone.now()
                StaffSession.objects.create(
                    user=sue, reason=REASON, ended_at=now, expires_at=now + timedelta(minutes=1)
                )

    names = [
        "accounts_agency",
        "accounts_user",
        "accounts_staffsession",
        "audit_auditentry",
    ]
    grow(0)
    few = {name: cost(name) for name in names}
    grow(10)
    assert {name: cost(name) for name in names} == few
    assert max(few.values()) <= 25, few


NEW = {
    "name": "Cedar Police",
    "slug": "cedar",
    "jurisdiction": "Cedar County",
    "contact_name": "Cy",
    "contact_email": "cy@cedar.example",
    "time_zone": "Europe/Paris",
    "state": "trial",
}


def test_staff_create_and_change_agencies(inside: Client) -> None:
    response = inside.post(reverse("admin:accounts_agency_add"), NEW)
    assert response.status_code == 302
    with platform_scope():
        cedar = Agency.objects.get()
    assert (cedar.slug, cedar.state, cedar.contact_name) == ("cedar", "trial", "Cy")
    assert len(bytes(cedar.data_key)) > 30
    address = reverse("admin:accounts_agency_change", args=[cedar.pk])
    changed = {**NEW, "name": "Cedar City Police", "slug": "other", "state": "closed"}
    assert inside.post(address, changed).status_code == 302
    with platform_scope():
        cedar.refresh_from_db()
    assert (cedar.name, cedar.slug, cedar.state) == ("Cedar City Police", "cedar", "trial")
    assert recorded(cedar) == ["agency.created", "agency.changed"]
    assert recorded()[-2:] == ["agency.created", "agency.changed"]


def test_staff_invite_the_first_admin_and_nobody_after(inside: Client, alder: Agency) -> None:
    address = reverse("admin:accounts_agency_first_admin", args=[alder.pk])
    assert inside.post(address, {"email": "no address", "language": "en"}).status_code == 422
    for email in ("typo@alder.example", "ada@alder.example"):
        assert inside.post(address, {"email": email, "language": "fr"}).status_code == 302
    with scope(alder.pk):
        typo, right = Invitation.objects.order_by("sent_at")
    assert (typo.email, typo.is_live) == ("typo@alder.example", False)
    assert (right.email, right.roles, right.is_live) == ("ada@alder.example", ["admin"], True)
    assert [message.to for message in mail.outbox] == [
        ["typo@alder.example"],
        ["ada@alder.example"],
    ]
    assert recorded(alder)[-2:] == ["invitation.sent", "agency.admin_invited"]
    assert recorded()[-1] == "agency.admin_invited"
    join(alder, "ada@alder.example", "Ada", Role.ADMIN)
    before = recorded(alder)
    refused = inside.post(address, {"email": "eve@platform.example", "language": "en"})
    assert refused.status_code == 422
    assert "agency_has_people" in refused.text
    assert "<form method" not in inside.get(address).text.split("content-main")[1]
    with scope(alder.pk):
        assert not Invitation.objects.filter(email="eve@platform.example").exists()
    assert [name for name in recorded(alder) if name != "agency.viewed"] == [
        name for name in before if name != "agency.viewed"
    ]


def test_a_first_invitation_that_was_not_sent_is_made_again(
    inside: Client, alder: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = reverse("admin:accounts_agency_first_admin", args=[alder.pk])
    values = {"email": "ada@alder.example", "language": "en"}

    def away(*args: object) -> None:
        raise OSError

    with monkeypatch.context() as patch:
        patch.setattr("accounts.mails.send_invitation", away)
        unsent = inside.post(address, values)
    assert (unsent.status_code, "mail_not_sent" in unsent.text) == (422, True)
    assert "agency.admin_invited" in recorded(alder)
    assert inside.post(address, values).status_code == 302
    with scope(alder.pk):
        assert [one.is_live for one in Invitation.objects.order_by("sent_at")] == [False, True]
    assert len(mail.outbox) == 1


@pytest.mark.parametrize(
    "wrong", [{"slug": "Ce dar"}, {"state": "closed"}, {"time_zone": "Mars"}, {"name": ""}]
)
def test_wrong_agencies_are_not_created(inside: Client, wrong: dict[str, str]) -> None:
    assert inside.post(reverse("admin:accounts_agency_add"), {**NEW, **wrong}).status_code == 200
    with platform_scope():
        assert not Agency.objects.exists()


def test_staff_move_agencies_with_a_reason(inside: Client, alder: Agency) -> None:
    address = reverse("admin:accounts_agency_change_state", args=[alder.pk])
    assert inside.post(address, {"act": "suspend", "reason": "no"}).status_code == 422
    assert inside.post(address, {"act": "resume", "reason": ""}).status_code == 422
    assert inside.post(address, {"act": "suspend", "reason": "Unpaid since May"}).status_code == 302
    assert inside.post(address, {"act": "resume"}).status_code == 302
    assert inside.post(address, {"act": "activate"}).status_code == 302
    assert inside.post(address, {"act": "close", "reason": "Contract is over"}).status_code == 302
    with platform_scope():
        alder.refresh_from_db()
    assert (alder.state, alder.state_reason) == ("closed", "Contract is over")
    acts = [name for name in recorded(alder) if name != "agency.viewed"]
    moves = ["agency.suspended", "agency.resumed", "agency.activated", "agency.closed"]
    assert acts == ["agency.created", *moves, "offboarding.opened"]
    assert [name for name in recorded() if name in moves] == moves


def test_superusers_add_and_deactivate_staff(inside: Client, sue: User) -> None:
    values = {"email": " Stu@Platform.Example ", "name": "Stu", "password": "a long first password"}
    assert inside.post(reverse("admin:accounts_user_add"), values).status_code == 302
    stu = User.objects.get(email="stu@platform.example")
    assert (stu.is_staff, stu.is_superuser) == (True, False)
    assert stu.check_password("a long first password")
    address = reverse("admin:accounts_user_change", args=[stu.pk])
    # is_active unchecked; what is not offered is ignored
    assert inside.post(address, {"name": "Stu", "is_superuser": "on"}).status_code == 302
    stu.refresh_from_db()
    assert (stu.is_active, stu.is_superuser) == (False, False)
    assert recorded()[-2:] == ["staff.added", "staff.changed"]
    own = reverse("admin:accounts_user_change", args=[sue.pk])
    assert "own_account" not in inside.post(own, {"name": "Sue", "is_active": "on"}).text
    refused = inside.post(own, {"name": "Sue"})
    assert refused.status_code == 200
    sue.refresh_from_db()
    assert sue.is_active


def test_weak_first_passwords_are_refused(inside: Client) -> None:
    values = {"email": "stu@platform.example", "name": "Stu", "password": "password"}
    assert inside.post(reverse("admin:accounts_user_add"), values).status_code == 200
    assert not User.objects.filter(email="stu@platform.example").exists()


def test_staff_without_rights_change_nobody(client: Client, stan: User, sue: User) -> None:
    enter(client, stan)
    address = reverse("admin:accounts_user_change", args=[sue.pk])
    assert client.post(address, {"name": "X"}).status_code == 403
    assert client.post(reverse("admin:accounts_user_add"), {}).status_code == 403
    sue.refresh_from_db()
    assert sue.name == "Sue"


def test_people_of_agencies_are_not_shown(inside: Client, ana: User) -> None:
    assert "ana@alder.example" not in inside.get(reverse("admin:accounts_user_changelist")).text
    page = reverse("admin:accounts_user_change", args=[ana.pk])
    assert inside.get(page).status_code == 302  # "does not exist", says Django's admin
    assert inside.post(page, {"name": "X"}).status_code == 302
    ana.refresh_from_db()
    assert ana.name == "Ana"


def test_the_record_and_the_sessions_are_read_only(inside: Client, alder: Agency) -> None:
    with platform_scope():
        session, entry = StaffSession.objects.get(), AuditEntry.objects.latest("id")
    for name, row in (("accounts_staffsession", session), ("audit_auditentry", entry)):
        address = reverse(f"admin:{name}_change", args=[row.pk])
        assert inside.post(address, {"reason": "another reason"}).status_code == 403
        assert inside.post(reverse(f"admin:{name}_add"), {}).status_code == 403
    for model in ("agency", "user", "staffsession"):
        assert inside.post(f"/platform/accounts/{model}/{alder.pk}/delete/").status_code == 404
    assert {Agency, Plan, License, User, SignOnDomain, StaffSession, AuditEntry} <= set(
        site._registry
    )


def test_entries_of_agencies_are_not_in_the_platforms_list(inside: Client, ana: User) -> None:
    page = inside.get(reverse("admin:audit_auditentry_changelist"))
    assert page.status_code == 200
    assert "agency.created" in page.text
    assert "member.added" not in page.text


# --- What staff never see -----------------------------------------------------------------------


def test_a_superuser_of_the_platform_reads_no_content(
    inside: Client, alder: Agency, models: object, bells: object
) -> None:
    full_agency(alder)
    seen: dict[str, int] = {}

    def spy(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        """In the middle of the request, as the page lists the agencies, read every table."""
        if not seen and 'FROM "accounts_agency"' in sql:
            seen["asked"] = 1
            seen.update({name: count(name) for name in tenant_tables()})
        return execute(sql, params, many, context)

    with connection.execute_wrapper(spy):
        page = inside.get(reverse("admin:accounts_agency_changelist"))
    assert "Alder Police" in page.text
    allowed = {"accounts_membership", "accounts_signondomain"}
    # Its own record; tests/portal/test_row_security.py says what of an agency's chain it sees.
    allowed |= {name for name in seen if name.startswith("audit_")}
    allowed |= {"accounts_offboarding", "accounts_destructionreceipt", *LICENSING, *BILLING}
    content = {name: rows for name, rows in seen.items() if name not in {*allowed, "asked"}}
    wanted = (
        "case",
        "probe",
        "search",
        "candidate",
        "subject",
        "faceimage",
        "template",
        "enrolment",
    )
    assert {f"searches_{name}" for name in wanted} <= content.keys()
    assert {name for name, rows in content.items() if rows} == set()


def test_staff_on_the_agencies_pages_are_nobody(inside: Client) -> None:
    for name in ("home", "cases", "searches", "galleries", "platform_acts"):
        response = inside.get(reverse(name))
        assert response.status_code == 403, name
        assert "do not belong to an agency" in response.text, name


def test_a_member_who_is_staff_is_a_member_on_the_agencys_pages(
    client: Client, alder: Agency
) -> None:
    user = join(alder, "ana@alder.example", "Ana", Role.ANALYST)
    User.objects.filter(pk=user.pk).update(is_staff=True)
    enter(client, user)
    assert client.get(reverse("cases")).context["agency"] == alder
    request = client.get(reverse("admin:index")).wsgi_request
    assert not hasattr(request, "actor")
    assert not hasattr(request, "agency")


def test_the_portal_keeps_its_strict_policy(inside: Client) -> None:
    policy = "Content-Security-Policy"
    assert inside.get(reverse("admin:index"))[policy] == PLATFORM_POLICY
    assert inside.get(reverse("admin:door"))[policy] == CONTENT_SECURITY_POLICY
    assert inside.get(reverse("home"))[policy] == CONTENT_SECURITY_POLICY
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert "'unsafe-inline'" not in PLATFORM_POLICY.split("style-src")[0]
