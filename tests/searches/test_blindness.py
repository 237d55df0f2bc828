"""The second examiner gets the same bytes whatever the first decided, and without the first at all.

Everything that this person can fetch or is sent is compared in worlds that differ in the first
examination alone: retained with comments, all excluded by somebody else, and removed from the
database. Clock, chance and session are the same in all of them.
"""

import logging
import random
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from django.core import mail
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from accounts.actor import command_actor
from accounts.models import Agency, Notification, Role
from portal.audit.models import AuditEntry
from portal.post import wait_until_sent
from portal.tenancy import scope
from searches.models import CaseMember, Disposition, Examination, Search
from searches.services import distractors
from searches.services.case_people import end_member
from searches.services.examining import decide, start_examination, submit_examination
from tests.conftest import join
from tests.factories import make_token, person_jpeg
from tests.searches.crawling import addresses, crawl
from tests.searches.procedure import (
    CHECKLISTS,
    Office,
    examine,
    filled_gallery,
    make_office,
    searched,
)

EACH_TEST_ALONE = True

pytestmark = [pytest.mark.usefixtures("past_triggers", "models", "bells")]

E, A, S, U = Role.EXAMINER, Role.ANALYST, Role.SUPERVISOR, Role.AUDITOR
PEOPLE = {
    "examiner": ([E], False),
    "examiner and analyst": ([E, A], False),
    "examiner and analyst of the case": ([E, A], True),
    "examiner and auditor": ([E, U], False),
    "examiner and supervisor": ([E, S], False),
}
# Who sees more than any examiner does; of programs, only theirs are asked.
WITH_PROGRAMS = {
    "examiner and analyst of the case",
    "examiner and auditor",
    "examiner and supervisor",
}
SECRETS = ("Scar above the left eye", "Quite another chin")
WORLDS = ("retained", "excluded", "removed")


class World:
    """A search at its second examination, and the person who takes it."""

    def __init__(
        self, agency: Agency, roles: list[Role], is_member: bool, with_programs: bool = False
    ) -> None:
        self.with_programs = with_programs
        self.office: Office = make_office(agency)
        self.user = join(agency, "blind@alder.example", "Blind", *roles)
        self.office.people["blind"] = self.user
        self.search: Search = searched(
            self.office, person_jpeg(1), filled_gallery(agency, 7), limit=4
        )
        # The case of the search has its analysts as members.
        if A in roles and not is_member:
            member = CaseMember.objects.get(case=self.search.case, user_id=self.user.pk)
            end_member(actor=command_actor("test", agency.pk), member=member)
        _, self.token = make_token(agency, self.user)
        self.client = Client()
        self.client.force_login(self.user)

    def first_examination(self, world: str) -> Examination:
        name = "third" if world == "excluded" else "first"
        actor = self.office.actor(name)
        taken = start_examination(actor=actor, search=self.search)
        for item in taken.items.all():
            word = Disposition.EXCLUDED if world == "excluded" else Disposition.RETAINED
            decide(
                actor=actor,
                examination=taken,
                position=item.position,
                disposition=word,
                features=CHECKLISTS[word],
                comment=SECRETS[world == "excluded"],
            )
        submit_examination(actor=actor, examination=taken)
        self.search.refresh_from_db()
        if world == "removed":
            _remove(taken)
        return taken

    def seen(self, world: str) -> dict[str, Any]:
        """Everything the second examiner gets: before taking the round, and while at it."""
        distractors._random = random.Random(7)  # type: ignore[assignment]
        first = self.first_examination(world)
        found = {"before": self.fetched(first.pk, {str(first.pk): "FIRST"})}
        mine = start_examination(actor=self.office.actor("blind"), search=self.search)
        names = {str(mine.pk): "MINE", str(first.pk): "FIRST"}
        names |= {str(item.pk): f"FACE-{item.position}" for item in mine.items.all()}
        found["during"] = self.fetched(mine.pk, names)
        return found

    def mails(self) -> dict[str, Any]:
        """What was sent to the person once everything was committed."""
        wait_until_sent()
        mine = [one for one in mail.outbox if self.user.email in one.recipients()]
        return {
            str(number): (one.subject, str(one.body), sorted(one.extra_headers.items()))
            for number, one in enumerate(mine)
        }

    def fetched(self, examination: Any, names: dict[str, str]) -> dict[str, Any]:
        first = next(pk for pk, name in names.items() if name == "FIRST")
        told = Notification.objects.filter(user=self.user)
        names = names | {str(row.pk): f"TOLD-{number}" for number, row in enumerate(told)}
        picture = self.search.candidates.order_by("rank")[0]
        values: dict[str, list[Any]] = {
            "cases": [self.search.case_id],
            "probes": [self.search.probe_id],
            "searches": [self.search.pk],
            "galleries": [picture.gallery_id],
            "subjects": [picture.subject_id],
            "images": [picture.image_id],
            "examinations": [examination, first],
            "uuid": [self.search.pk, examination, first],
            "int": [0, 1],
        }
        every = addresses(values)
        of_api = [path for path in every if path.startswith("/api/")]
        pages = crawl(self.client, [path for path in every if path not in of_api], names)
        if not self.with_programs:
            return pages
        asking = {"Authorization": f"Bearer {self.token}"}
        answers = crawl(Client(), of_api, names, asking)
        assert {status for status, *_ in answers.values()} >= {200, 403}
        return pages | answers


def _remove(examination: Examination) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for table, column in (
            ("searches_examinationitem", "examination_id"),
            ("searches_examination", "id"),
        ):
            cursor.execute(f"DELETE FROM {table} WHERE {column} = %s", [examination.pk])
            assert cursor.rowcount > 0
        cursor.execute("SET LOCAL session_replication_role = origin")


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> Iterator[datetime]:
    """The clock of the portal and of its record stands still."""
    moment = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: moment)
    # The database's own clock goes on within a transaction.
    monkeypatch.setattr("portal.audit.recorder.AuditEntry", partial(AuditEntry, at=moment))
    monkeypatch.setattr("django.utils.cache.time", SimpleNamespace(time=moment.timestamp))
    monkeypatch.setattr(distractors, "_random", distractors._random)
    logging.disable()  # hundreds of addresses that are refused
    yield moment
    logging.disable(logging.NOTSET)


Capture = Callable[..., AbstractContextManager[Any]]


@pytest.mark.django_db
@pytest.mark.parametrize("who", PEOPLE)
def test_nothing_of_the_first_examination_reaches_the_second(
    who: str, alder: Agency, still: datetime, django_capture_on_commit_callbacks: Capture
) -> None:
    roles, is_member = PEOPLE[who]
    with scope(alder.pk):
        world = World(alder, roles, is_member, who in WITH_PROGRAMS)
        seen = {}
        for name in WORLDS:
            with transaction.atomic():
                mail.outbox.clear()
                with django_capture_on_commit_callbacks(execute=True):
                    seen[name] = world.seen(name)
                seen[name]["mails"] = world.mails()
                transaction.set_rollback(True)
    assert differences(seen["retained"], seen["excluded"]) == []
    # Nobody but its examiner knows the first examination's id. Whoever guessed it is refused, and
    # where it was removed there is nothing to refuse.
    by_its_id = [path for path in seen["retained"]["during"] if "FIRST" in path]
    assert by_its_id
    assert {seen["retained"]["during"][path][0] for path in by_its_id} <= {401, 403, 404, 405}
    for part in ("before", "during"):
        for path in by_its_id:
            for name in WORLDS:
                seen[name][part].pop(path, None)
    assert differences(seen["retained"], seen["removed"]) == []
    assert seen["retained"]["mails"]
    fetched = seen["retained"]["during"]
    own = [path for path, (status, *_) in fetched.items() if "/MINE/" in path and status == 200]
    assert len(own) > 5, sorted(fetched)
    assert not any(secret in repr(seen) for secret in (*SECRETS, "FIRST"))


def differences(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """Where two worlds differ, each with the first bytes that do."""
    found = []
    for part in one:
        for path in sorted({*one[part], *other[part]}):
            a, b = one[part].get(path), other[part].get(path)
            if a != b:
                found.append(f"{part} {path}: {_first(repr(a), repr(b))}")
    return found


def _first(a: str, b: str) -> str:
    at = next((n for n, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), 0)
    return f"{a[max(at - 60, 0) : at + 60]!r} / {b[max(at - 60, 0) : at + 60]!r}"


@pytest.mark.django_db
def test_the_comparison_sees_a_leak(alder: Agency, still: datetime) -> None:
    """Once the search is concluded its pages tell, and then the worlds differ."""
    pages = []
    with scope(alder.pk):
        world = World(alder, [E, U], False)
        for retained in (set(), {1}):
            with transaction.atomic():
                distractors._random = random.Random(7)  # type: ignore[assignment]
                taken = [
                    examine(world.office.actor(name), world.search, retained)
                    for name in ("first", "third")
                ]
                names = {str(row.pk): f"ROUND-{row.round}" for row in taken}
                pages.append(crawl(world.client, [f"/searches/{world.search.pk}/"], names))
                transaction.set_rollback(True)
            world.search.refresh_from_db()
    assert differences({"pages": pages[0]}, {"pages": pages[1]})
