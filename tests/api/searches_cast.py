"""The office of a search, each person with a token."""

import json
from typing import Any
from uuid import UUID

from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from searches.models import Gallery, Probe
from tests.api.caller import Caller
from tests.factories import GROUNDS_FIELDS
from tests.searches.procedure import CHECKLISTS, Office


class Callers:
    """`callers["first"]`: the token of a person of the office, made when it is first used."""

    def __init__(self, office: Office) -> None:
        self.office, self._made = office, dict[str, Caller]()

    def __getitem__(self, name: str) -> Caller:
        if name not in self._made:
            self._made[name] = Caller(self.office.agency, self.office.people[name])
        return self._made[name]


def new_search(probe: Probe, gallery: Gallery, **changed: Any) -> dict[str, Any]:
    """What a program sends for a search of the only face."""
    usual = {"probe": probe.pk, "galleries": [gallery.pk], "purpose": "missing_person"}
    return {**usual, **GROUNDS_FIELDS, **changed}


def as_multipart(said: dict[str, Any]) -> dict[str, Any]:
    """The same for `Caller.post` as multipart/form-data."""
    return {"data": encode_multipart(BOUNDARY, said), "content_type": MULTIPART_CONTENT}


def examined(caller: Caller, search: UUID, retained: "set[int] | None" = None) -> Any:
    """A whole round by a program: faces at these positions are retained. The submitted one."""
    taken = caller.post("api_examination_take", search)
    assert taken.status_code == 201, taken.content
    pk = taken.json()["id"]
    for face in caller.get("api_examination", pk).json()["faces"]:
        chosen = "retained" if face["position"] in (retained or set()) else "excluded"
        said = {"disposition": chosen, "features": CHECKLISTS[chosen]}  # type: ignore[index]
        decided = caller.call("put", "api_examination_face", pk, face["position"], data=said)
        assert decided.status_code == 200, decided.content
    submitted = caller.post("api_examination_submit", pk)
    assert submitted.status_code == 200, submitted.content
    return submitted.json()


def text_of(response: Any) -> str:
    """All that an answer says, to look for what it must not."""
    return json.dumps(response.json())
