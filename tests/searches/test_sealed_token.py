"""The worker does what was sealed, to the last byte, or refuses and gives the search back."""

import json
from base64 import b64encode
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pytest_django.plugin import DjangoDbBlocker

from accounts.models import QuotaReservation, UsageEntry
from portal import signing
from portal.audit.models import AuditEntry
from portal.tenancy import scope
from searches.models import JobState, Search, SearchToken, Stage
from searches.services.authorizing import authorize_search
from searches.services.searching import run_search
from tests.factories import make_edit, make_image, make_probe, make_search
from tests.searches.committed import PICTURE, Place, committed_place, superuser
from tests.searches.procedure import examine
from tests.searches.staged import WARRANT

EACH_TEST_ALONE = True

# What lies in these tables is put back after each test: others are searched in the same place.
KEPT = ("searches_probe", "searches_probeedit", "searches_faceimage")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("files")


@pytest.fixture(scope="module")
def place(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, models: object, files: Path
) -> Iterator[Place]:
    from django.conf import settings

    with pytest.MonkeyPatch.context() as patch, django_db_blocker.unblock():
        patch.setattr(settings, "FILES_DIR", files)
        with committed_place(subjects=4) as place:
            with scope(place.agency.pk):
                place.probe = make_probe(place.case, PICTURE)
                make_edit(place.probe)
            yield place


@pytest.fixture(autouse=True)
def in_place(
    place: Place, files: Path, settings: Any, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    settings.FILES_DIR = files
    with superuser() as connection:
        for table in KEPT:
            connection.execute(f"DROP TABLE IF EXISTS kept_{table}")
            connection.execute(
                f"CREATE TABLE kept_{table} AS SELECT * FROM {table} WHERE agency_id = %s",
                [place.agency.pk],
            )
    with django_db_blocker.unblock(), scope(place.agency.pk):
        yield
    with superuser(past_triggers=True) as connection:
        for table in KEPT:
            connection.execute(f"DELETE FROM {table} WHERE agency_id = %s", [place.agency.pk])
            connection.execute(f"INSERT INTO {table} SELECT * FROM kept_{table}")
            connection.execute(f"DROP TABLE kept_{table}")


def asked(place: Place, **grounds: Any) -> Search:
    """A search that is sealed and has not run."""
    search = make_search(
        place.probe,
        [place.gallery],
        run=False,
        limit=3,
        actor=place.office.actor("analyst"),
        **grounds,
    )
    if grounds:
        supervisor = place.office.actor("supervisor")
        authorize_search(actor=supervisor, search=search, reason="The warrant is valid")
    return search


def tampered(place: Place, search: Search, *statements: str) -> None:
    names = {
        "search": search.pk,
        "probe": place.probe.pk,
        "gallery": place.gallery.pk,
        "other": place.other.pk,
        "first": place.office.people["first"].pk,
        "agency": place.agency.pk,
    }
    with superuser(past_triggers=True) as connection:
        for statement in statements:
            assert connection.execute(statement, names).rowcount > 0, statement


def assert_refused(search: Search, code: str) -> None:
    """The worker fails with the code; it costs nothing, gives nothing and is on record once."""
    run_search(search.pk)
    row = Search.objects.filter(pk=search.pk).values("state", "stage", "failure_code").get()
    assert row == {"state": JobState.FAILED, "stage": Stage.FAILED, "failure_code": code}
    assert search.candidates.count() == 0
    reservation = QuotaReservation.objects.get(key=f"search:{search.pk}")
    assert reservation.state == "released"
    assert not UsageEntry.objects.filter(key=reservation.pk).exists()
    entries = AuditEntry.objects.filter(subject_type="search", subject_id=str(search.pk))
    failed = entries.filter(action="search.failed").values_list("data", flat=True)
    assert list(failed) == [{"code": code, "attempt": 1}]
    assert not entries.filter(action="search.finished").exists()


PROBE = "UPDATE searches_probe SET {} WHERE id = %(probe)s"
SEARCH = "UPDATE searches_search SET {} WHERE id = %(search)s"
TOKEN = "UPDATE searches_searchtoken SET {} WHERE search_id = %(search)s"
IMAGE = (
    "UPDATE searches_faceimage SET {} WHERE id = (SELECT id FROM searches_faceimage"
    " WHERE gallery_id = %(gallery)s ORDER BY id LIMIT 1)"
)
SEARCHED = (
    "{} searches_searchedgallery {} WHERE search_id = %(search)s AND gallery_id = %(gallery)s"
)
TAMPERED = {
    "the upload is another": ("token_mismatch", PROBE.format("sha256 = repeat('a', 64)")),
    "the edit is another": (
        "token_mismatch",
        "UPDATE searches_probeedit SET result_sha256 = repeat('a', 64) WHERE probe_id = %(probe)s",
    ),
    "the edit is left out": ("token_mismatch", PROBE.format("current_edit_id = NULL")),
    "the picture is turned": ("token_mismatch", PROBE.format("quarter_turns = 1")),
    "the face is elsewhere": (
        "token_mismatch",
        PROBE.format("faces = jsonb_set(faces, '{0,box,left}', '1.5')"),
    ),
    "the face is gone": ("token_mismatch", PROBE.format("faces = '[]'")),
    "the face is no face": ("token_mismatch", PROBE.format("faces = '[{}]'")),
    "another face is chosen": (
        "token_mismatch",
        PROBE.format("faces = faces || faces"),
        SEARCH.format("face_index = 1"),
    ),
    "the gallery is another": (
        "token_mismatch",
        SEARCHED.format("UPDATE", "SET gallery_id = %(other)s"),
    ),
    "a gallery is added": (
        "token_mismatch",
        "INSERT INTO searches_searchedgallery (agency_id, search_id, gallery_id)"
        " VALUES (%(agency)s, %(search)s, %(other)s)",
    ),
    "no gallery is left": ("token_mismatch", SEARCHED.format("DELETE FROM", "")),
    "a picture has left the gallery": (
        "galleries_changed",
        "DELETE FROM searches_faceimage WHERE id = (SELECT id FROM searches_faceimage"
        " WHERE gallery_id = %(gallery)s ORDER BY id LIMIT 1)",
    ),
    "a picture of the gallery is another": (
        "galleries_changed",
        IMAGE.format("sha256 = repeat('b', 64)"),
    ),
    "a picture of the gallery came later": (
        "galleries_changed",
        IMAGE.format("enrolled_at = now() + interval '1 hour'"),
    ),
    "a picture of another gallery is in it": (
        "galleries_changed",
        "UPDATE searches_faceimage SET gallery_id = %(gallery)s,"
        " enrolled_at = now() - interval '1 hour' WHERE gallery_id = %(other)s",
    ),
    "the purpose is another": ("token_mismatch", SEARCH.format("purpose = 'identity_fraud'")),
    "the basis is another": (
        "token_mismatch",
        SEARCH.format("basis = 'authorized', \"authorization\" = 'before'"),
    ),
    "an authorization is needed now": (
        "token_mismatch",
        SEARCH.format("\"authorization\" = 'before'"),
    ),
    "the list is longer": ("token_mismatch", SEARCH.format('"limit" = 50')),
    "the requester is another": (
        "token_mismatch",
        SEARCH.format("requested_by_id = %(first)s"),
    ),
    "the case is another": ("token_mismatch", SEARCH.format("case_id = gen_random_uuid()")),
    "the row lives longer than the token": (
        "token_expired",
        TOKEN.format("expires_at = expires_at + interval '1 day'"),
    ),
    "the token lives longer": (
        "token_mismatch",
        TOKEN.format("document = regexp_replace(document, '(\"expires_at\":\")20', '\\121')"),
    ),
    "the document has a space more": ("token_mismatch", TOKEN.format("document = document || ' '")),
    "the document is no document": ("token_mismatch", TOKEN.format("document = 'null'")),
    "the document is empty": ("token_mismatch", TOKEN.format("document = '{}'")),
    "the signature is another": (
        "token_mismatch",
        TOKEN.format("signature = translate(signature, 'ABCDabcd', 'BCDAbcda')"),
    ),
    "the signature is no signature": ("token_mismatch", TOKEN.format("signature = 'x'")),
    "the key is unknown": ("token_mismatch", TOKEN.format("key_id = 'ffffffffffffffff'")),
    "there is no token": (
        "token_missing",
        "DELETE FROM searches_searchtoken WHERE search_id = %(search)s",
    ),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_the_worker_refuses_when(what: str, place: Place) -> None:
    code, *statements = TAMPERED[what]
    search = asked(place)
    tampered(place, search, *statements)
    assert_refused(search, code)


DECISION = {
    "the decision is gone": "DELETE FROM searches_authorization WHERE search_id = %(search)s",
    "somebody else decided": "UPDATE searches_authorization SET decided_by_id = %(first)s"
    " WHERE search_id = %(search)s",
    "it was refused": "UPDATE searches_authorization SET decision = 'refused'"
    " WHERE search_id = %(search)s",
}


@pytest.mark.parametrize("what", DECISION)
def test_the_worker_refuses_an_authorized_search_when(what: str, place: Place) -> None:
    search = asked(place, **WARRANT)
    tampered(place, search, DECISION[what])
    assert_refused(search, "token_mismatch")


def test_another_searchs_token_is_no_token(place: Place) -> None:
    search, other = asked(place), asked(place)
    swap = "UPDATE searches_searchtoken SET search_id = %(search)s WHERE search_id = '{}'"
    gone = "DELETE FROM searches_searchtoken WHERE search_id = %(search)s"
    tampered(place, search, gone, swap.format(other.pk))
    assert_refused(search, "token_mismatch")


@pytest.mark.parametrize("kind", ["authorization", "license"])
def test_whoever_signs_anew_needs_the_key_and_the_kind(place: Place, kind: str) -> None:
    """The document says what the rows say, with a longer list, and is signed: by a key of one's
    own as an authorization, or by the installation's as something else."""
    search = asked(place)
    document = json.loads(SearchToken.objects.get(search=search).document) | {"limit": 50}
    own = Ed25519PrivateKey.generate()
    if kind == "authorization":
        value = b64encode(own.sign(signing.signed_bytes(kind, document))).decode()
        key_id = signing.key_id_of(own.public_key().public_bytes_raw())
    else:
        signature = signing.sign(kind, document)
        value, key_id = signature.value, signature.key_id
    forged = rfc8785.dumps(document).decode()
    tampered(
        place,
        search,
        SEARCH.format('"limit" = 50'),
        TOKEN.format(f"document = '{forged}', signature = '{value}', key_id = '{key_id}'"),
    )
    assert_refused(search, "token_mismatch")


def test_a_token_ends(place: Place, settings: Any) -> None:
    settings.TOKEN_HOURS = -1
    assert_refused(asked(place), "token_expired")


def test_the_file_is_the_one_that_was_sealed(place: Place) -> None:
    """The edit's row is untouched; the store has the original under its name."""
    search = asked(place)
    tampered(
        place,
        search,
        "UPDATE searches_probeedit SET file_key = (SELECT file_key FROM searches_probe"
        " WHERE id = %(probe)s) WHERE probe_id = %(probe)s",
    )
    assert_refused(search, "file_unreadable")


def test_what_is_sealed_is_searched(place: Place) -> None:
    """Nothing above was refused because everything is."""
    for search in (asked(place), asked(place, **WARRANT)):
        run_search(search.pk)
        search.refresh_from_db()
        assert (search.stage, search.candidates.count()) == (Stage.EXAMINATION, 3)


def test_the_record_has_what_article_12_asks_for(place: Place) -> None:
    """EU AI Act Art. 12(3): the period of use, the reference database, the input, who verified."""
    search = asked(place)
    run_search(search.pk)
    search.refresh_from_db()
    make_image(place.other, "O-2")
    for examiner in ("first", "second"):
        examine(place.office.actor(examiner), search)
    entries = AuditEntry.objects.filter(subject_type="search", subject_id=str(search.pk))
    finished, concluded = (
        entries.get(action=action) for action in ("search.finished", "search.concluded")
    )
    sealed = json.loads(SearchToken.objects.get(search=search).document)
    began = datetime.fromisoformat(finished.data["began"])
    assert entries.get(action="search.submitted").at <= began <= finished.at  # (a)
    assert began == search.claimed_at
    assert began <= search.finished_at <= finished.at  # type: ignore[operator]
    assert finished.data["galleries"] == [  # (b)
        {"id": gallery["id"], "version": gallery["version"]} for gallery in sealed["galleries"]
    ]
    assert finished.data["sha256"] == sealed["probe"]["searched_sha256"]  # (c)
    people = [place.office.people[name].pk for name in ("first", "second")]
    assert concluded.data["examiners"] == people  # (d)
