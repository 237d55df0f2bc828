"""A person at an installation: its services, called in a process of its own.

`python -m tests.searches.hand`, in the environment of the installation, reads one JSON
object per line, {"do": NAME, ...values}, and answers each with one line: {"value": ...} or
{"error": ...}.
"""

import json
import os
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
django.setup()

from django.db import close_old_connections, connection  # noqa: E402

from accounts.access import agency_by_slug  # noqa: E402
from accounts.actor import Actor, command_actor  # noqa: E402
from accounts.models import Agency, Role  # noqa: E402
from accounts.purposes import Purpose, SourceKind  # noqa: E402
from accounts.services.agencies import add_member, create_agency  # noqa: E402
from galleries.models import EngineChange, ErasureCause, ErasureTarget, Switch  # noqa: E402
from galleries.services import engine_changes, shadow_searching  # noqa: E402
from galleries.services.erasing import request_erasure  # noqa: E402
from portal.tasks import ring as ring_bell  # noqa: E402
from portal.tenancy import scope  # noqa: E402
from searches.faults import Fault  # noqa: E402
from searches.models import Case, Gallery, Probe, Search, Subject  # noqa: E402
from searches.models.case import MAX_CAP  # noqa: E402
from searches.services import jobs, searching  # noqa: E402
from searches.services.enrolment import Provenance, request_enrolment  # noqa: E402
from searches.services.galleries import create_gallery, main_register  # noqa: E402
from searches.services.probes import upload_probe  # noqa: E402
from searches.waiting import wait_for  # noqa: E402
from tests.factories import (  # noqa: E402
    CAPTURE,
    PDF,
    make_case,
    make_conclusion,
    make_grounds,
    make_license,
    make_refusal,
    make_search,
)
from tests.searches.made import compare_made, fill  # noqa: E402
from tests.second_factor import give_app  # noqa: E402


def _agency(slug: str) -> Agency:
    agency = agency_by_slug(slug)
    assert agency is not None
    return agency


def _actor(agency: Agency) -> Actor:
    return command_actor("test", agency.pk)


def found(
    slug: str, email: str, password: str, searches: int | None = None, role: str = Role.ANALYST
) -> int:
    """Found an agency with one person, and a license for so many searches a month."""
    agency = create_agency(actor=command_actor("test", None), name=slug.title(), slug=slug)
    make_license(agency, searches_per_month=searches)
    member = add_member(
        actor=_actor(agency),
        agency=agency,
        email=email,
        name="Ana",
        roles=[Role(role)],
        password=password,
    )
    give_app(member.user)
    return agency.pk


def case(slug: str, number: str) -> str:
    agency = _agency(slug)
    with scope(agency.pk):
        return str(make_case(agency, number, cap=MAX_CAP).pk)


def gallery(slug: str, name: str) -> str:
    agency = _agency(slug)
    with scope(agency.pk):
        made = create_gallery(
            actor=_actor(agency),
            name=name,
            source="Arrest register",
            source_kind=SourceKind.ARREST_PHOTOGRAPHS,
            legal_basis="s. 1",
        )
        return str(made.pk)


def enrol(slug: str, gallery: str, reference: str, path: str, key: str) -> str:
    agency = _agency(slug)
    with scope(agency.pk):
        chosen = Gallery.objects.get(pk=gallery)
        enrolment = request_enrolment(
            actor=_actor(agency),
            gallery=chosen,
            reference=reference,
            provenance=Provenance(main_register(chosen), date(2026, 1, 2)),
            data=Path(path).read_bytes(),
            submission_key=uuid.UUID(key),
        )
        return str(enrolment.pk)


def references(slug: str) -> dict[str, str]:
    """The references of an agency's subjects by their ids; the database has them sealed."""
    agency = _agency(slug)
    with scope(agency.pk):
        return {str(subject.pk): subject.reference for subject in Subject.every.all()}


def erase(slug: str, subject: str, target: str = ErasureTarget.SUBJECTS) -> str:
    """A subject, or something else of that id."""
    agency = _agency(slug)
    with scope(agency.pk):
        erasure = request_erasure(
            actor=_actor(agency),
            target=ErasureTarget(target),
            ids=[uuid.UUID(subject)],
            cause=ErasureCause.DEMAND,
            reason="The person asked for it",
            submission_key=uuid.uuid4(),
        )
        return str(erasure.pk)


def upload(slug: str, case: str, path: str, key: str) -> str:
    agency = _agency(slug)
    with scope(agency.pk):
        probe = upload_probe(
            actor=_actor(agency),
            case=Case.objects.get(pk=case),
            data=Path(path).read_bytes(),
            capture=CAPTURE,
            submission_key=uuid.UUID(key),
        )
        return str(probe.pk)


def submit(slug: str, probe: str, gallery: str, key: str) -> str:
    agency = _agency(slug)
    with scope(agency.pk):
        search = searching.submit_search(
            actor=_actor(agency),
            probe=Probe.objects.get(pk=probe),
            face_index=0,
            galleries=[Gallery.objects.get(pk=gallery)],
            grounds=make_grounds(purpose=Purpose.MISSING_PERSON),
            submission_key=uuid.UUID(key),
        )
        return str(search.pk)


def bring(slug: str, probe: str, gallery: str, to: str) -> str:
    """A search brought to where it is waiting, urgent, concluded or refused; a worker runs."""
    agency = _agency(slug)
    with scope(agency.pk):
        row, galleries = Probe.objects.get(pk=probe), [Gallery.objects.get(pk=gallery)]
        if to == "refused":
            return str(make_refusal(row, galleries[0]).pk)
        grounds: dict[str, Any] = {}
        if to == "waiting":
            grounds = {"basis": "authorized", "reference": "12/2026", "document": PDF}
        elif to == "urgent":
            grounds = {"basis": "urgent"}
        search = make_search(row, galleries, run=False, **grounds)
        if to == "concluded":
            make_conclusion(wait_for(search, seconds=60))
        return str(search.pk)


def submit_many(slug: str, probe: str, gallery: str, times: int, threads: int) -> dict[str, int]:
    """Submit so often, each time another search, from several threads; the answers counted."""

    def act(_: int) -> str:
        try:
            submit(slug, probe, gallery, str(uuid.uuid4()))
            return "accepted"
        except Fault as fault:
            return fault.code
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        return dict(Counter(pool.map(act, range(times))))


def at_once(times: int, what: str, **values: Any) -> list[str]:
    """The same act from `times` threads that start together."""
    gate = threading.Barrier(times)

    def act(_: int) -> str:
        try:
            gate.wait()
            result: str = ACTS[what](**values)
            return result
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(act, range(times)))


def start_change(slug: str, gallery: str, contract: str, throttle: int) -> str:
    agency = _agency(slug)
    with scope(agency.pk):
        chosen = Gallery.objects.get(pk=gallery)
        actor = _actor(agency)
        change = engine_changes.start_change(
            actor=actor, gallery=chosen, contract_id=contract, throttle=throttle
        )
        return str(change.pk)


def act_on_change(slug: str, change: str, act: str, **values: Any) -> str:
    """One of the verbs of galleries.services.engine_changes, or a shadow search."""
    agency = _agency(slug)
    acts: dict[str, Callable[..., Any]] = {
        "pace": engine_changes.pace_change,
        "switch": engine_changes.ask_switch,
        "end": engine_changes.end_change,
        "compare": shadow_searching.request_shadow_search,
    }
    if "to" in values:
        values["to"] = Switch(values["to"])
    with scope(agency.pk):
        row = EngineChange.objects.get(pk=change)
        return str(acts[act](actor=_actor(agency), change=row, **values).pk)


def ring(slug: str, search: str, times: int) -> None:
    agency = _agency(slug)
    with scope(agency.pk):
        for _ in range(times):
            ring_bell("searches.tasks.run_search", agency.pk, search)


def search_late(slug: str, search: str, flag: str) -> str:
    """Claim a search, do its work only when the file `flag` appears, and on a new connection."""
    agency = _agency(slug)

    def work(job: Search) -> None:
        while not Path(flag).exists():
            time.sleep(0.02)
        connection.close()
        searching._search(job)

    with scope(agency.pk):
        jobs.run(Search, uuid.UUID(search), work=work, failed=searching._fail)
    return "ended"


ACTS: dict[str, Callable[..., Any]] = {
    act.__name__: act
    for act in (
        found,
        case,
        gallery,
        enrol,
        references,
        erase,
        upload,
        submit,
        submit_many,
        bring,
        at_once,
        ring,
        start_change,
        act_on_change,
        search_late,
        fill,
        compare_made,
    )
}


def main() -> None:
    for line in sys.stdin:
        values = json.loads(line)
        close_old_connections()  # as before every request of a page
        try:
            answer = {"value": ACTS[values.pop("do")](**values)}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
