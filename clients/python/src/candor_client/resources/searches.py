"""Searches: one face of a probe, searched for once in chosen galleries, with its grounds."""

from collections.abc import Mapping, Sequence
from typing import Any

from candor_client.answers import Search
from candor_client.calls import Call
from candor_client.operations import D, Resource, listing, operation
from candor_client.paging import Page, pages, pages_of
from candor_client.reading import answer, json_of


class Searches(Resource[D]):
    @listing
    def list(self, /, **filters: Any) -> Call[Page[Search]]:
        """Newest first: `case=...`, `stage="concluded"`."""
        return pages_of("searches/", Search, filters)

    @operation
    def get(self, pk: str) -> Call[Search]:
        return Call("GET", f"searches/{pk}/", answer(Search))

    @operation
    def submit(
        self,
        /,
        probe: str,
        *,
        galleries: Sequence[str],
        purpose: str,
        basis: str,
        reason: str,
        face: int | None = None,
        **more: Any,
    ) -> Call[Search]:
        """Ask for a search. It takes one search of the license's quota.

        `face` may be left out when the probe shows one face only. `more` are further fields of
        the API: `facts`, `reference`, `limit`, `grants`, `seen`.
        """
        said = {
            "probe": probe,
            "galleries": list(galleries),
            "purpose": purpose,
            "basis": basis,
            "reason": reason,
            **({} if face is None else {"face": face}),
            **more,
        }
        return Call("POST", "searches/", answer(Search), json=said)

    @listing
    def candidates(self, pk: str) -> Call[Page[Mapping[str, Any]]]:
        """The candidates, once the search is concluded."""
        return pages(f"searches/{pk}/candidates/", lambda row: row, {})

    @operation
    def conclusion(self, pk: str) -> Call[Any]:
        """How it was concluded: a lead is never an identification."""
        return Call("GET", f"searches/{pk}/conclusion/", json_of)

    @operation
    def report(self, pk: str) -> Call[bytes]:
        """The report as a PDF file."""
        path = f"searches/{pk}/report/"
        return Call("GET", path, lambda response: response.content, headers={"Accept": "*/*"})
