"""Erasures, legal holds and receipts of the retention by a program."""

import uuid
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.actor import command_actor
from accounts.models import Agency, Role
from galleries.models import Erasure, ErasureCause, ErasureTarget, LegalHold, RetentionRun
from galleries.services.erasing import request_erasure
from portal import signing
from portal.audit.actions import Action
from portal.audit.models import AuditEntry
from portal.tenancy import scope
from searches.models import FaceImage, Gallery, JobState
from tests.api.caller import Caller, caller, code
from tests.factories import make_case, make_gallery, make_image, make_probe, person_jpeg
from tests.galleries.cast_retention import make_expired, make_hold, make_run

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells")]
REASON = "The person asked for it, by letter"


@pytest.fixture
def image(alder: Agency) -> FaceImage:
    with scope(alder.pk):
        return make_image(make_gallery(alder), "P-1")


@pytest.fixture
def clerk(alder: Agency) -> Caller:
    return caller(alder, Role.ADMIN)


@pytest.fixture
def looking(alder: Agency) -> Caller:
    return caller(alder, Role.ANALYST, name="ana")


@pytest.fixture
def stranger(birch: Agency) -> Caller:
    return caller(birch, *Role, name="all")


def ask(word: str, **others: Any) -> dict[str, Any]:
    return {"cause": "demand", "reason": REASON, "confirmed": word} | others


def of_image(image: FaceImage) -> Erasure:
    return request_erasure(
        actor=command_actor("test", image.agency_id),
        target=ErasureTarget.IMAGES,
        ids=[image.pk],
        cause=ErasureCause.DEMAND,
        reason=REASON,
        submission_key=uuid.uuid4(),
    )


# --- Erasures -------------------------------------------------------------------------------------


def test_an_erasure_is_looked_at_confirmed_and_asked_for_once(
    alder: Agency, image: FaceImage, clerk: Caller
) -> None:
    preview = clerk.get("api_erase_subject", image.subject_id).json()
    assert preview == {
        "target": "subjects",
        "title": "P-1",
        "word": "P-1",
        "images": 1,
        "subjects": 1,
        "lists": 0,
        "searches": 0,
    }
    once = {"Idempotency-Key": "letter-1"}
    made = [
        clerk.post("api_erase_subject", image.subject_id, data=ask("P-1"), headers=once)
        for _ in range(2)
    ]
    assert [one.status_code for one in made] == [201, 201]
    told = clerk.get("api_erasure", made[0].json()["id"])
    assert made[1].json() == made[0].json() == told.json()
    assert made[0]["Location"] == told.request["PATH_INFO"]
    assert (told.json()["phase"], told.json()["reason"]) == ("asked", REASON)
    assert code(clerk.get("api_erasure_receipt", told.json()["id"])) == (404, "not_found")
    assert code(clerk.post("api_erasure_retry", told.json()["id"])) == (422, "erasure_not_failed")
    with scope(alder.pk):
        erasure = Erasure.objects.get()
        assert erasure.target_ids == [image.subject_id]
        assert AuditEntry.objects.filter(action=Action.ERASURE_ASKED).count() == 1
        assert AuditEntry.objects.filter(action=Action.ERASURE_VIEWED).count() == 1


@pytest.mark.parametrize(
    ("body", "field", "kind"),
    [
        (ask("P-2"), "confirmed", "not_confirmed"),
        (ask("P-1", reason="short"), "reason", "min_length"),
        (ask("P-1", cause="expired"), "cause", "invalid_choice"),
        ({"cause": "demand", "reason": REASON}, "confirmed", "required"),
    ],
)
def test_what_is_not_confirmed_is_not_erased(
    alder: Agency, image: FaceImage, clerk: Caller, body: dict[str, Any], field: str, kind: str
) -> None:
    refused = clerk.post("api_erase_image", image.pk, data=body)
    assert code(refused) == (422, "input_invalid")
    assert [(one["field"], one["code"]) for one in refused.json()["errors"]] == [(field, kind)]
    with scope(alder.pk):
        assert not Erasure.objects.exists()


def test_galleries_and_probes_are_confirmed_by_their_names(
    alder: Agency, image: FaceImage, clerk: Caller, looking: Caller
) -> None:
    with scope(alder.pk):
        probe = make_probe(make_case(alder), person_jpeg(1), analysed=False)
    super_visor = caller(alder, Role.SUPERVISOR, name="sue")
    assert super_visor.get("api_erase_gallery", image.gallery_id).json()["word"] == "Custody"
    made = super_visor.post("api_erase_gallery", image.gallery_id, data=ask("Custody"))
    assert made.status_code == 201
    assert super_visor.post("api_erase_probe", probe.pk, data=ask("2026-001")).status_code == 201
    # An administrator is no member of the case.
    assert code(clerk.get("api_erase_probe", probe.pk)) == (403, "permission_denied")
    assert code(looking.post("api_erase_probe", probe.pk, data=ask("2026-001")))[0] == 403
    listed = clerk.get("api_erasures", query={"target": "probe"}).json()["results"]
    assert [one["target"] for one in listed] == ["probe"]
    assert not {"target_ids", "document", "reason"} & set(listed[0])


def test_what_is_held_is_not_erased(alder: Agency, image: FaceImage, clerk: Caller) -> None:
    with scope(alder.pk):
        make_hold(image)
    refused = clerk.post("api_erase_subject", image.subject_id, data=ask("P-1"))
    assert code(refused) == (422, "image_under_hold")


def test_a_proved_erasure_has_a_receipt_and_a_failed_one_is_tried_again(
    alder: Agency, image: FaceImage, clerk: Caller
) -> None:
    document = {"format": 1, "erasure": "x"}
    signed = signing.sign("erasure_proof", document)
    with scope(alder.pk):
        erasure = of_image(image)
        rows = Erasure.objects.filter(pk=erasure.pk)
        rows.update(document=document, key_id=signed.key_id, signature=signed.value)
    auditor = caller(alder, Role.AUDITOR, name="aud")
    assert auditor.get("api_erasure", erasure.pk).json()["has_receipt"]
    told = auditor.get("api_erasure_receipt", erasure.pk).json()
    signing.verify(
        told["kind"],
        told["document"],
        signing.Signature(**{"key_id": told["key_id"], "value": told["signature"]}),
    )
    with scope(alder.pk):
        rows.update(state=JobState.FAILED, failure_code="gave_up")
    assert auditor.get("api_erasure", erasure.pk).json()["detail"].startswith("The work failed")
    assert code(auditor.post("api_erasure_retry", erasure.pk))[0] == 403
    assert clerk.post("api_erasure_retry", erasure.pk).json()["state"] == "queued"


def test_erasures_are_for_whoever_erases_or_reads_the_record(
    alder: Agency, image: FaceImage, looking: Caller, stranger: Caller
) -> None:
    with scope(alder.pk):
        erasure = of_image(image)
        before = AuditEntry.objects.count()
    for name in ("api_erasure", "api_erasure_receipt"):
        assert code(looking.get(name, erasure.pk))[0] == 403
        assert code(stranger.get(name, erasure.pk))[0] == 404
    assert code(looking.get("api_erasures"))[0] == 403
    assert stranger.get("api_erasures").json()["results"] == []
    assert code(stranger.post("api_erasure_retry", erasure.pk))[0] == 404
    things = (
        ("api_erase_image", image.pk),
        ("api_erase_subject", image.subject_id),
        ("api_erase_gallery", image.gallery_id),
    )
    for name, pk in things:
        for method in ("get", "post"):
            assert code(looking.call(method, name, pk, data=ask("P-1")))[0] == 403
            assert code(stranger.call(method, name, pk, data=ask("P-1")))[0] == 404
    with scope(alder.pk):
        assert Erasure.objects.count() == 1
        assert AuditEntry.objects.exclude(action__contains="token").count() <= before


# --- Legal holds ----------------------------------------------------------------------------------


def test_holds_are_placed_and_released_with_reasons(
    alder: Agency, image: FaceImage, clerk: Caller, looking: Caller, stranger: Caller
) -> None:
    body = {"target": "subject", "id": image.subject_id, "reason": "Court order 12/2026"}
    once = {"Idempotency-Key": "order-12"}
    made = [clerk.post("api_holds", data=body, headers=once) for _ in range(2)]
    assert [one.status_code for one in made] == [201, 201]
    pk = made[0].json()["id"]
    assert (made[0].json()["name"], made[0].json()["reason"]) == ("P-1", body["reason"])
    # To whoever neither keeps nor erases, a hold is told without its reason.
    seen = looking.get("api_holds", query={"released": "false"}).json()["results"]
    assert [(one["id"], one["reason"]) for one in seen] == [(pk, "")]
    short = {"reason": "over"}
    assert code(clerk.post("api_hold_release", pk, data=short)) == (422, "reason_too_short")
    over = {"reason": "The court lifted it"}
    assert code(looking.post("api_hold_release", pk, data=over))[0] == 403
    assert code(looking.post("api_holds", data=body))[0] == 403
    assert code(stranger.post("api_hold_release", pk, data=over))[0] == 404
    assert code(stranger.post("api_holds", data=body))[0] == 404
    assert stranger.get("api_holds").json()["results"] == []
    with scope(alder.pk):
        assert LegalHold.objects.get().is_standing
    assert clerk.post("api_hold_release", pk, data=over).json()["release_reason"] == over["reason"]
    assert code(clerk.post("api_hold_release", pk, data=over)) == (422, "hold_released")
    assert looking.get("api_holds", query={"released": "false"}).json()["results"] == []
    assert len(looking.get("api_holds", query={"released": "true"}).json()["results"]) == 1


# --- Runs of the retention ------------------------------------------------------------------------


@pytest.fixture
def run(alder: Agency, image: FaceImage) -> RetentionRun:
    with scope(alder.pk):
        make_expired(image.gallery, "E-1", days=1)
        return make_run(alder)


def test_runs_have_receipts(
    alder: Agency, run: RetentionRun, clerk: Caller, looking: Caller, stranger: Caller
) -> None:
    listed = clerk.get("api_retention_runs", query={"by_hand": "true"}).json()["results"]
    assert [(one["id"], one["images"]) for one in listed] == [(str(run.pk), 1)]
    told = clerk.get("api_retention_run", run.pk).json()
    assert told["is_genuine"]
    assert told["galleries"] == [
        {"gallery": "Custody", "register": "Custody register", "images": 1}
    ]
    assert clerk.get("api_erasure", told["erasures"][0]).status_code == 200
    receipt = clerk.get("api_retention_receipt", run.pk).json()
    assert receipt["document"]["run"] == str(run.pk)
    for name in ("api_retention_run", "api_retention_receipt"):
        assert code(looking.get(name, run.pk))[0] == 403
        assert code(stranger.get(name, run.pk))[0] == 404
    assert code(looking.get("api_retention_runs"))[0] == 403


def test_a_run_is_started_once(
    alder: Agency, image: FaceImage, clerk: Caller, looking: Caller
) -> None:
    with scope(alder.pk):
        make_expired(image.gallery, "E-1", days=1)
    assert code(looking.post("api_retention_runs"))[0] == 403
    assert code(caller(alder, Role.AUDITOR, name="aud").post("api_retention_runs"))[0] == 403
    once = {"Idempotency-Key": "tonight"}
    made = [clerk.post("api_retention_runs", headers=once) for _ in range(2)]
    assert [one.status_code for one in made] == [201, 201]
    assert made[0].json()["images"] == 1
    assert code(clerk.post("api_retention_runs")) == (422, "retention_nothing_due")
    with scope(alder.pk):
        assert RetentionRun.objects.count() == 1


def test_lists_cost_the_same_for_few_and_for_many_rows(
    alder: Agency, run: RetentionRun, clerk: Caller
) -> None:
    names = ("api_erasures", "api_holds", "api_retention_runs")

    def queries() -> list[int]:
        counts = []
        for name in names:
            with CaptureQueriesContext(connection) as asked:
                assert clerk.get(name).status_code == 200
            counts.append(len(asked))
        return counts

    with scope(alder.pk):
        gallery = Gallery.objects.get()
        make_hold(make_image(gallery, "H-0"))
    queries()
    before = queries()
    with scope(alder.pk):
        for n in range(1, 6):
            make_hold(make_image(gallery, f"H-{n}"))
            make_hold(make_image(gallery, f"G-{n}").subject)
            of_image(make_image(gallery, f"F-{n}"))
    assert queries() == before
