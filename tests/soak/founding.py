"""Founds the agencies of a soak, whose slugs it is given: `python -m tests.soak.founding SLUG ...`.

Works in the installation's environment and prints JSON: for each office what its users need to know
(offices.py). The first pictures are enrolled here, so that there is a gallery to search.
"""

import json
import os
import sys
from dataclasses import asdict
from typing import Any

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
django.setup()

from accounts.actor import command_actor  # noqa: E402
from accounts.models import Agency, Role  # noqa: E402
from accounts.services.agencies import add_member, create_agency  # noqa: E402
from portal.tenancy import scope  # noqa: E402
from searches.models import Gallery  # noqa: E402
from searches.models.case import MAX_CAP  # noqa: E402
from searches.services.enrolment import run_enrolment  # noqa: E402
from searches.services.galleries import main_register  # noqa: E402
from tests.factories import (  # noqa: E402
    make_case,
    make_enrolment,
    make_gallery,
    make_license,
    make_token,
)
from tests.second_factor import give_app  # noqa: E402
from tests.soak.offices import FIRST, PEOPLE, Enrolled, Person, office_email  # noqa: E402
from tests.soak.pictures import drawn, reference  # noqa: E402
from tests.soak.plan import PASSWORD  # noqa: E402


def found(slug: str) -> dict[str, Any]:
    """An agency without limits, its people each with a second factor, programs with a token."""
    agency = create_agency(actor=command_actor("soak", None), name=slug.title(), slug=slug)
    make_license(agency)
    people = [
        _member(agency, kind, number) for kind, many in PEOPLE.items() for number in range(many)
    ]
    with scope(agency.pk):
        gallery = make_gallery(agency)
        analysts = [person for person in people if person.kind in ("analyst", "searching program")]
        cases = {one.email: _case(agency, number) for number, one in enumerate(analysts)}
        return {
            "agency": agency.pk,
            "slug": slug,
            "gallery": str(gallery.pk),
            "register": str(main_register(gallery).pk),
            "people": [asdict(person) for person in people],
            "cases": cases,
            "first": [asdict(_enrolled(gallery, slug, seed)) for seed in range(1, FIRST + 1)],
        }


def _member(agency: Agency, kind: str, number: int) -> Person:
    email = office_email(agency.slug, kind, number)
    roles = {"analyst": Role.ANALYST, "searching program": Role.ANALYST, "examiner": Role.EXAMINER}
    actor = command_actor("soak", agency.pk)
    user = add_member(
        actor=actor,
        agency=agency,
        email=email,
        name=f"{kind} {number}",
        roles=[roles.get(kind, Role.ADMIN)],
        password=PASSWORD,
    ).user
    if kind in ("analyst", "clerk"):
        give_app(user)
        return Person(kind, email, 0, "")
    token, text = make_token(agency, user)
    return Person(kind, email, token.pk, text)


def _case(agency: Agency, number: int) -> str:
    return str(make_case(agency, f"2026-{number:03d}", cap=MAX_CAP).pk)


def _enrolled(gallery: Gallery, slug: str, seed: int) -> Enrolled:
    made = make_enrolment(gallery, reference(slug, seed), drawn(seed, 0))
    run_enrolment(made.pk)
    return Enrolled(str(made.submission_key), str(made.pk))


if __name__ == "__main__":
    print(json.dumps([found(slug) for slug in sys.argv[1:]]))
