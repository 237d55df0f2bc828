"""Lists cost the same number of queries for ten rows as for twenty."""

import uuid

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.actor import command_actor
from accounts.models import (
    Agency,
    IdentityProvider,
    Role,
    SignOnDomain,
    SignOnLink,
    User,
    UserSession,
)
from portal.tenancy import scope, user_scope
from searches.models import Case, CaseCategory, Gallery, Probe
from searches.services.case_notes import add_note
from searches.services.case_people import add_member
from tests.accounts.billing_cast import issued, make_account
from tests.conftest import join
from tests.factories import (
    make_case,
    make_category,
    make_certificate,
    make_conclusion,
    make_domain,
    make_gallery,
    make_image,
    make_license,
    make_probe,
    make_provider,
    make_search,
    make_token,
    person_jpeg,
)

EACH_TEST_ALONE = True

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells")]

MOST = 25
MOST_OF_A_SEARCH = 31
"""Grounds, candidates, two examinations, follow-ups and the history, on one page."""


def count(client: Client, name: str, *arguments: object) -> int:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert client.get(reverse(name, args=arguments)).status_code == 200
    return len(queries)


@pytest.fixture
def all_of_alder(client: Client, alder: Agency) -> Client:
    client.force_login(join(alder, "all@alder.example", "All", *Role))
    return client


def grow(alder: Agency, gallery: Gallery, probe: Probe, case: Case, rows: int) -> None:
    with scope(alder.pk):
        for n in range(rows):
            make_case(alder, f"C-{Case.objects.count()}")
            add_note(actor=command_actor("test", alder.pk), case=case, text="Seen again")
            make_category(alder, f"Offence {CaseCategory.objects.count()}", retired=True)
            make_gallery(alder, f"G-{Gallery.objects.count()}")
            for _ in range(2):
                make_image(gallery, f"P-{n}-{Case.objects.count()}")
            basis = "urgent" if n % 2 else "initial_identification"
            make_search(probe, [gallery], run=False, basis=basis)
        everybody = User.objects.get(email="all@alder.example")
        make_account(alder)
        for _ in range(rows):
            issued(make_license(alder).license)
            make_token(alder, everybody)
            make_certificate(alder, everybody)
        provider = IdentityProvider.objects.first() or make_provider(alder)
        for _ in range(rows):
            n = SignOnDomain.objects.count()
            make_domain(provider, f"d{n}.example", confirmed=False)
            person = join(alder, f"p{n}@alder.example", f"P{n}", Role.ANALYST)
            add_member(actor=command_actor("test", alder.pk), case=case, user_id=person.pk)
            now = timezone.now()
            SignOnLink.objects.create(user=person, issuer="x", subject=f"s{n}", last_used_at=now)
        with user_scope(everybody.pk):
            UserSession.objects.bulk_create(
                UserSession(
                    user=everybody,
                    key_hash=uuid.uuid4().hex,
                    started_at=timezone.now(),
                    last_seen_at=timezone.now(),
                )
                for _ in range(rows)
            )


def test_pages_cost_the_same_whatever_they_list(all_of_alder: Client, alder: Agency) -> None:
    client = all_of_alder
    with scope(alder.pk):
        gallery, case = make_gallery(alder), make_case(alder, cap=100)
        image = make_image(gallery, "P-0")
        probe = make_probe(case, person_jpeg(1))
        search = make_search(probe, [gallery])
        make_conclusion(search)
        waiting = make_search(probe, [gallery], run=False, basis="urgent")
    pages: dict[str, list[object]] = {
        "home": [],
        "notifications": [],
        "tokens": [],
        "agency_tokens": [],
        "sessions": [],
        "certificates": [],
        "invoices": [],
        "platform_acts": [],
        "agency_settings": [],
        "single_sign_on": [],
        "cases": [],
        "case": [case.pk],
        "case_timeline": [case.pk],
        "case_notes": [case.pk],
        "categories": [],
        "searches": [],
        "search": [search.pk],
        "search_new": [],
        "work": [],
        "authorizations": [],
        "authorization": [waiting.pk],
        "galleries": [],
        "gallery": [gallery.pk],
        "subject": [image.subject_id],
        "probe": [probe.pk],
    }
    grow(alder, gallery, probe, case, 10)
    few = {name: count(client, name, *arguments) for name, arguments in pages.items()}
    grow(alder, gallery, probe, case, 10)
    many = {name: count(client, name, *arguments) for name, arguments in pages.items()}
    assert many == few
    assert many.pop("search") <= MOST_OF_A_SEARCH
    assert max(many.values()) <= MOST, many
