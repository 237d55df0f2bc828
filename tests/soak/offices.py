"""Who works in a soak: two agencies beside each other, ten users each."""

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from tests.portal.embedded_clients import ROOT
from tests.searches.installation import Installation
from tests.soak.plan import AGENCIES

FIRST = 4
"""So many faces are in each gallery from the beginning."""

# By kind: people with a browser (analysts search, a clerk enrols) and programs with a token.
PEOPLE = {
    "analyst": 3,
    "clerk": 1,
    "searching program": 2,
    "enrolling program": 1,
    "importing program": 1,
    "examiner": 2,
}


@dataclass(frozen=True, slots=True)
class Person:
    """Programs have a token, people do not."""

    kind: str
    email: str
    token_pk: int
    token: str


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A picture that was enrolled when the agency was founded."""

    key: str
    pk: str


@dataclass(frozen=True, slots=True)
class Office:
    agency: int
    slug: str
    gallery: str
    register: str
    people: list[Person]
    cases: dict[str, str]
    """The case of each analyst, by address."""
    first: list[Enrolled]

    @classmethod
    def read(cls, said: dict[str, Any]) -> "Office":
        people = [Person(**one) for one in said.pop("people")]
        first = [Enrolled(**one) for one in said.pop("first")]
        return cls(**said, people=people, first=first)


def office_email(slug: str, kind: str, number: int) -> str:
    return f"{kind.replace(' ', '-')}-{number}@{slug}.example"


def found_offices(place: Installation) -> list[Office]:
    """Both agencies, made by a process in the installation's environment."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.soak.founding", *AGENCIES],
        env=place.environment,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=True,
    )
    return [Office.read(one) for one in json.loads(done.stdout.splitlines()[-1])]
