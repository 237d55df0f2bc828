"""What people were told of, in the portal: written with the act, seen by its person alone."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.conf import LazySettings
from django.core import mail
from django.db import DatabaseError, connection, transaction
from django.db.models import UUIDField
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.access import actor_of, memberships_of
from accounts.actor import Actor
from accounts.models import (
    Agency,
    Digest,
    Membership,
    Notification,
    NotificationKind,
    Role,
    TrainingCertificate,
    User,
)
from accounts.notification_page import TOPICS, lines_of
from accounts.notifications import MEANINGS
from accounts.services.locking import note_failure, tell_of_locks
from accounts.services.notifications import forget_all, read_all
from accounts.services.people import change_roles
from accounts.services.reminding import remind_agency
from accounts.services.telling import notify
from accounts.tasks import forget_notifications
from portal import celeryconfig
from portal.audit.models import AuditEntry
from portal.post import wait_until_sent
from portal.tenancy import own_scope, scope, user_scope
from searches.models import Search
from searches.services.authorizing import authorize_search
from tests.conftest import join
from tests.factories import PDF, make_alert, make_certificate, person_jpeg
from tests.searches.procedure import filled_gallery, make_office, searched

pytestmark = pytest.mark.django_db

AsActor = Callable[[User, Agency], Actor]
Kind = NotificationKind
PAGE = "/notifications/"


def kinds_of(user: User, agency: Agency) -> list[str]:
    """What a person was told of in an agency since they joined, the oldest first."""
    with own_scope(agency.pk, user.pk):
        rows = Notification.objects.exclude(kind=Kind.ACCESS_GIVEN).order_by("made_at", "id")
        return list(rows.values_list("kind", flat=True))


def row_of(user: User, agency: Agency, kind: Kind) -> Notification:
    with own_scope(agency.pk, user.pk):
        return Notification.objects.get(kind=kind)


def unread_of(user: User) -> list[int]:
    """What the header has to show in each of the person's agencies."""
    return [membership.unread for _, membership in memberships_of(user)]


def tell(agency: Agency, user: User, kind: Kind, times: int = 1) -> None:
    """Notifications about the agency itself."""
    with scope(agency.pk):
        for _ in range(times):
            notify([user], kind, agency)


# --- Written with the act -------------------------------------------------------------------------


def test_a_notification_belongs_to_the_act_and_holds_its_kind_and_an_id(
    alder: Agency, ada: User, ana: User, as_actor: AsActor
) -> None:
    admin = as_actor(ada, alder)
    with scope(alder.pk):
        member = Membership.objects.get(user=ana)
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            change_roles(actor=admin, membership=member, roles=["auditor"])
            raise ZeroDivisionError
        assert kinds_of(ana, alder) == []
        change_roles(actor=admin, membership=member, roles=["admin", "analyst"])
    assert kinds_of(ana, alder) == ["access.roles"]
    assert kinds_of(ada, alder) == ["people.admin_added"]
    row = row_of(ana, alder, Kind.ACCESS_ROLES)
    assert {name for name in vars(row) if not name.startswith("_")} == {
        *("id", "agency_id", "user_id", "kind", "subject_type", "subject_id", "made_at", "read_at")
    }
    assert (row.subject_type, row.subject_id) == ("membership", str(member.pk))


def test_a_mail_that_the_clock_could_not_send_was_told_to_nobody(
    alder: Agency, ana: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_certificate(alder, ana, days_left=5)

    def away(*args: object) -> None:
        raise ConnectionRefusedError

    with monkeypatch.context() as patch:
        patch.setattr("django.core.mail.EmailMessage.send", away)
        assert remind_agency(alder) == 0
    assert kinds_of(ana, alder) == []
    assert remind_agency(alder) == 1
    assert kinds_of(ana, alder) == ["certificate.ends"]
    assert len(mail.outbox) == 1


def test_admins_of_each_agency_find_a_locked_log_in(
    alder: Agency, birch: Agency, ada: User, bob: User, ana: User
) -> None:
    join(birch, ana.email, "Ana", Role.ANALYST)
    for _ in range(5):
        note_failure(email=ana.email, source="10.0.0.1")
    assert tell_of_locks() == 1
    assert kinds_of(ada, alder) == kinds_of(bob, birch) == ["people.locked"]
    assert kinds_of(ana, alder) == kinds_of(ana, birch) == []


# --- Nobody else's --------------------------------------------------------------------------------


def run(sql: str, *values: Any) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)
        return int(cursor.rowcount)


def test_the_database_shows_a_person_their_own_alone(
    alder: Agency, birch: Agency, ana: User, ada: User, bob: User
) -> None:
    join(birch, ana.email, "Ana", Role.ANALYST)
    table, column = Notification._meta.db_table, "user_id, agency_id"
    everything = f"SELECT {column} FROM {table}"

    def seen() -> set[tuple[int, int]]:
        with connection.cursor() as cursor:
            cursor.execute(everything)
            return set(cursor.fetchall())

    assert seen() == set()
    with own_scope(alder.pk, ana.pk):
        assert seen() == {(ana.pk, alder.pk)}
        for user, agency in ((ada, alder), (ana, birch), (bob, birch)):
            who = (user.pk, agency.pk)
            there = "WHERE user_id = %s AND agency_id = %s"
            assert run(f"UPDATE {table} SET read_at = now() {there}", *who) == 0
            assert run(f"DELETE FROM {table} {there}", *who) == 0
    with user_scope(ana.pk):  # the count of the header, before an agency is chosen
        assert seen() == {(ana.pk, alder.pk), (ana.pk, birch.pk)}
        assert run(f"UPDATE {table} SET read_at = now()") == 0
    with scope(alder.pk):  # the clock, and the end of the agency
        assert seen() == {(ana.pk, alder.pk), (ada.pk, alder.pk)}
        insert = (
            f"INSERT INTO {table} (id, agency_id, user_id, kind, subject_type, subject_id, made_at)"
            " VALUES (gen_random_uuid(), %s, %s, %s, 'agency', '1', now())"
        )
        assert run(insert, alder.pk, ada.pk, "license.ends") == 1
        with pytest.raises(DatabaseError, match="row-level security"):
            run(insert, birch.pk, bob.pk, "license.ends")
        with pytest.raises(DatabaseError, match="known_kind"):
            run(insert, alder.pk, ada.pk, "person.found")
    with own_scope(alder.pk, ana.pk):
        for change in ("kind = 'license.ends'", f"user_id = {ada.pk}", "made_at = now()"):
            with pytest.raises(DatabaseError, match=r"do not change|row-level"):
                run(f"UPDATE {table} SET {change}")
        assert run(f"UPDATE {table} SET read_at = now()") == 1
        with pytest.raises(DatabaseError, match="do not change"):
            run(f"UPDATE {table} SET read_at = NULL")


def test_marks_are_one_s_own(
    client: Client, alder: Agency, birch: Agency, ana: User, ada: User, bob: User
) -> None:
    client.force_login(ana)
    for user, agency in ((ada, alder), (bob, birch)):
        row = row_of(user, agency, Kind.ACCESS_GIVEN)
        assert client.post(reverse("notification_open", args=[row.pk])).status_code == 404
    client.post(reverse("notifications_read"))
    assert (unread_of(ada), unread_of(bob), unread_of(ana)) == ([1], [1], [0])
    own = row_of(ana, alder, Kind.ACCESS_GIVEN)
    assert own.read_at is not None
    for name, arguments in (("notification_open", [own.pk]), ("notifications_read", [])):
        assert client.get(reverse(name, args=arguments)).status_code == 405
    with scope(alder.pk):  # it is no act on anything of the agency
        assert not AuditEntry.objects.filter(subject_type="notification").exists()


def test_a_page_counts_those_of_its_agency(
    client: Client, alder: Agency, birch: Agency, ana: User
) -> None:
    join(birch, ana.email, "Ana", Role.ANALYST)
    tell(birch, ana, Kind.LICENSE_ENDS, 3)
    assert unread_of(ana) == [1, 4]
    client.force_login(ana)
    assert "1 unread notification\n" in client.get(reverse("home")).text
    client.post(reverse("switch_agency"), {"agency": birch.pk})
    assert "4 unread notifications" in client.get(reverse("home")).text
    assert len(client.get(PAGE).context["lines"]) == 4
    client.post(reverse("notifications_read"))
    assert "unread notification" not in client.get(reverse("home")).text
    assert unread_of(ana) == [1, 0]


# --- The page -------------------------------------------------------------------------------------


def test_the_newest_come_first_and_can_be_narrowed(
    client: Client, alder: Agency, ada: User
) -> None:
    tell(alder, ada, Kind.LICENSE_ENDS)
    tell(alder, ada, Kind.LICENSE_LIMIT, 30)
    client.force_login(ada)
    page = client.get(PAGE)
    assert [line.row.kind for line in page.context["lines"]] == ["license.limit"] * 25
    assert "1 to 25 of 32" in page.text
    last = client.get(PAGE, {"page": 2}).context["lines"]
    assert [line.row.kind for line in last][-2:] == ["license.ends", "access.given"]
    narrowed = client.get(PAGE, {"about": "access"})
    assert [str(line.words) for line in narrowed.context["lines"]] == [
        "You belong to this agency now"
    ]
    row = narrowed.context["lines"][0].row
    answer = client.post(reverse("notification_open", args=[row.pk]))
    assert (answer.status_code, answer["Location"]) == (302, reverse("home"))
    assert (
        "There is no such notification"
        in client.get(PAGE, {"about": "access", "show": "unread"}).text
    )
    assert len(client.get(PAGE, {"about": "access", "show": "x"}).context["lines"]) == 1
    assert len(client.get(PAGE, {"about": "nothing"}).context["lines"]) == 25
    assert client.get(PAGE, {"show": "unread"}).context["page"].paginator.count == 31


def test_what_comes_while_the_page_is_read_stays_unread(
    alder: Agency, ada: User, as_actor: AsActor
) -> None:
    before = timezone.now()
    tell(alder, ada, Kind.LICENSE_ENDS)
    assert read_all(actor=as_actor(ada, alder), until=before) == 1
    assert unread_of(ada) == [1]


def test_unread_is_said_in_words_and_the_empty_page_explains(
    client: Client, alder: Agency, ana: User
) -> None:
    client.force_login(ana)
    assert client.get(PAGE).text.count(">Unread</span>") == 1
    client.post(reverse("notifications_read"), {"until": "soon"})
    assert ">Unread</span>" not in client.get(PAGE).text
    with scope(alder.pk):
        Notification.objects.all().delete()
    assert "You were told of nothing lately" in client.get(PAGE).text


def test_words_are_in_the_reader_s_language_and_rights_are_asked_now(
    client: Client, alder: Agency, ana: User, ada: User
) -> None:
    """Of what the reader may not see there is its kind, and neither a name nor a way to it."""
    with scope(alder.pk):
        certificate = make_certificate(alder, ana, days_left=5)
        notify([ana, ada], Kind.CERTIFICATE_ENDS, certificate)
        notify([ana], Kind.PEOPLE_LOCKED, Membership.objects.get(user=ada))
        notify([ana], Kind.REVIEW_OVERDUE, alder)
        notify([ana], Kind.CERTIFICATE_ENDS, TrainingCertificate(pk=10**9))
    client.force_login(ana)
    lines = {line.words: line for line in client.get(PAGE, {"about": "people"}).context["lines"]}
    assert [(line.label, line.href) for line in lines.values()] == [("", "")]
    gone, there = client.get(PAGE, {"about": "certificate"}).context["lines"]
    assert (gone.label, gone.href) == ("", "")
    assert (there.label, there.href) == ("Face searching", reverse("account"))
    assert "No longer open to you" in client.get(PAGE).text
    answer = client.post(reverse("notification_open", args=[gone.row.pk]))
    assert answer["Location"] == PAGE
    User.objects.filter(pk=ana.pk).update(language="fr")
    page = client.get(PAGE, {"about": "review"})
    assert "La revue d’une semaine est en retard" in page.text


# --- Searches -------------------------------------------------------------------------------------


@pytest.mark.usefixtures("models", "bells", "in_alder")
def test_digest_and_notification_tell_the_same_and_no_more_than_the_queue(
    client: Client, alder: Agency, django_capture_on_commit_callbacks: Any
) -> None:
    office = make_office(alder)
    deputy, supervisor = office.people["deputy"], office.people["supervisor"]
    User.objects.filter(pk=deputy.pk).update(digest=Digest.DAILY)
    mail.outbox.clear()
    with django_capture_on_commit_callbacks(execute=True):
        search: Search = searched(
            office,
            person_jpeg(1),
            filled_gallery(alder, 3),
            run=False,
            basis="authorized",
            reference="12/2026",
            document=PDF,
        )
    wait_until_sent()
    assert [message.to for message in mail.outbox] == [[supervisor.email]]
    assert kinds_of(deputy, alder) == kinds_of(supervisor, alder) == ["search.waits"]
    client.force_login(deputy)
    figures = {
        figure.href: figure.value
        for part in client.get(reverse("home")).context["parts"]
        for figure in part.figures
    }
    (line,) = client.get(PAGE, {"about": "search"}).context["lines"]
    assert figures[reverse("work_section", args=["authorizations"])] == "1"
    assert (line.label, line.href) == (str(search.pk)[:8], reverse("work"))
    with scope(alder.pk):
        facts = str(list(Notification.objects.filter(user=deputy).values()))
    for secret in (search.case.number, search.case.title, "12/2026"):
        assert secret not in facts
        assert secret not in client.get(PAGE).text.partition("<main")[2]
    reason = "The warrant is what it says"
    authorize_search(actor=office.actor("supervisor"), search=search, reason=reason)
    (line,) = client.get(PAGE, {"about": "search"}).context["lines"]
    assert (line.label, line.href) == ("", "")
    assert kinds_of(office.people["analyst"], alder) == ["search.news"]
    client.force_login(office.people["analyst"])
    row = row_of(office.people["analyst"], alder, Kind.SEARCH_NEWS)
    answer = client.post(reverse("notification_open", args=[row.pk]))
    assert answer["Location"] == reverse("search", args=[search.pk])


@pytest.mark.usefixtures("models", "bells", "in_alder")
def test_an_alert_is_not_told_to_whom_it_concerns(alder: Agency) -> None:
    """Neither now, nor where it grows: then it looks like one that is decided."""
    office = make_office(alder, second_auditor=[Role.AUDITOR])
    uma, other = office.people["auditor"], office.people["second_auditor"]
    search = searched(office, person_jpeg(1), filled_gallery(alder, 3))
    alert = make_alert(search, other.pk)
    assert kinds_of(other, alder) == []
    (row,) = [row_of(uma, alder, Kind.ALERT_WAITS)]
    (line,) = lines_of(office.actor("auditor"), [row])
    assert line.href == reverse("alert", args=[alert.pk])
    alert.people = [other.pk, uma.pk]
    alert.save()
    (line,) = lines_of(office.actor("auditor"), [row])
    assert line.href == ""


# --- What it costs, and its end -------------------------------------------------------------------


def test_no_page_pays_for_the_bell_and_the_list_costs_the_same_however_long(
    client: Client, alder: Agency
) -> None:
    user = join(alder, "all@alder.example", "All", *Role)
    client.force_login(user)

    def statements(address: str) -> int:
        with CaptureQueriesContext(connection) as found:
            assert client.get(address).status_code == 200
        return len(found)

    with scope(alder.pk):
        member = Membership.objects.get(user=user)
        actor = actor_of(user, alder, member, "127.0.0.1")
        for kind, meaning in MEANINGS.items():  # each about something that is not there
            model = meaning.rows(actor).model
            of_uuid = isinstance(model._meta.pk, UUIDField)
            notify([user], kind, model(pk=uuid4() if of_uuid else 10**9))
    few = {address: statements(address) for address in ("/", "/account/", PAGE)}
    tell(alder, user, Kind.LICENSE_ENDS, 150)
    many = {address: statements(address) for address in few}
    assert many == few
    assert many[PAGE] <= 25
    assert unread_of(user) == [100]
    assert "99+" in client.get("/account/").text


def test_old_ones_go_by_the_clock(
    alder: Agency, birch: Agency, ana: User, bob: User, settings: LazySettings
) -> None:
    settings.NOTIFICATION_DAYS = 40
    tell(alder, ana, Kind.LICENSE_ENDS)
    for agency, user, days in ((alder, ana, 41), (birch, bob, 39)):
        at = timezone.now() - timedelta(days=days)
        with scope(agency.pk), connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO accounts_notification (id, agency_id, user_id, kind, subject_type,"
                " subject_id, made_at) SELECT gen_random_uuid(), agency_id, user_id, kind,"
                " subject_type, subject_id, %s FROM accounts_notification WHERE user_id = %s"
                " LIMIT 1",
                [at, user.pk],
            )
    assert forget_all() == 1
    assert forget_all() == 0
    assert (unread_of(ana), unread_of(bob)) == ([2], [2])
    entry: dict[str, Any] = dict(celeryconfig.beat_schedule["old notifications"])
    assert entry["task"] == forget_notifications.name


def test_every_kind_means_something() -> None:
    assert set(MEANINGS) == set(Kind)
    assert {kind.topic for kind in Kind} == set(TOPICS)
