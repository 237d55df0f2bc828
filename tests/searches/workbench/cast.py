"""An examination as an examiner does it on the pages."""

from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from searches.models import Examination, Search
from searches.services.examining import start_examination
from tests.searches.procedure import Office

PICTURES: list[tuple[str, list[object]]] = [
    ("examination_probe_face", []),
    ("examination_probe_close_up", []),
    ("examination_probe_picture", []),
    ("examination_probe_original", []),
    ("examination_face_portrait", [1]),
    ("examination_face_close_up", [1]),
    ("examination_face_picture", [1]),
]
PAGES: list[tuple[str, list[object]]] = [("examination", []), ("examination_face", [1])]
DECISION = {"nose": "dissimilar", "disposition": "excluded", "comment": ""}


def begin(office: Office, name: str, search: Search) -> Examination:
    return start_examination(actor=office.actor(name), search=search)


def address(name: str, examination: Examination, *arguments: object) -> str:
    return reverse(name, args=[examination.pk, *arguments])


def post(client: Client, name: str, examination: Examination, *at: object, **values: str) -> str:
    """Where the answer leads to."""
    response = client.post(address(name, examination, *at), values)
    assert response.status_code == 302, response.content.decode()
    return response["Location"]


def take(client: Client, search: Search) -> HttpResponse:
    return client.post(reverse("examination_take", args=[search.pk]))  # type: ignore[return-value]


def decide_all(client: Client, examination: Examination) -> None:
    for position in examination.items.values_list("position", flat=True):
        post(client, "examination_decide", examination, position, **DECISION)


def page(client: Client, name: str, examination: Examination, *arguments: object) -> str:
    response = client.get(address(name, examination, *arguments))
    assert response.status_code == 200
    return str(response.content.decode())
