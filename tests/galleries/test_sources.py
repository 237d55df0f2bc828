"""Source registers, and what they keep galleries from."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from accounts.actor import Actor, command_actor
from accounts.models import Agency, User
from accounts.purposes import Purpose, SourceKind
from galleries.register_list import ending_soon, registers, uses_of
from galleries.services.sources import (
    NewRegister,
    RegisterTerms,
    change_register,
    open_gallery,
    remove_source,
    retire_register,
)
from portal.audit.models import AuditEntry
from searches.faults import Fault
from searches.models import FaceImage, Gallery, GallerySource, SourceRegister, Stage
from searches.services.contracts import embedded_face
from searches.services.enrolment import run_enrolment
from searches.services.galleries import main_register
from searches.services.registers import add_register, add_source, require_source
from searches.services.searching import run_search
from tests.factories import (
    make_case,
    make_enrolment,
    make_gallery,
    make_image,
    make_probe,
    make_search,
    person_jpeg,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bells")]
KIND = SourceKind.ARREST_PHOTOGRAPHS


@pytest.fixture
def gallery(in_alder: Agency) -> Gallery:
    return make_gallery(in_alder)


@pytest.fixture
def register(gallery: Gallery) -> SourceRegister:
    return main_register(gallery)


@pytest.fixture
def actor(in_alder: Agency) -> Actor:
    return command_actor("test", in_alder.pk)


@pytest.fixture
def second(gallery: Gallery, actor: Actor) -> SourceRegister:
    """Another source of the gallery, of which it has no picture."""
    row = add_register(actor=actor, name="Prison register", kind=KIND, legal_basis="Act s. 2")
    add_source(actor=actor, gallery=gallery, register=row)
    return row


def terms(register: SourceRegister, **other: Any) -> RegisterTerms:
    fields = ("name", "agreement", "agreement_ends", "retention_days", "purposes")
    return RegisterTerms(**{name: getattr(register, name) for name in fields} | other)


def acts() -> list[tuple[str, dict[str, Any]]]:
    entries = AuditEntry.objects.filter(action__startswith="register.")
    entries |= AuditEntry.objects.filter(action__startswith="gallery.source")
    return [(one.action, one.data) for one in entries.order_by("id")]


def test_terms_change_with_what_they_were_on_record(register: SourceRegister, actor: Actor) -> None:
    before = acts()
    wanted = terms(register, name="Custody of 2026", purposes=["missing_person"], retention_days=10)
    changed = change_register(actor=actor, register=register, terms=wanted)
    assert (changed.name, changed.purposes) == ("Custody of 2026", ["missing_person"])
    (entry,) = acts()[len(before) :]
    assert entry == (
        "register.changed",
        {
            "fields": ["name", "purposes", "retention_days"],
            "before": {"purposes": list(Purpose.values), "retention_days": 1095},
            "after": {"purposes": ["missing_person"], "retention_days": 10},
        },
    )
    change_register(actor=actor, register=register, terms=wanted)
    assert len(acts()) == len(before) + 1


def test_a_renamed_register_is_still_the_gallerys(
    gallery: Gallery, register: SourceRegister, actor: Actor
) -> None:
    change_register(actor=actor, register=register, terms=terms(register, name="Other"))
    assert main_register(gallery).pk == register.pk


@pytest.mark.parametrize(
    "wrong",
    [{"name": " "}, {"purposes": []}, {"purposes": ["protest"]}, {"retention_days": 0}],
)
def test_terms_that_are_none_change_nothing(
    register: SourceRegister, actor: Actor, wrong: dict[str, Any]
) -> None:
    before = acts()
    with pytest.raises(ValidationError):
        change_register(actor=actor, register=register, terms=terms(register, **wrong))
    assert acts() == before


def test_names_of_registers_are_unique(
    register: SourceRegister, second: SourceRegister, actor: Actor
) -> None:
    with pytest.raises(ValidationError):
        change_register(actor=actor, register=register, terms=terms(register, name=second.name))


def test_who_manages_no_galleries_changes_nothing(
    gallery: Gallery,
    register: SourceRegister,
    second: SourceRegister,
    as_actor: Callable[[User, Agency], Actor],
    ana: User,
    in_alder: Agency,
) -> None:
    analyst, before = as_actor(ana, in_alder), acts()
    for act in (
        lambda: change_register(actor=analyst, register=register, terms=terms(register, name="x")),
        lambda: retire_register(actor=analyst, register=register),
        lambda: remove_source(actor=analyst, gallery=gallery, register=second),
        lambda: open_gallery(actor=analyst, name="x", retention_days=1, register=register),
    ):
        with pytest.raises(PermissionDenied):
            act()
    register.refresh_from_db()
    assert (acts(), register.name, register.retired_at) == (before, "Custody register", None)
    assert gallery.sources.filter(removed_at=None).count() == 2


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE searches_sourceregister SET kind = 'identity_documents'",
        "UPDATE searches_sourceregister SET legal_basis = 'another'",
        "UPDATE searches_sourceregister SET created_by_label = 'somebody'",
        "UPDATE searches_sourceregister SET retired_at = NULL",
        "UPDATE searches_sourceregister SET purposes = '{}'",
        "UPDATE searches_sourceregister SET purposes = '{protest}'",
        "UPDATE searches_gallerysource SET register_id = gen_random_uuid()",
        "UPDATE searches_gallerysource SET removed_at = now()",
    ],
)
def test_the_database_holds_the_rules(
    gallery: Gallery, register: SourceRegister, actor: Actor, attack: str
) -> None:
    make_image(gallery, "P-1")
    retire_register(actor=actor, register=register)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(attack)


def test_a_retired_register_takes_no_more_pictures(
    gallery: Gallery, register: SourceRegister, actor: Actor
) -> None:
    make_image(gallery, "P-1")
    retire_register(actor=actor, register=register)
    retire_register(actor=actor, register=register)
    assert [action for action, _ in acts()].count("register.retired") == 1
    with pytest.raises(Fault, match="register_retired"):
        make_image(gallery, "P-2")
    with pytest.raises(Fault, match="register_retired"):
        add_source(actor=actor, gallery=make_gallery_of(actor), register=register)
    assert FaceImage.objects.count() == 1


def make_gallery_of(actor: Actor) -> Gallery:
    row = add_register(actor=actor, name="Third", kind=KIND, legal_basis="Act s. 3")
    return open_gallery(actor=actor, name="Other", retention_days=30, register=row)


def test_no_picture_comes_past_the_services(
    gallery: Gallery, register: SourceRegister, second: SourceRegister, actor: Actor
) -> None:
    """The database looks at each picture that is written, whoever writes it."""
    image = make_image(gallery, "P-1")
    columns = [str(f.column) for f in FaceImage._meta.local_fields]
    columns = [name for name in columns if name not in ("id", "sha256")]
    names = ", ".join(columns)
    copy = (
        f"INSERT INTO searches_faceimage (id, sha256, {names})"
        f" SELECT gen_random_uuid(), repeat('a', 64), {names} FROM searches_faceimage WHERE id = %s"
    )
    retire_register(actor=actor, register=register)
    with (
        pytest.raises(DatabaseError, match="register_retired"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(copy, [image.pk])
    remove_source(actor=actor, gallery=gallery, register=second)
    other = copy.replace(
        f"SELECT gen_random_uuid(), repeat('a', 64), {names}",
        f"SELECT gen_random_uuid(), repeat('a', 64), {names.replace('register_id', '%s')}",
    )
    with (
        pytest.raises(DatabaseError, match="register_not_of_gallery"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(other, [second.pk, image.pk])
    assert FaceImage.objects.count() == 1


def test_a_picture_that_waits_is_held_to_the_register_as_it_is(
    gallery: Gallery, register: SourceRegister, actor: Actor, models: object
) -> None:
    enrolment = make_enrolment(gallery, "P-1", person_jpeg(1))
    retire_register(actor=actor, register=register)
    run_enrolment(enrolment.pk)
    enrolment.refresh_from_db()
    assert (enrolment.state, enrolment.failure_code) == ("failed", "register_retired")
    assert FaceImage.objects.count() == 0


def test_a_source_goes_only_without_pictures_and_never_the_last(
    gallery: Gallery, register: SourceRegister, second: SourceRegister, actor: Actor
) -> None:
    make_image(gallery, "P-1")
    with pytest.raises(Fault, match="source_in_use"):
        remove_source(actor=actor, gallery=gallery, register=register)
    remove_source(actor=actor, gallery=gallery, register=second)
    remove_source(actor=actor, gallery=gallery, register=second)
    assert [action for action, _ in acts()].count("gallery.source_removed") == 1
    with pytest.raises(Fault, match="register_not_of_gallery"):
        require_source(gallery, second)
    add_source(actor=actor, gallery=gallery, register=second)
    assert GallerySource.objects.filter(gallery=gallery, removed_at=None).count() == 2


def test_the_last_source_stays(gallery: Gallery, register: SourceRegister, actor: Actor) -> None:
    with pytest.raises(Fault, match="source_is_last"):
        remove_source(actor=actor, gallery=gallery, register=register)


def test_a_purpose_taken_away_ends_searches_that_wait(
    gallery: Gallery, register: SourceRegister, actor: Actor, in_alder: Agency, models: object
) -> None:
    """It is asked again when the search runs, before a face is embedded."""
    probe = make_probe(make_case(in_alder), person_jpeg(1))
    search = make_search(probe, [gallery], run=False)
    narrowed = terms(register, purposes=["identity_fraud"])
    change_register(actor=actor, register=register, terms=narrowed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("searches.services.searching.embedded_face", lambda *_: 1 / 0)
        run_search(search.pk)
    search.refresh_from_db()
    assert (search.stage, search.failure_code) == (Stage.FAILED, "source_purpose_not_permitted")
    assert search.candidates.count() == 0
    with pytest.raises(Fault, match="source_purpose_not_permitted"):
        make_search(probe, [gallery], run=False)


def test_a_purpose_taken_away_ends_searches_that_run(
    gallery: Gallery, register: SourceRegister, actor: Actor, in_alder: Agency, models: object
) -> None:
    make_image(gallery, "P-1")
    search = make_search(make_probe(make_case(in_alder), person_jpeg(1)), [gallery], run=False)
    original = embedded_face

    def narrowing(*arguments: Any) -> Any:
        wanted = terms(register, purposes=["identity_fraud"])
        change_register(actor=actor, register=register, terms=wanted)
        return original(*arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("searches.services.searching.embedded_face", narrowing)
        run_search(search.pk)
    search.refresh_from_db()
    assert (search.stage, search.failure_code) == (Stage.FAILED, "source_purpose_not_permitted")
    assert search.candidates.count() == 0


def test_a_source_that_was_removed_restricts_nothing(
    gallery: Gallery, second: SourceRegister, actor: Actor, in_alder: Agency, models: object
) -> None:
    change_register(actor=actor, register=second, terms=terms(second, purposes=["identity_fraud"]))
    probe = make_probe(make_case(in_alder), person_jpeg(1))
    with pytest.raises(Fault, match="source_purpose_not_permitted"):
        make_search(probe, [gallery], run=False)
    remove_source(actor=actor, gallery=gallery, register=second)
    assert make_search(probe, [gallery]).stage == Stage.EXAMINATION


def test_a_gallery_is_opened_with_a_new_register_or_one_that_is_there(actor: Actor) -> None:
    described = NewRegister(
        kind=SourceKind.MISSING_PERSON_REPORTS,
        legal_basis="Act s. 4",
        terms=RegisterTerms("Reports", "A-1", timezone.localdate(), 20, ["missing_person"]),
    )
    first = open_gallery(actor=actor, name="One", retention_days=30, register=described)
    made = main_register(first)
    assert (made.agreement, made.retention_days, made.purposes) == ("A-1", 20, ["missing_person"])
    other = open_gallery(actor=actor, name="Two", retention_days=30, register=made)
    assert (other.source_kind, other.legal_basis) == ("missing_person_reports", "Act s. 4")
    assert SourceRegister.objects.count() == 1
    retire_register(actor=actor, register=made)
    with pytest.raises(ValidationError):
        open_gallery(actor=actor, name="Three", retention_days=30, register=made)
    assert Gallery.objects.count() == 2


def test_registers_say_how_much_is_of_them_and_which_end(
    gallery: Gallery, register: SourceRegister, second: SourceRegister, actor: Actor
) -> None:
    make_image(gallery, "P-1")
    counted = {row.name: (row.image_count, row.gallery_count) for row in registers()}  # type: ignore[attr-defined]
    assert counted == {"Custody register": (1, 1), "Prison register": (0, 1)}
    assert [(use.gallery, use.images) for use in uses_of(register)] == [(gallery, 1)]
    today = timezone.localdate()
    assert list(ending_soon()) == []
    for days, ends in ((31, False), (30, True), (0, True), (-5, True)):
        wanted = terms(second, agreement_ends=today + timedelta(days=days))
        second = change_register(actor=actor, register=second, terms=wanted)
        assert (second in ending_soon()) is ends
    retire_register(actor=actor, register=second)
    assert list(ending_soon()) == []
