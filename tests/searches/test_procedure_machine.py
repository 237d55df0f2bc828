"""Random people do random things to searches over several connections, and so does raw SQL.

After every step the rows are judged by tests/searches/procedure_invariants.py, which asks none of
the product's functions. That it can fail is shown by tests/searches/test_procedure_mutations.py.
"""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
from django.core.exceptions import PermissionDenied
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from pytest_django.plugin import DjangoDbBlocker

from accounts.policies import policy_of
from portal.tenancy import scope
from searches.faults import Fault
from searches.models import Disposition, Examination, Search, Stage
from searches.services.authorizing import authorize_search, refuse_search
from searches.services.examining import (
    decide,
    return_examination,
    start_examination,
    submit_examination,
)
from searches.services.searching import run_search
from searches.services.timers import run_timers
from tests.accounts.races import at_once
from tests.factories import PDF, make_case, make_policy, make_probe, make_search, person_jpeg
from tests.searches.committed import Place, app_role, committed_place, superuser
from tests.searches.machine_sql import RAW
from tests.searches.procedure import CHECKLISTS
from tests.searches.procedure_invariants import broken

EACH_TEST_ALONE = True

PEOPLE = st.sampled_from(
    ["analyst", "both", "all", "first", "second", "third", "supervisor", "deputy", "auditor"]
)
ANALYSTS = st.sampled_from(["analyst", "both", "all", "deputy"])
GROUNDS: dict[str, dict[str, Any]] = {
    "initial_identification": {},
    "authorized": {"reference": "12/2026", "document": PDF},
    "urgent": {},
}
WORDS = st.sampled_from([*Disposition, Disposition.EXCLUDED])
WHICH = st.integers(0, 1)
ACTS = st.sampled_from(["take", "decide", "submit", "give_back", "authorize", "refuse", "work"])
RAW_ACTS = st.sampled_from(sorted(RAW))
EXPECTED = (Fault, PermissionDenied)
MOST = 2
"""Searches of one sequence: few, so that something becomes of them."""


class Procedure(RuleBasedStateMachine):
    place: Place
    reader: psycopg.Connection
    reached: Counter[str]
    number = 0

    @initialize(person=ANALYSTS, basis=st.sampled_from(sorted(GROUNDS)))
    def begin(self, person: str, basis: str) -> None:
        Procedure.number += 1
        self.searches: list[Search] = []
        self.asked_for_all: dict[Any, bool] = {}
        with scope(self.place.agency.pk):
            case = make_case(self.place.agency, f"M-{Procedure.number}")
            self.probe = make_probe(case, person_jpeg(1))
        self.files = [self.probe.file_key, self.probe.display_key, *self.probe.portrait_keys]
        self.ask(person, basis, policy=False)
        assert len(self.searches) == 1

    def teardown(self) -> None:
        with scope(self.place.agency.pk):
            for search in self.searches:
                search.refresh_from_db()
                self.reached[search.stage] += 1
                self.reached.update(search.conclusions.values_list("outcome", flat=True))

    # --- What people and workers do -------------------------------------------------------------

    @precondition(lambda self: len(self.searches) < MOST)
    @rule(person=PEOPLE, basis=st.sampled_from(sorted(GROUNDS)), policy=st.booleans())
    def ask(self, person: str, basis: str, policy: bool) -> None:
        with scope(self.place.agency.pk), suppress(*EXPECTED):
            if policy_of(self.place.agency.pk).authorize_every_search != policy:
                make_policy(self.place.agency, authorize_every_search=policy)
            search = make_search(
                self.probe,
                [self.place.gallery],
                run=False,
                limit=2,
                actor=self.place.office.actor(person),
                basis=basis,
                **GROUNDS[basis],
            )
            self.searches.append(search)
            self.asked_for_all[search.pk] = policy

    @rule(which=WHICH, person=PEOPLE, act=ACTS, word=WORDS)
    def somebody_acts(self, which: int, person: str, act: str, word: str) -> None:
        for search in self.searches[which : which + 1]:
            self.call(act, search, person, word)()

    @rule(which=WHICH, person=PEOPLE, words=st.lists(WORDS, min_size=4, max_size=4))
    def somebody_does_a_round(self, which: int, person: str, words: list[str]) -> None:
        for search in self.searches[which : which + 1]:
            for act in ("authorize", "work"):
                self.call(act, search, "supervisor", words[0])()
            self.call("take", search, person, "")()
            self.call("decide", search, person, *words)()
            self.call("submit", search, person, "")()

    @rule(which=WHICH, words=st.lists(WORDS, min_size=4, max_size=4), raw=RAW_ACTS)
    def it_goes_on_as_it_should(self, which: int, words: list[str], raw: str) -> None:
        """The next step by somebody who may, with an attempt in the middle of it."""
        for search in self.searches[which : which + 1]:
            self.call("authorize", search, "supervisor")()
            self.call("work", search, "analyst")()
            for person in ("first", "second", "third", "supervisor"):
                self.call("take", search, person)()
            self.sql(raw, search)()
            for person in ("first", "second", "third", "supervisor"):
                self.call("decide", search, person, *words)()
                self.call("submit", search, person)()

    @rule(
        which=WHICH,
        acts=st.lists(st.tuples(ACTS, PEOPLE, WORDS), min_size=2, max_size=3),
        raw=RAW_ACTS,
    )
    def several_act_at_once(self, which: int, acts: list[tuple[str, str, str]], raw: str) -> None:
        for search in self.searches[which : which + 1]:
            calls = [self.call(act, search, person, word) for act, person, word in acts]
            for result in at_once(*calls, self.sql(raw, search)):
                assert not isinstance(result, Exception), result

    @rule(which=WHICH, person=st.sampled_from(["supervisor", "deputy", "all"]))
    def it_is_refused(self, which: int, person: str) -> None:
        for search in self.searches[which : which + 1]:
            self.call("refuse", search, person)()

    @rule(which=WHICH)
    def nobody_acts_in_time(self, which: int) -> None:
        self.time_passes(which, "due_at")

    @rule(which=WHICH)
    def nobody_authorizes_in_time(self, which: int) -> None:
        self.time_passes(which, "authorize_by")

    def time_passes(self, which: int, column: str) -> None:
        """A deadline of a search that is not concluded yet is over; the timers run."""
        for search in self.searches[which : which + 1]:
            with superuser(past_triggers=True) as connection:
                connection.execute(
                    f"UPDATE searches_search SET {column} = now() - interval '1 s'"
                    f" WHERE id = %s AND {column} IS NOT NULL AND stage <> 'concluded'",
                    [search.pk],
                )
            run_timers()

    @rule(which=WHICH, raw=st.lists(RAW_ACTS, min_size=1, max_size=4))
    def raw_sql_moves(self, which: int, raw: list[str]) -> None:
        for search in self.searches[which : which + 1]:
            for name in raw:
                self.sql(name, search)()

    # --- How -------------------------------------------------------------------------------------

    def call(self, act: str, search: Search, person: str, *words: str) -> Callable[[], None]:
        def run() -> None:
            with scope(self.place.agency.pk), suppress(*EXPECTED):
                getattr(self, f"do_{act}")(search, self.place.office.actor(person), *words)

        return run

    def sql(self, name: str, search: Search) -> Callable[[], None]:
        """Raw statements in one transaction under the app role; what is refused is refused."""
        people = {n: user.pk for n, user in self.place.office.people.items()}
        others = [other.pk for other in self.searches if other.pk != search.pk]
        names = {
            **people,
            "agency": self.place.agency.pk,
            "search": search.pk,
            "other": others[0] if others else search.pk,
            "other_gallery": self.place.other.pk,
            "stranger": self.place.stranger.pk,
            "stranger_subject": self.place.stranger.subject_id,
        }

        def run() -> None:
            with suppress(psycopg.Error), app_role(self.place.agency.pk) as hostile:
                for statement in RAW[name]:
                    hostile.execute(statement, names)

        return run

    def do_authorize(self, search: Search, actor: Any, *_: str) -> None:
        authorize_search(actor=actor, search=search, reason="It is needed and proportionate")

    def do_refuse(self, search: Search, actor: Any, *_: str) -> None:
        refuse_search(actor=actor, search=search, reason="Not for such an offence")

    def do_work(self, search: Search, actor: Any, *_: str) -> None:
        run_search(search.pk)

    def do_take(self, search: Search, actor: Any, *_: str) -> None:
        start_examination(actor=actor, search=search)

    def do_decide(self, search: Search, actor: Any, *words: str) -> None:
        examination = self.open_one(search)
        for number, item in enumerate(examination.items.all() if examination else ()):
            word = Disposition(words[number % len(words)])
            decide(
                actor=actor,
                examination=examination,  # type: ignore[arg-type]
                position=item.position,
                disposition=word,
                features=CHECKLISTS[word],
                comment="",
            )

    def do_submit(self, search: Search, actor: Any, *_: str) -> None:
        if examination := self.open_one(search):
            submit_examination(actor=actor, examination=examination)

    def do_give_back(self, search: Search, actor: Any, *_: str) -> None:
        if examination := self.open_one(search):
            return_examination(actor=actor, examination=examination)

    def open_one(self, search: Search) -> Examination | None:
        return search.examinations.filter(state="open").first()

    # --- What has to hold ------------------------------------------------------------------------

    @invariant()
    def no_search_is_where_it_must_not_be(self) -> None:
        assert broken(self.reader, self.place.agency.pk) == []

    @invariant()
    def the_policy_was_heeded(self) -> None:
        with scope(self.place.agency.pk):
            rows = dict(Search.objects.values_list("pk", "authorization"))
        for pk, asked_for_all in getattr(self, "asked_for_all", {}).items():
            assert not (asked_for_all and rows[pk] == "none")

    @invariant()
    def nothing_is_left_of_a_probe_whose_searches_are_gone(self) -> None:
        if not getattr(self, "searches", []):
            return
        with scope(self.place.agency.pk):
            stages = set(Search.objects.filter(probe=self.probe).values_list("stage", flat=True))
            self.probe.refresh_from_db()
        if stages <= {Stage.REFUSED, Stage.EXPIRED, Stage.ERASED}:
            assert (self.probe.file_key, self.probe.faces) == ("", [])
            assert not any(self.stored(key).exists() for key in self.files)
        else:
            assert all(self.stored(key).exists() for key in self.files)

    def stored(self, key: str) -> Path:
        from django.conf import settings as portal_settings

        agency, name = key.split("/")[:2]
        return Path(portal_settings.FILES_DIR) / agency / name[:2] / name


def test_no_path_leads_around_the_procedure(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, models: object
) -> None:
    reached: Counter[str] = Counter()
    with (
        django_db_blocker.unblock(),
        committed_place(subjects=4) as place,
        superuser() as reader,
    ):
        reader.autocommit = True
        values = {"place": place, "reader": reader, "reached": reached}
        machine = type("ProcedureOfOneAgency", (Procedure,), values)
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=30,
                stateful_step_count=20,
                deadline=None,
                derandomize=True,
                database=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
    # The sequences went far enough to break something, and came to every kind of end.
    for end in ("concluded", "refused", "expired", "lead"):
        assert reached[end] > 0, reached
