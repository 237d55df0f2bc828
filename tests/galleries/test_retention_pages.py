"""The pages of the retention: previews, runs with receipts, rules and holds."""

import csv
import io
import json
import uuid
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.access import today_at
from accounts.models import Agency, Role, User
from galleries.models import Erasure, LegalHold, RetentionRun
from galleries.services.retention import KIND
from portal import signing
from portal.audit.models import AuditEntry
from portal.tenancy import scope
from searches.marked import NO_REFERENCE
from searches.models import FaceImage, Gallery
from searches.services.galleries import main_register
from tests.conftest import join
from tests.factories import make_gallery, make_image
from tests.galleries.cast_retention import (
    REASON,
    clock_at,
    expires,
    make_expired,
    make_hold,
    make_run,
    release,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bells")]

MOST = 25


@pytest.fixture
def gallery(in_alder: Agency) -> Gallery:
    return make_gallery(in_alder)


@pytest.fixture
def admin(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


def text_of(response: Any) -> str:
    return unescape(str(response.content.decode()))


def test_the_preview_shows_what_goes_and_what_stays(admin: Client, gallery: Gallery) -> None:
    gone = make_expired(gallery, "P-gone")
    kept = make_expired(gallery, "P-kept")
    make_hold(kept.subject)
    make_image(gallery, "P-later")
    page = text_of(admin.get(reverse("retention")))
    assert "P-gone" in page
    assert reverse("portrait", args=[gone.pk]) in page
    assert reverse("portrait", args=[kept.pk]) not in page
    assert "P-later" not in page
    assert REASON in page  # the hold that keeps the other
    assert "Custody register" in page


def test_the_preview_of_nothing_says_so(admin: Client, gallery: Gallery) -> None:
    page = text_of(admin.get(reverse("retention")))
    assert "No picture has expired" in page
    assert reverse("retention_run_now") not in page


def test_the_list_is_chosen_by_gallery_and_register(admin: Client, gallery: Gallery) -> None:
    other = make_gallery(Agency.objects.get(pk=gallery.agency_id), "Other")
    make_expired(gallery, "P-here")
    make_expired(other, "P-there")
    asked = {"gallery": str(gallery.pk), "register": str(main_register(gallery).pk)}
    page = text_of(admin.get(reverse("retention"), asked))
    assert ("P-here" in page, "P-there" in page) == (True, False)
    wrong = text_of(admin.get(reverse("retention"), {"gallery": "no-uuid"}))
    assert "P-here" not in wrong


def test_the_list_is_saved_as_csv_and_that_is_recorded(admin: Client, gallery: Gallery) -> None:
    image = make_expired(gallery, "=P-1")
    make_hold(make_expired(gallery, "P-2"))
    response = admin.get(reverse("retention_csv"))
    rows = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert [(row["gallery"], row["image"]) for row in rows] == [("Custody", str(image.pk))]
    assert rows[0]["subject"] == "'=P-1"
    assert rows[0]["expires_on"] == today_at(gallery.agency_id).isoformat()
    assert AuditEntry.objects.get(action="retention.listed").data == {"rows": 1}


def test_a_run_by_hand_is_confirmed_and_leads_to_its_receipt(
    admin: Client, gallery: Gallery
) -> None:
    make_expired(gallery, "P-1")
    asked = admin.get(reverse("retention_run_now"))
    assert not RetentionRun.objects.exists()
    key = asked.context["form"]["submission_key"].value()
    for _ in range(2):  # a double click
        answer = admin.post(reverse("retention_run_now"), {"submission_key": key})
    run = RetentionRun.objects.get()
    assert answer.headers["Location"] == reverse("retention_run", args=[run.pk])
    assert (run.by_hand, run.started_by_label) == (True, "ada@alder.example")
    page = text_of(admin.get(answer.headers["Location"]))
    assert reverse("erasure", args=[run.erasures[0]]) in page
    assert "not what was signed" not in page
    listed = text_of(admin.get(reverse("retention_runs")))
    assert reverse("retention_run", args=[run.pk]) in listed


def test_a_run_with_nothing_to_do_is_refused(admin: Client, gallery: Gallery) -> None:
    answer = admin.post(reverse("retention_run_now"), {"submission_key": uuid.uuid4()})
    assert answer.status_code == 422
    assert "Nothing has expired" in text_of(answer)
    assert not RetentionRun.objects.exists()


def test_the_receipt_can_be_checked_by_whoever_has_it(admin: Client, gallery: Gallery) -> None:
    make_expired(gallery, "P-1")
    run = make_run(Agency.objects.get(pk=gallery.agency_id))
    response = admin.get(reverse("retention_receipt", args=[run.pk]))
    signed = json.loads(response.content)
    assert "attachment" in response.headers["Content-Disposition"]
    signing.verify(
        KIND, signed["document"], signing.Signature(signed["key_id"], signed["signature"])
    )
    entry = AuditEntry.objects.get(action="retention.run")
    assert entry.data["sha256"] == signed["sha256"]
    assert signed["public_key"] == signing.public_key_text()


def test_a_receipt_that_is_not_what_was_signed_is_told(admin: Client, gallery: Gallery) -> None:
    with scope(gallery.agency_id):
        run = RetentionRun.objects.create(
            day=today_at(gallery.agency_id),
            started_by_label="x",
            document={"galleries": []},
            key_id=signing.key_id_of(signing.public_key()),
            signature="AAAA",
        )
    page = text_of(admin.get(reverse("retention_run", args=[run.pk])))
    assert "This receipt is not what was signed" in page


def test_a_rule_is_changed_and_the_number_of_pictures_told(admin: Client, gallery: Gallery) -> None:
    image = make_image(gallery, "P-1")
    address = reverse("gallery_retention", args=[gallery.pk])
    answer = admin.post(address, {"days": 90}, follow=True)
    assert "1 picture expires on another day now" in text_of(answer)
    image.refresh_from_db()
    gallery.refresh_from_db()
    assert gallery.retention_days == 90
    assert image.expires_on == today_at(gallery.agency_id) + timedelta(days=90)


def test_a_rule_by_which_pictures_expire_at_once_is_asked_for_twice(
    admin: Client, gallery: Gallery, ada: User
) -> None:
    image = make_image(gallery, "P-1")
    address = reverse("gallery_retention", args=[gallery.pk])
    with clock_at(timezone.now() + timedelta(days=20)):
        admin.force_login(ada)
        asked = admin.post(address, {"days": 10})
        assert asked.status_code == 422
        assert "1 picture would expire at once" in text_of(asked)
        gallery.refresh_from_db()
        assert gallery.retention_days == 1095
        assert admin.post(address, {"days": 30}).status_code == 302  # nothing expires by it
        sure = admin.post(address, {"days": 10, "confirmed": "on"})
    assert sure.status_code == 302
    image.refresh_from_db()
    assert image.expires_on == today_at(gallery.agency_id) + timedelta(days=10)
    assert FaceImage.objects.filter(pk=image.pk).exists()  # the next run removes it


def test_a_register_is_held_to_the_same(admin: Client, gallery: Gallery, ada: User) -> None:
    image = make_image(gallery, "P-1")
    register = main_register(gallery)
    address = reverse("register", args=[register.pk])
    values = {"name": register.name, "retention_days": 10, "purposes": register.purposes}
    with clock_at(timezone.now() + timedelta(days=20)):
        admin.force_login(ada)
        asked = admin.post(address, values)
        sure = admin.post(address, values | {"confirmed": "on"})
    assert (asked.status_code, "1 picture would expire" in text_of(asked)) == (422, True)
    assert sure.status_code == 302
    image.refresh_from_db()
    assert image.expires_on == today_at(gallery.agency_id) + timedelta(days=10)
    entry = AuditEntry.objects.get(action="retention.changed")
    assert (entry.subject_type, entry.data["images"]) == ("sourceregister", 1)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"days": 0}, "greater than or equal to 1"),
        ({"days": 1095}, "This is the rule already"),
        ({"days": 2000, "lengthen": "on", "reason": "x"}, "10 characters"),
    ],
)
def test_a_wrong_rule_is_refused(
    admin: Client, gallery: Gallery, values: dict[str, object], words: str
) -> None:
    answer = admin.post(reverse("gallery_retention", args=[gallery.pk]), values)
    assert answer.status_code == 422
    assert words in text_of(answer)
    gallery.refresh_from_db()
    assert gallery.retention_days == 1095


def test_holds_are_placed_listed_and_released(admin: Client, gallery: Gallery) -> None:
    image = make_image(gallery, "P-1")
    for name, pk in (
        ("hold_gallery", gallery.pk),
        ("hold_subject", image.subject_id),
        ("hold_image", image.pk),
    ):
        address = reverse(name, args=[pk])
        key = admin.get(address).context["form"]["submission_key"].value()
        short = admin.post(address, {"reason": "short", "submission_key": key})
        assert short.status_code == 422
        for _ in range(2):
            assert admin.post(address, {"reason": REASON, "submission_key": key}).status_code == 302
    assert LegalHold.objects.count() == 3
    page = text_of(admin.get(reverse("holds")))
    assert page.count(REASON) == 3
    on_subject = text_of(admin.get(reverse("subject", args=[image.subject_id])))
    assert on_subject.count(REASON) == 3
    hold = LegalHold.objects.filter(target="subject").get()
    address = reverse("hold_release", args=[hold.pk])
    assert admin.post(address, {"reason": "x"}).status_code == 422
    assert admin.post(address, {"reason": "The court has lifted it"}).status_code == 302
    again = admin.post(address, {"reason": "The court has lifted it"})
    assert (again.status_code, "released already" in text_of(again)) == (422, True)
    assert text_of(admin.get(reverse("holds"))).count(REASON) == 2
    over = text_of(admin.get(reverse("holds"), {"show": "released"}))
    assert "The court has lifted it" in over


def test_the_reason_of_a_hold_is_for_those_who_keep_and_erase(
    client: Client, gallery: Gallery, ana: User
) -> None:
    image = make_image(gallery, "P-1")
    make_hold(image)
    client.force_login(ana)
    for address in (reverse("holds"), reverse("subject", args=[image.subject_id])):
        page = text_of(client.get(address))
        assert "P-1" in page
        assert REASON not in page
        assert reverse("hold_subject", args=[image.subject_id]) not in page


def test_empty_lists_say_what_they_are_for(admin: Client, in_alder: Agency) -> None:
    for name, words in (
        ("holds", "Nothing is under a legal hold"),
        ("retention_runs", "There was no run yet"),
        ("retention", "No picture has expired"),
    ):
        assert words in text_of(admin.get(reverse(name)))
    assert "No hold was released" in text_of(admin.get(reverse("holds"), {"show": "released"}))


def test_the_hold_of_what_was_erased_stays_on_the_list(admin: Client, gallery: Gallery) -> None:
    image = make_image(gallery, "P-secret")
    release(make_hold(image))
    gone = {"erased_at": timezone.now(), "sha256": "", "file_key": "", "portrait_key": ""}
    FaceImage.objects.filter(pk=image.pk).update(**gone)
    type(image.subject).objects.filter(pk=image.subject_id).update(
        erased_at=timezone.now(), **NO_REFERENCE
    )
    page = text_of(admin.get(reverse("holds"), {"show": "released"}))
    assert "erased since" in page
    assert "P-secret" not in page


def test_the_command_says_and_does_the_same(gallery: Gallery, alder: Agency) -> None:
    make_expired(gallery, "P-1")
    make_hold(make_expired(gallery, "P-2"))
    expires(make_image(gallery, "P-3"), today_at(alder.pk) + timedelta(days=5))
    said = io.StringIO()
    call_command("retention", "--agency", "alder", "--dry-run", stdout=said)
    assert "Custody / Custody register: 1 pictures" in said.getvalue()
    assert "Kept by holds: 1" in said.getvalue()
    assert "Expire in the next 30 days: 1" in said.getvalue()
    assert not RetentionRun.objects.exists()
    call_command("retention", "--agency", "alder", stdout=said)
    run = RetentionRun.objects.get()
    assert (run.images, run.started_by_label) == (1, "operator (retention)")
    with pytest.raises(CommandError, match="Nothing has expired"):
        call_command("retention", "--agency", "alder", stdout=said)


def test_pages_cost_the_same_whatever_they_list(client: Client, gallery: Gallery) -> None:
    agency = Agency.objects.get(pk=gallery.agency_id)
    client.force_login(join(agency, "all@alder.example", "All", *Role))
    subject = make_image(gallery, "P-0").subject

    def grow(rows: int) -> None:
        for n in range(rows):
            make_expired(gallery, f"P-{FaceImage.objects.count()}")
            make_expired(make_gallery(agency, f"G-{Gallery.objects.count()}"), f"Q-{n}")
            make_hold(make_expired(gallery, f"H-{FaceImage.objects.count()}"))
            make_hold(subject)
            release(make_hold(subject))

    def runs(rows: int) -> RetentionRun:
        for _ in range(rows):
            make_expired(gallery, f"R-{FaceImage.objects.count()}")
            run = make_run(agency)
        return run

    def count(run: RetentionRun) -> list[int]:
        counts = []
        for address in (
            reverse("retention"),
            reverse("holds"),
            reverse("holds") + "?show=released",
            reverse("retention_runs"),
            reverse("retention_run", args=[run.pk]),
            reverse("subject", args=[subject.pk]),
        ):
            with CaptureQueriesContext(connection) as queries:
                assert client.get(address).status_code == 200
            counts.append(len(queries))
        return counts

    grow(2)
    first = runs(1)
    grow(2)
    few = count(first)
    more = runs(3)
    grow(4)
    assert count(more) == few
    assert max(few) <= MOST
    assert Erasure.objects.exists()
