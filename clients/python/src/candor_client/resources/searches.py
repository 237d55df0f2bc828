"""Searches: one face of a probe, searched for once in chosen galleries, with its grounds."""

from collections.abc import Sequence
from typing import Any

from candor_client.answers import Candidates, Conclusion, Search
from candor_client.calls import Call
from candor_client.operations import D, Resource, listing, operation
from candor_client.paging import Page, pages_of
from candor_client.reading import answer
from candor_client.saving import saved
from candor_client.sending import File, attached


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
        document: File | bytes | None = None,
        **more: Any,
    ) -> Call[Search]:
        """Ask for a search. It takes one search of the license's quota.

        `face` may be left out when the probe shows one face only; `document` is the paper of an
        authorization. `more` are further fields: `facts`, `reference`, `limit`, `grants`, `seen`.
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
        if document is None:
            return Call("POST", "searches/", answer(Search), json=said)
        form = {name: _as_form(value) for name, value in said.items()}
        files = {"document": attached(document, "document", None)}
        return Call("POST", "searches/", answer(Search), form=form, files=files)

    @operation
    def authorize(self, pk: str, reason: str) -> Call[Search]:
        """Let another person's search be done, or the results of an urgent one be used."""
        path = f"searches/{pk}/authorization/"
        return Call("POST", path, answer(Search), json={"reason": reason})

    @operation
    def refuse(self, pk: str, reason: str) -> Call[Search]:
        """Refuse it: what it was made of and what it brought is erased."""
        path = f"searches/{pk}/authorization/refuse/"
        return Call("POST", path, answer(Search), json={"reason": reason})

    @operation
    def candidates(self, pk: str) -> Call[Candidates]:
        """The candidates, once the search is concluded."""
        return Call("GET", f"searches/{pk}/candidates/", answer(Candidates))

    @operation
    def conclusion(self, pk: str) -> Call[Conclusion]:
        """What the examinations came to: a lead at most."""
        return Call("GET", f"searches/{pk}/conclusion/", answer(Conclusion))

    @operation
    def report(self, pk: str) -> Call[bytes]:
        """The report as a PDF file."""
        return saved(f"searches/{pk}/report/")

    @operation
    def bundle(self, pk: str) -> Call[bytes]:
        """The disclosure bundle as a ZIP file."""
        return saved(f"searches/{pk}/bundle/")


def _as_form(value: Any) -> str | list[str]:
    return list(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
