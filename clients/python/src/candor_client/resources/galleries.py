"""Galleries, their subjects, and erasures."""

from collections.abc import Mapping
from typing import Any

from candor_client.answers import Erasure
from candor_client.calls import Call
from candor_client.operations import D, Resource, listing, operation
from candor_client.paging import Page, pages, pages_of
from candor_client.reading import answer, json_of


class Galleries(Resource[D]):
    @listing
    def list(self, /, **filters: Any) -> Call[Page[Mapping[str, Any]]]:
        return pages("galleries/", lambda row: row, filters)

    @operation
    def get(self, pk: str) -> Call[Any]:
        return Call("GET", f"galleries/{pk}/", json_of)

    @listing
    def subjects(self, /, pk: str, **filters: Any) -> Call[Page[Mapping[str, Any]]]:
        return pages(f"galleries/{pk}/subjects/", lambda row: row, filters)


class Erasures(Resource[D]):
    @listing
    def list(self, /, **filters: Any) -> Call[Page[Erasure]]:
        return pages_of("erasures/", Erasure, filters)

    @operation
    def get(self, pk: str) -> Call[Erasure]:
        return Call("GET", f"erasures/{pk}/", answer(Erasure))

    @operation
    def receipt(self, pk: str) -> Call[Any]:
        """The signed receipt, once the erasure is proved."""
        return Call("GET", f"erasures/{pk}/receipt/", json_of)
