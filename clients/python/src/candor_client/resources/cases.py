"""Cases, and what is done to them for a reason."""

from collections.abc import Mapping
from typing import Any, Literal

from candor_client.answers import Case
from candor_client.calls import Call
from candor_client.operations import D, Resource, listing, operation
from candor_client.paging import Page, pages, pages_of
from candor_client.reading import answer, json_of

Act = Literal["close", "reopen", "hold", "lift"]


class Cases(Resource[D]):
    @listing
    def list(self, /, **filters: Any) -> Call[Page[Case]]:
        """The cases that the token's owner may see, newest first: `q="harbour"`."""
        return pages_of("cases/", Case, filters)

    @operation
    def get(self, pk: str) -> Call[Case]:
        return Call("GET", f"cases/{pk}/", answer(Case))

    @operation
    def open(
        self, number: str, title: str, *, purpose: str = "", category: str | None = None
    ) -> Call[Case]:
        """Open a case, for a purpose or in a category of the agency's, which has one."""
        said = {"number": number, "title": title, "purpose": purpose, "category": category}
        return Call("POST", "cases/", answer(Case), json=said)

    @operation
    def act(self, pk: str, act: Act, reason: str) -> Call[Case]:
        """Close or reopen it, put it on hold or lift that."""
        return Call("POST", f"cases/{pk}/{act}/", answer(Case), json={"reason": reason})

    @operation
    def change_cap(self, pk: str, cap: int, reason: str) -> Call[Case]:
        """How many searches it may have."""
        return Call("POST", f"cases/{pk}/cap/", answer(Case), json={"cap": cap, "reason": reason})

    @listing
    def notes(self, pk: str) -> Call[Page[Mapping[str, Any]]]:
        return pages(f"cases/{pk}/notes/", lambda row: row, {})

    @operation
    def add_note(self, pk: str, text: str) -> Call[Any]:
        return Call("POST", f"cases/{pk}/notes/", json_of, json={"text": text})
