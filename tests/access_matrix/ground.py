"""Alder with its people and one of everything that pages of several areas show."""

from dataclasses import dataclass

from django.utils import timezone

from accounts.models import Agency, Membership, Role, User
from searches.models import Case, FaceImage, Gallery, Probe, Search
from tests.conftest import PASSWORD, join
from tests.factories import (
    make_case,
    make_certificate,
    make_gallery,
    make_image,
    make_probe,
    make_search,
    person_jpeg,
)

People = dict[str, User | None]


@dataclass(frozen=True)
class Ground:
    """`joiner` is the auditor's membership, who may be added to a case."""

    alder: Agency
    birch: Agency
    people: People
    gallery: Gallery
    image: FaceImage
    case: Case
    probe: Probe
    search: Search
    joiner: Membership

    def user(self, person: str) -> User:
        found = self.people[person]
        assert found is not None
        return found


def people_of(alder: Agency, birch: Agency, nil: User) -> People:
    """Who asks: one person for each role, and those who have no right to be here."""
    people: People = {
        role.value: join(alder, f"{role}@alder.example", role.value, role) for role in Role
    }
    people["stranger"] = join(birch, "all@birch.example", "All", *Role)
    people |= {"nobody": nil, "anonymous": None}
    untrained = join(alder, "untrained@alder.example", "Untrained", Role.ANALYST)
    make_certificate(alder, untrained, days_left=-1)
    people["untrained"] = untrained
    people["deactivated"] = join(alder, "gone@alder.example", "Gone", Role.ADMIN)
    people["staff"] = User.objects.create_superuser("sue@platform.example", PASSWORD, name="Sue")
    return people


def lay_ground(alder: Agency, birch: Agency, people: People) -> Ground:
    """In the scope of Alder."""
    Membership.objects.filter(user=people["deactivated"]).update(deactivated_at=timezone.now())
    gallery, case = make_gallery(alder), make_case(alder)
    image, probe = make_image(gallery, "P-1"), make_probe(case, person_jpeg(1))
    search = make_search(probe, [gallery])
    joiner = Membership.objects.get(user=people["auditor"])
    return Ground(alder, birch, people, gallery, image, case, probe, search, joiner)
