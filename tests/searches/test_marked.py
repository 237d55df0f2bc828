"""References and case numbers lie sealed, and rows are found by them as before."""

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.actor import command_actor
from accounts.models import Agency
from accounts.services.key_rotation import rotate_agency
from portal.keys import KeyProblem
from portal.tenancy import ScopeError, scope
from searches.case_words import case_words
from searches.marked import CASE_NUMBER, SUBJECT_REFERENCE, as_stored, mark_of, spellings
from searches.models import Case, Gallery, Subject
from searches.services.holding import known_subject, new_subject
from tests.factories import make_case, make_gallery

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bells")]


@pytest.fixture
def gallery(in_alder: Agency) -> Gallery:
    return make_gallery(in_alder)


def stored(subject: Subject) -> tuple[bytes, bytes]:
    """The mark and the sealed text as the database has them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT reference_mark, reference_sealed FROM searches_subject WHERE id = %s",
            [subject.pk],
        )
        mark, sealed = cursor.fetchone()
    return bytes(mark), bytes(sealed)


def test_a_reference_is_read_and_looked_up_and_lies_nowhere_in_clear(gallery: Gallery) -> None:
    subject = new_subject(gallery, "P-4711")
    assert Subject.objects.get().reference == "P-4711"
    assert Subject.objects.get(reference="P-4711") == known_subject(gallery, "P-4711") == subject
    assert not Subject.objects.filter(reference__in=["p-4711", "P-471", "P-47111", ""]).exists()
    mark, sealed = stored(subject)
    assert len(mark) == 16
    assert b"4711" not in mark + sealed


def test_a_mark_is_of_its_agency_and_kind(alder: Agency, birch: Agency) -> None:
    marks = set()
    for agency in (alder, birch):
        with scope(agency.pk):
            marks |= {mark_of("1", SUBJECT_REFERENCE), mark_of("1", CASE_NUMBER)}
            assert mark_of("", CASE_NUMBER) == b""
    assert len(marks) == 4
    with pytest.raises(ScopeError):
        mark_of("1", CASE_NUMBER)


def test_a_row_that_is_read_again_is_not_sealed_again(in_alder: Agency) -> None:
    """The database lets no case have another number, nor other bytes of the same."""
    case = make_case(in_alder, "2026-5", members=[])
    before = bytes(case.number_sealed)
    case.refresh_from_db()
    case.number = "2026-5"
    case.save()
    assert bytes(Case.objects.get().number_sealed) == before
    case.number = "2026-6"
    with pytest.raises(IntegrityError, match="do not change"), transaction.atomic():
        case.save()


def test_an_exchange_of_the_key_loses_no_subject(in_alder: Agency, gallery: Gallery) -> None:
    before = new_subject(gallery, "P-1")
    with scope(in_alder.pk):  # as in a process that has opened texts already
        assert Subject.objects.get().reference == "P-1"
        rotate_agency(actor=command_actor("test", in_alder.pk), agency_id=in_alder.pk)
        with scope(in_alder.pk):
            after = new_subject(gallery, "P-2")
        assert {subject.reference for subject in Subject.objects.all()} == {"P-1", "P-2"}
    assert (known_subject(gallery, "P-1"), known_subject(gallery, "P-2")) == (before, after)
    assert new_subject(gallery, "P-1") == before
    with pytest.raises(IntegrityError, match="subject_reference_once"), transaction.atomic():
        Subject.objects.create(gallery=gallery, reference="P-1")
    assert Subject.objects.count() == 2


@pytest.mark.parametrize(
    "change",
    ["reference_sealed = ''", "reference_mark = ''", "reference_mark = '', reference_sealed = ''"],
)
def test_a_text_is_there_as_a_whole(gallery: Gallery, change: str) -> None:
    new_subject(gallery, "P-1")
    with (
        pytest.raises(IntegrityError, match="subject_reference_given"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"UPDATE searches_subject SET {change}")
    assert Subject.objects.get().reference == "P-1"


def test_an_update_writes_both_or_nothing(gallery: Gallery) -> None:
    subject = new_subject(gallery, "P-1")
    rows = Subject.objects.filter(pk=subject.pk)
    with pytest.raises(TypeError, match="sealed text"), transaction.atomic():
        rows.update(reference="P-2")
    assert Subject.objects.get().reference == "P-1"
    subject.reference = "P-2"
    rows.update(**as_stored(subject, "reference"))
    assert Subject.objects.get(reference="P-2").reference == "P-2"


def test_a_sealed_reference_is_of_its_row(gallery: Gallery) -> None:
    one, other = new_subject(gallery, "P-1"), new_subject(gallery, "P-2")
    Subject.objects.filter(pk=one.pk).update(reference_sealed=other.reference_sealed)
    with pytest.raises(KeyProblem):
        str(Subject.objects.get(pk=one.pk))


def test_cases_are_found_by_a_part_while_they_are_new(
    in_alder: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = (make_case(in_alder, number, members=[]) for number in ("a-1", "B-2"))

    def found(text: str) -> set[Case]:
        return set(Case.objects.filter(case_words(Case.objects.all(), text)))

    assert found("harbour") == found("-") == {old, new}
    assert (found(" A-1 "), found("b-2"), found("3")) == ({old}, {new}, set())
    monkeypatch.setattr("searches.case_words.LOOKED_THROUGH", 1)
    assert found("HARBOUR") == {new}
    assert (found("a-1"), found("-1")) == ({old}, set())
    assert spellings(" a-1 ") == ["a-1", "A-1"]
