"""Granting and answering."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse

from accounts.actor import command_actor
from accounts.models import Agency, Role
from accounts.services.agency_lifecycle import suspend_agency
from portal.post import wait_until_sent
from portal.tenancy import scope
from searches.faults import Fault
from searches.models import GalleryGrant
from searches.services.grant_answers import accept_grant, decline_grant, look_up_grant
from searches.services.granting import offer_grant, revoke_grant
from searches.services.timers import run_timers
from tests.factories import make_member
from tests.searches.procedure import Office
from tests.searches.sharing.cast import revoke
from tests.searches.sharing_cast import (
    AGREEMENT,
    REASON,
    Owner,
    actor_in,
    again,
    granted,
    make_grant,
    make_offer,
    today,
)

EACH_TEST_ALONE = True

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells", "in_alder")]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"agency": " "}, "grant_agency_missing"),
        ({"agency": "BIRCH"}, "grant_to_own_agency"),
        ({"agency": "birch  police"}, "grant_to_own_agency"),
        ({"purposes": []}, "grant_purposes_missing"),
        ({"purposes": ["immigration"]}, "grant_purposes_missing"),
        ({"ends_on": today() - timedelta(days=1)}, "grant_period_out_of_range"),
        ({"ends_on": today() + timedelta(days=731)}, "grant_period_out_of_range"),
        ({"searches": 0}, "grant_searches_out_of_range"),
        ({"searches": 10001}, "grant_searches_out_of_range"),
        ({"agreement": " "}, "grant_agreement_missing"),
        ({"reason": "short"}, "reason_too_short"),
        ({"reason": "x" * 4001}, "text_too_long"),
    ],
)
def test_what_is_granted_has_limits(owner: Owner, changed: dict[str, Any], code: str) -> None:
    terms = granted("alder", **changed) if "agency" not in changed else granted(**changed)
    with scope(owner.agency.pk), pytest.raises(Fault, match=code):
        offer_grant(actor=owner.actor, gallery=owner.gallery, granted=terms)
    with scope(owner.agency.pk):
        assert not GalleryGrant.objects.exists()


def test_only_who_manages_galleries_grants_and_answers(
    owner: Owner, alder: Agency, office: Office
) -> None:
    offer = make_offer(owner, alder)
    for name in ("analyst", "supervisor", "auditor", "first"):
        for act in (accept_grant, decline_grant):
            with pytest.raises(PermissionDenied):
                act(actor=office.actor(name), pk=offer.pk)
    assert again(offer).accepted_at is None
    supervisor = make_member(owner.agency, "sam@birch.example", Role.SUPERVISOR)
    actor = actor_in(owner.agency, supervisor)
    with scope(owner.agency.pk):
        with pytest.raises(PermissionDenied):
            offer_grant(actor=actor, gallery=owner.gallery, granted=granted("alder"))
        with pytest.raises(PermissionDenied):
            revoke_grant(actor=actor, grant=offer, reason="The agreement was ended")


@pytest.mark.parametrize("name", ["alder", "Alder", "alder police", " Alder   Police "])
def test_an_agency_is_named_by_its_short_or_its_full_name(
    owner: Owner, alder: Agency, name: str
) -> None:
    with scope(owner.agency.pk):
        grant = offer_grant(actor=owner.actor, gallery=owner.gallery, granted=granted(name))
        assert look_up_grant(grant.pk)
    assert again(grant).borrower_id == alder.pk


@pytest.mark.parametrize("name", ["nobody", "ald", "alder police force", "%"])
def test_a_name_of_nobody_looks_the_same_to_the_owner(
    client: Client, owner: Owner, alder: Agency, name: str
) -> None:
    client.force_login(owner.admin)
    with scope(owner.agency.pk):
        found = offer_grant(actor=owner.actor, gallery=owner.gallery, granted=granted("alder"))
        lost = offer_grant(actor=owner.actor, gallery=owner.gallery, granted=granted(name))
        assert (look_up_grant(found.pk), look_up_grant(lost.pk)) == (True, False)
        assert not look_up_grant(found.pk)  # once
    pages = [
        client.get(reverse("gallery_grant", args=[one.pk])).content.decode()
        for one in (found, lost)
    ]
    texts = [
        re.sub(
            r"<time.*?</time>", "", page.replace(str(one.pk), "GRANT").replace(one.named, "NAME")
        )
        for page, one in zip(pages, (found, lost), strict=True)
    ]
    pair = [re.sub(r"(csrf\w+|nonce)[^>]*>", "", text) for text in texts]
    assert pair[0] == pair[1]
    assert "Alder Police" not in pages[0]


def test_a_suspended_agency_is_offered_nothing(owner: Owner, alder: Agency) -> None:
    suspend_agency(actor=command_actor("test", None), agency=alder, reason="Unpaid since May")
    assert make_offer(owner, alder).borrower_id is None


def test_a_lost_bell_is_rung_again_by_the_clock(owner: Owner, alder: Agency) -> None:
    with scope(owner.agency.pk):
        grant = offer_grant(actor=owner.actor, gallery=owner.gallery, granted=granted("alder"))
    run_timers()
    assert again(grant).borrower_id == alder.pk


def test_mails_say_that_there_is_something_and_nothing_of_it(
    owner: Owner, alder: Agency, django_capture_on_commit_callbacks: Any
) -> None:
    make_member(alder, "taker@alder.example", Role.ADMIN)
    with django_capture_on_commit_callbacks(execute=True):
        grant = make_grant(owner, alder)
        revoke(owner, grant)
    wait_until_sent()
    to = [message.to[0] for message in mail.outbox]
    assert to == ["taker@alder.example", owner.admin.email, "taker@alder.example"]
    for message in mail.outbox:
        for secret in ("Birch", "Alder Police", "Missing people", REASON, AGREEMENT):
            assert secret not in message.subject + str(message.body)


def test_an_answer_is_given_once(owner: Owner, alder: Agency, grant: GalleryGrant) -> None:
    admin = actor_in(alder, make_member(alder, "other@alder.example", Role.ADMIN))
    with pytest.raises(Fault, match="grant_answered"):
        accept_grant(actor=admin, pk=grant.pk)
    revoke(owner, grant)
    for act in (accept_grant, decline_grant):
        with pytest.raises(Fault, match="grant_answered"):
            act(actor=admin, pk=grant.pk)
    with scope(owner.agency.pk), pytest.raises(Fault, match="grant_answered"):
        revoke_grant(actor=owner.actor, grant=grant, reason="The agreement was ended")
