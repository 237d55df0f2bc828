"""The first page: each role its own part, numbers that are those of the pages they lead to."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Agency, Role, User
from portal.audit.checkpoints import take_checkpoint
from portal.audit.models import AuditChain, AuditEntry
from searches.models import FaceImage, Search
from tests.conftest import join
from tests.factories import (
    PDF,
    make_alert,
    make_case,
    make_certificate,
    make_gallery,
    make_image,
    make_invitation,
    make_probe,
    make_search,
    make_transparency_report,
    person_jpeg,
)
from tests.galleries.helpers import checking, enrolled, held
from tests.galleries.imports_cast import opened
from tests.oversight.cast import age
from tests.oversight.requests_cast import make_public_page, make_request
from tests.second_factor import give_app

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells", "in_alder")]

WARRANT: dict[str, Any] = {"basis": "authorized", "reference": "12/2026", "document": PDF}


def parts_of(client: Client, user: User) -> dict[str, dict[str, str]]:
    """The figures of each part of a person's home, by the address that they lead to."""
    client.force_login(user)
    answer = client.get(reverse("home"))
    assert answer.status_code == 200
    return {
        part.name: {figure.href: figure.value for figure in part.figures}
        for part in answer.context["parts"]
    }


def work(name: str) -> str:
    return reverse("work_section", args=[name])


def test_each_role_has_its_own_part(client: Client, alder: Agency) -> None:
    """Of an agency that has just begun: nothing waits, and each part says what to do next."""
    people = {role: join(alder, f"{role}@alder.example", role.title(), role) for role in Role}
    found = {role: parts_of(client, user) for role, user in people.items()}
    assert {role: list(parts) for role, parts in found.items()} == {role: [role] for role in Role}
    assert set(found[Role.ANALYST]["analyst"]) == {work("searches")}
    assert set(found[Role.EXAMINER]["examiner"]) == {work("examinations"), work("waiting")}
    texts = {}
    for role, user in people.items():
        client.force_login(user)
        texts[role] = client.get(reverse("home")).text.partition("<main")[2]
    assert "You are a member of no case yet" in texts[Role.ANALYST]
    assert reverse("search_new") in texts[Role.ANALYST]
    assert "Nothing waits for an examiner" in texts[Role.EXAMINER]
    assert "Nothing waits for a decision" in texts[Role.SUPERVISOR]
    assert reverse("gallery_new") in texts[Role.ADMIN]
    for role in (Role.EXAMINER, Role.SUPERVISOR, Role.AUDITOR, Role.ADMIN):
        assert reverse("search_new") not in texts[role]
    assert "New search" not in texts[Role.AUDITOR]


def test_the_numbers_are_what_the_pages_behind_them_list(
    client: Client, alder: Agency, birch: Agency, bob: User
) -> None:
    everybody = join(alder, "all@alder.example", "All", *Role)
    give_app(everybody)
    ana = join(alder, "ana@alder.example", "Ana", Role.ANALYST)
    age(alder, 2)
    gallery = checking(make_gallery(alder))
    enrolled(gallery, "P-1", 0)
    held(gallery, "P-2", 5)
    FaceImage.objects.update(expires_on=timezone.localdate() - timedelta(days=1))
    searched = make_gallery(alder, "Register")
    make_image(searched, "S-1")
    probe = make_probe(make_case(alder), person_jpeg(1))
    make_search(probe, [searched], run=False, **WARRANT)
    overdue = make_search(probe, [searched])
    Search.objects.filter(pk=overdue.pk).update(due_at=timezone.now() - timedelta(hours=1))
    make_alert(overdue, ana.pk)
    make_certificate(alder, ana, days_left=10)
    make_invitation(alder)
    opened(gallery, 10)
    make_public_page(alder)
    make_request(alder)
    make_transparency_report(alder)
    head = take_checkpoint(alder.pk)
    assert head is not None

    parts = parts_of(client, everybody)
    figures = {href: value for part in parts.values() for href, value in part.items()}
    expected = {
        work("waiting"): "1",
        work("authorizations"): "1",
        reverse("requests"): "1",
        reverse("alerts"): "1",
        reverse("invitations"): "1",
        reverse("certificates") + "?state=expiring": "1",
        reverse("gallery_reviews") + "?kind=held": "1",
    }
    assert {href: figures[href] for href in expected} == expected
    lost = reverse("people") + "?factor=none"
    listed = client.get(lost).context["page"]
    assert everybody.pk not in [row.user_id for row in listed]
    assert figures[lost] == str(listed.paginator.count)
    assert [href for href in figures if client.get(href).status_code not in (200, 302)] == []
    page = client.get(reverse("home"))
    assert "1 overdue" in page.text
    assert "1 import waits for you" in page.text
    assert f"#{head.number}" in page.text
    assert len(page.content) < 200_000

    theirs = {href: n for part in parts_of(client, bob).values() for href, n in part.items()}
    own = (lost, reverse("license"))  # Bob himself, and the license of Birch
    assert {href: n for href, n in theirs.items() if n != "0" and href not in own} == {}
    assert theirs[lost] == "1"
    text = client.get(reverse("home")).text
    assert all(secret not in text for secret in ("2026-001", "Custody", "alder.example"))


def test_looking_leaves_nothing_in_the_record(client: Client, alder: Agency) -> None:
    user = join(alder, "all@alder.example", "All", *Role)
    client.force_login(user)
    client.get(reverse("home"))
    before = AuditEntry.objects.count()
    client.get(reverse("home"))
    assert AuditEntry.objects.count() == before


def test_a_head_that_nobody_signs_is_told(client: Client, alder: Agency) -> None:
    user = join(alder, "otto@alder.example", "Otto", Role.AUDITOR)
    take_checkpoint(alder.pk)
    client.force_login(user)
    words = "the next one is late"
    assert words not in client.get(reverse("home")).text
    late = timezone.now() - timedelta(hours=1)
    AuditChain.objects.filter(agency_id=alder.pk).update(checkpoint_due=late)
    assert words in client.get(reverse("home")).text


def test_a_search_begins_in_an_open_case_of_ones_own(
    client: Client, alder: Agency, ana: User
) -> None:
    own = make_case(alder, "2026-1", members=[ana])
    other = make_case(alder, "2026-2", members=[])
    client.force_login(ana)
    for name in ("home", "search_new"):
        text = client.get(reverse(name)).text
        assert reverse("probe_new", args=[own.pk]) in text
        assert reverse("probe_new", args=[other.pk]) not in text
    probe = make_probe(own, person_jpeg(1))
    type(probe).objects.filter(pk=probe.pk).update(requested_by_id=ana.pk)
    text = client.get(reverse("home")).text
    assert reverse("probe", args=[probe.pk]) in text
