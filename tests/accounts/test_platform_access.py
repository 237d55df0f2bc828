"""The platform's pages: every address x everybody."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from accounts.actor import command_actor
from accounts.models import Agency, AgencyState, License, Plan, SignOnDomain, StaffSession, User
from accounts.platform.middleware import PREFIX
from accounts.services.licenses.drafting import amend
from accounts.services.licenses.plans import create_plan_version
from portal.audit.models import AuditEntry
from portal.tenancy import platform_scope, scope
from tests.accounts.billing_cast import BILLING_ACTS, billing_arguments
from tests.accounts.licenses.cast import PLAN
from tests.accounts.platform_cast import REASON, enter
from tests.factories import make_domain, make_provider

EACH_TEST_ALONE = True

pytestmark = pytest.mark.django_db

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
