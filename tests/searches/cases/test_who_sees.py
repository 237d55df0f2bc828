"""Who sees a case, and who searches in it."""

import uuid
from dataclasses import replace
from typing import Any

import pytest
from django.http import Http404

from accounts.actor import Actor, command_actor
from accounts.models import Agency, Role, User
from accounts.permissions import Permission
from portal.tenancy import scope
from searches import queries
from searches.access import case_for, portrait_for, probe_for, search_for
from searches.models import Case, Search
from searches.services.case_limits import change_cap
from searches.services.case_people import add_member, end_member
from searches.services.cases import close_case
from searches.services.probes import upload_probe
from searches.services.searching import submit_search
from tests.conftest import join
from tests.factories import (
    CAPTURE,
    make_case,
    make_conclusion,
    make_gallery,
    make_grounds,
    make_image,
    make_probe,
    make_search,
    person_jpeg,
)
from tests.searches.cases.cast import REASON, AsActor, code_of, number_of
from tests.searches.procedure import filled_gallery

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells")]


SEES = {
    "owner": "ok",
    "member": "ok",
    "outsider": "403",
    "examiner": "403",
    "supervisor": "ok",
    "auditor": "ok",
    "admin": "403",
}


def test_members_supervisors_and_auditors_see_a_case_and_what_belongs_to_it(
    case: Case, people: dict[str, Actor], in_alder: Agency
) -> None:
    gallery = make_gallery(in_alder)
    make_image(gallery, "P-1")
    probe = make_probe(case, person_jpeg(1))
    search = make_search(probe, [gallery], run=False)
    other = make_case(in_alder, "2026-8", members=[])
    for name, actor in people.items():
        rows = (case_for, case.pk), (probe_for, probe.pk), (search_for, search.pk)
        for get, pk in rows:
            assert code_of(get, actor, pk) == SEES[name], (name, get)
        listed = set(queries.cases(actor)) if actor.can(Permission.VIEW_CASES) else set()
        everything = name in ("supervisor", "auditor")
        assert listed == ({case, other} if everything else {case} if SEES[name] == "ok" else set())
        assert set(queries.searches(actor)) == ({search} if SEES[name] == "ok" else set())


def test_another_agencys_case_does_not_exist(
    case: Case, birch: Agency, bob: User, as_actor: AsActor
) -> None:
    stranger = as_actor(bob, birch)
    with scope(birch.pk):
        with pytest.raises(Http404):
            case_for(stranger, case.pk)
        assert list(queries.cases(stranger)) == []


def test_the_operator_sees_every_case(case: Case, in_alder: Agency) -> None:
    operator = command_actor("test", in_alder.pk)
    assert case_for(operator, case.pk) == case
    assert list(queries.cases(operator)) == [case]


def test_whoever_leaves_a_case_does_not_see_it_any_more(
    case: Case, people: dict[str, Actor]
) -> None:
    member = people["member"]
    row = case.members.get(user_id=number_of(member))
    end_member(actor=people["owner"], member=row)
    assert code_of(case_for, member, case.pk) == "403"
    assert list(queries.cases(member)) == []
    add_member(actor=people["owner"], case=case, user_id=number_of(member))
    assert case_for(member, case.pk) == case
    assert case.members.filter(user_id=number_of(member)).count() == 2


def without_galleries(actor: Actor) -> Actor:
    return replace(actor, permissions=actor.permissions - {Permission.VIEW_GALLERIES})


def test_a_portrait_without_the_galleries_is_a_candidates_of_a_search_one_sees(
    case: Case, people: dict[str, Actor], in_alder: Agency
) -> None:
    gallery, other = filled_gallery(in_alder, 1), make_image(make_gallery(in_alder), "P-2")
    search = make_search(make_probe(case, person_jpeg(1)), [gallery])
    found = search.candidates.get().image
    assert code_of(portrait_for, without_galleries(people["member"]), found.pk) == "403"
    make_conclusion(search)
    for name, wanted in (("member", "ok"), ("outsider", "403")):
        full = people[name]
        actor = without_galleries(full)
        assert code_of(portrait_for, actor, found.pk) == wanted
        assert code_of(portrait_for, actor, other.pk) == "403"
        assert portrait_for(full, other.pk) == other


def test_only_members_of_an_open_case_upload_and_search(
    case: Case, people: dict[str, Actor], in_alder: Agency, as_actor: AsActor
) -> None:
    gallery = make_gallery(in_alder)
    probe = make_probe(case, person_jpeg(1))
    both = join(in_alder, "both@alder.example", "Both", Role.ANALYST, Role.SUPERVISOR)
    people["sees_all"] = as_actor(both, in_alder)
    wanted = {"owner": "ok", "member": "ok", "outsider": "case_not_a_member"}
    wanted["sees_all"] = "case_not_a_member"

    def upload(actor: Actor) -> object:
        key = uuid.uuid4()
        data = person_jpeg(2)
        return upload_probe(actor=actor, case=case, data=data, capture=CAPTURE, submission_key=key)

    def search(actor: Actor) -> object:
        return submit_search(
            actor=actor,
            probe=probe,
            face_index=0,
            galleries=[gallery],
            grounds=make_grounds(),
            submission_key=uuid.uuid4(),
        )

    for name, actor in people.items():
        for act in (upload, search):
            assert code_of(act, actor) == wanted.get(name, "403"), name
    close_case(actor=people["owner"], case=case, reason=REASON)
    for act in (upload, search):
        assert code_of(act, people["member"]) == "case_closed"


def test_a_case_has_so_many_searches_and_failed_ones_do_not_count(
    case: Case, people: dict[str, Actor], in_alder: Agency
) -> None:
    gallery, probe = make_gallery(in_alder), make_probe(case, person_jpeg(1))
    change_cap(actor=people["supervisor"], case=case, cap=2, reason=REASON)
    first = make_search(probe, [gallery], run=False)
    make_search(probe, [gallery], run=False)
    assert code_of(make_search, probe, [gallery], run=False) == "case_cap_reached"
    closed = {"state": "failed", "stage": "failed", "failure_code": "engine_failed"}
    Search.objects.filter(pk=first.pk).update(**closed)
    make_search(probe, [gallery], run=False)
    assert code_of(make_search, probe, [gallery], run=False) == "case_cap_reached"
    change_cap(actor=people["supervisor"], case=case, cap=3, reason=REASON)
    make_search(probe, [gallery], run=False)


def test_the_same_submission_again_is_the_same_search_also_at_the_limit(
    case: Case, people: dict[str, Actor], in_alder: Agency
) -> None:
    gallery, probe = make_gallery(in_alder), make_probe(case, person_jpeg(1))
    change_cap(actor=people["supervisor"], case=case, cap=1, reason=REASON)
    values: dict[str, Any] = {
        "actor": people["member"],
        "probe": probe,
        "face_index": 0,
        "galleries": [gallery],
        "grounds": make_grounds(),
        "submission_key": uuid.uuid4(),
    }
    assert submit_search(**values) == submit_search(**values)
