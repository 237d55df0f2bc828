"""All resources, and the methods for addresses that have none of their own here."""

from collections.abc import Mapping, Sequence
from typing import Any

from candor_client.answers import Me
from candor_client.calls import Attachment, Call, Script
from candor_client.operations import D, Resource, listing, operation
from candor_client.paging import Page, pages
from candor_client.reading import answer, json_of
from candor_client.resources.cases import Cases
from candor_client.resources.examinations import Examinations
from candor_client.resources.galleries import Erasures, Galleries
from candor_client.resources.imports import Imports
from candor_client.resources.probes import Probes
from candor_client.resources.searches import Searches
from candor_client.saving import picture, saved


class Everything(Resource[D]):
    """What both clients can do."""

    def __init__(self, driver: D) -> None:
        super().__init__(driver)
        self.cases = Cases(driver)
        self.probes = Probes(driver)
        self.searches = Searches(driver)
        self.examinations = Examinations(driver)
        self.galleries = Galleries(driver)
        self.imports = Imports(driver)
        self.erasures = Erasures(driver)

    @operation
    def me(self) -> Call[Me]:
        """Whom the token speaks for, in which agency, and what it may do at present."""
        return Call("GET", "me/", answer(Me))

    @operation
    def get(self, /, path: str, **params: Any) -> Call[Any]:
        """The JSON of an address below /api/v1/, such as `license/`."""
        return Call("GET", path, json_of, params=params)

    @operation
    def post(
        self,
        path: str,
        json: Any = None,
        *,
        form: Mapping[str, str | Sequence[str]] | None = None,
        files: Mapping[str, Attachment] | None = None,
        idempotency_key: str | None = None,
    ) -> Call[Any]:
        """Post JSON, or a form with files. A key of one's own outlives a crash of one's program."""
        headers = {} if idempotency_key is None else {"Idempotency-Key": idempotency_key}
        return Call(
            "POST", path, json_of, json=json, form=form or {}, files=files or {}, headers=headers
        )

    @operation
    def patch(self, path: str, json: Any) -> Call[Any]:
        """Change something. Not sent again by itself when it gets no answer."""
        return Call("PATCH", path, json_of, json=json)

    @operation
    def delete(self, path: str) -> Call[Any]:
        return Call("DELETE", path, json_of)

    @listing
    def list(self, /, path: str, **filters: Any) -> Call[Page[Any]]:
        """The rows of any list, as they are in the JSON."""
        return pages(path, lambda row: row, filters)

    @operation
    def download(self, path: str) -> Call[bytes]:
        """A file, such as a report or a bundle."""
        return saved(path)

    @operation
    def picture(self, path: str) -> Script[bytes]:
        """The picture that an address of the API gives signed addresses of (docs/api.md)."""
        return picture(path)
