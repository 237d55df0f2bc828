"""Imports: many pictures at once, as a ZIP file that is sent in parts."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal
from uuid import uuid4

from candor_client.answers import Import
from candor_client.calls import Call, Progress, Script
from candor_client.operations import D, Resource, listing, operation
from candor_client.paging import Page, pages, pages_of
from candor_client.reading import answer
from candor_client.sending import File, import_call, opened, parts, size_of

Act = Literal["start", "pause", "resume", "cancel", "close"]


class Imports(Resource[D]):
    @listing
    def list(self, /, gallery: str | None = None, **filters: Any) -> Call[Page[Import]]:
        """The imports of a gallery, or of all, newest first."""
        path = "imports/" if gallery is None else f"galleries/{gallery}/imports/"
        return pages_of(path, Import, filters)

    @operation
    def get(self, pk: str) -> Call[Import]:
        return import_call(pk)

    @operation
    def upload(
        self,
        gallery: str,
        archive: File,
        *,
        register: str,
        collected_on: date,
        name: str = "",
        progress: Progress | None = None,
    ) -> Script[Import]:
        """Open an import and send it; it is checked when the last part has come.

        `register` is the name of the source register. The file is read as it is sent.
        """
        with opened(archive) as (file, own_name):
            said = {
                "register": register,
                "collected_on": collected_on.isoformat(),
                "name": name or own_name or "import.zip",
                "size": size_of(file),
                "submission_key": str(uuid4()),
            }
            path = f"galleries/{gallery}/imports/"
            batch = yield from Call("POST", path, answer(Import), json=said)
            return (yield from parts(batch, file, progress))

    @operation
    def resume_upload(
        self, pk: str, archive: File, *, progress: Progress | None = None
    ) -> Script[Import]:
        """Go on with an upload that was broken off, from where the portal says it is.

        It has to be the same file: only its size is compared.
        """
        batch = yield from import_call(pk)
        with opened(archive) as (file, _):
            return (yield from parts(batch, file, progress))

    @operation
    def act(self, pk: str, act: Act) -> Call[Import]:
        """Start it once it is checked; pause, resume, cancel, or close it."""
        return Call("POST", f"imports/{pk}/{act}/", answer(Import))

    @listing
    def rejected(self, pk: str) -> Call[Page[Mapping[str, Any]]]:
        """The files that were not enrolled, and why."""
        return pages(f"imports/{pk}/rejected/", lambda row: row, {})
