"""Examinations by programs of examiners: what is decided is decided by a person."""

from collections.abc import Mapping

from candor_client.answers import Examination, FaceToExamine, RoundToTake
from candor_client.calls import Call, Script
from candor_client.operations import D, Resource, listing, operation
from candor_client.paging import Page, pages_of
from candor_client.reading import answer
from candor_client.saving import picture


class Examinations(Resource[D]):
    @listing
    def waiting(self) -> Call[Page[RoundToTake]]:
        """First and second examinations that the token's owner may take."""
        return pages_of("examinations/waiting/", RoundToTake, {})

    @listing
    def adjudications(self) -> Call[Page[RoundToTake]]:
        """Adjudications that the token's owner may take."""
        return pages_of("adjudications/waiting/", RoundToTake, {})

    @operation
    def take(self, search: str) -> Call[Examination]:
        """Take the open round of a search; taken again by the same person, it is the same."""
        return Call("POST", f"searches/{search}/examinations/", answer(Examination))

    @operation
    def get(self, pk: str) -> Call[Examination]:
        """One's own examination with all its faces."""
        return Call("GET", f"examinations/{pk}/", answer(Examination))

    @operation
    def probe_picture(self, pk: str) -> Script[bytes]:
        return picture(f"examinations/{pk}/probe/face/")

    @operation
    def face_picture(self, pk: str, position: int) -> Script[bytes]:
        return picture(f"examinations/{pk}/faces/{position}/portrait/")

    @operation
    def decide(
        self,
        pk: str,
        position: int,
        disposition: str,
        *,
        features: Mapping[str, str] | None = None,
        comment: str = "",
    ) -> Call[FaceToExamine]:
        """Decide about one face, or anew: `retained`, `excluded` or `inconclusive`."""
        said = {"disposition": disposition, "features": dict(features or {}), "comment": comment}
        parse = answer(FaceToExamine, position=position)
        return Call("PUT", f"examinations/{pk}/faces/{position}/", parse, json=said)

    @operation
    def submit(self, pk: str) -> Call[Examination]:
        """End it once every face is decided. It does not change any more."""
        return Call("POST", f"examinations/{pk}/submit/", answer(Examination))
