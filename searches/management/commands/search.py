"""Search one face of a picture, through the same service and queue as the portal's pages."""

import json
import uuid
from datetime import date
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser

from accounts.actor import Actor
from accounts.commands import AgencyCommand
from accounts.purposes import Purpose
from searches.faults import Fault, message_of
from searches.images import ImageRejected
from searches.measuring import read_regular
from searches.models import Basis, CaptureKind, Case, CaseCategory, Gallery, JobState, Probe, Search
from searches.models.search import DEFAULT_LIMIT
from searches.services.capture import Capture
from searches.services.cases import open_case
from searches.services.grounds import Grounds
from searches.services.probes import upload_probe
from searches.services.searching import submit_search
from searches.statements import LEAD_STATEMENT, UNEXAMINED
from searches.waiting import wait_for


class Command(AgencyCommand):
    help = "Search one face of a picture and print the candidates (a worker must be running)."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--gallery", required=True, action="append", metavar="NAME", help="may be repeated"
        )
        parser.add_argument("--case", required=True, metavar="NUMBER", help="opened when it is new")
        parser.add_argument("--title", default="", help="of a new case")
        parser.add_argument(
            "--category", metavar="NAME", help="of a new case, if the agency has a list"
        )
        parser.add_argument(
            "--purpose", required=True, choices=Purpose.values, help="of the search and a new case"
        )
        parser.add_argument("--reason", required=True, help="why this face is searched for")
        parser.add_argument("--facts", required=True, help="on which it is to be identified")
        parser.add_argument(
            "--captured-on",
            required=True,
            type=date.fromisoformat,
            metavar="YYYY-MM-DD",
            help="the day the picture was taken, or the first day it can have been",
        )
        parser.add_argument("--capture-kind", choices=CaptureKind.values, default=CaptureKind.OTHER)
        parser.add_argument("--capture-place", required=True, metavar="TEXT", help="where")
        parser.add_argument("--face", type=int, metavar="N", help="1 is the largest face")
        parser.add_argument("--limit", type=int, default=DEFAULT_LIMIT, metavar="N")
        parser.add_argument("--wait", type=float, default=120.0, metavar="SECONDS")
        parser.add_argument("--json", action="store_true")
        parser.add_argument("image", type=Path)

    def work(self, actor: Actor, **options: Any) -> None:
        galleries = [self._gallery(name) for name in options["gallery"]]
        try:
            data = read_regular(options["image"])
            probe = self._probe(actor, data, options)
            face = None if options["face"] is None else options["face"] - 1
            search = submit_search(
                actor=actor,
                probe=probe,
                face_index=face,
                galleries=galleries,
                grounds=_grounds(options),
                limit=options["limit"],
                submission_key=uuid.uuid4(),
            )
            search = wait_for(search, seconds=options["wait"])
        except (Fault, ImageRejected) as fault:
            if options["json"]:
                failure = {"status": "refused", "code": fault.code, "message": fault.message}
                self.stdout.write(json.dumps(failure, indent=2))
            raise CommandError(f"{fault.code}: {fault.message}") from fault
        except TimeoutError as error:
            raise CommandError(f"{error}. Is a worker running (make worker)?") from error
        self._print(search, as_json=options["json"])
        if search.state == JobState.FAILED:
            raise CommandError(f"{search.failure_code}: {message_of(search.failure_code)}")

    def _gallery(self, name: str) -> Gallery:
        gallery = Gallery.objects.filter(name=name.strip()).first()
        if gallery is None:
            raise CommandError(f"The agency has no gallery {name!r}")
        return gallery

    def _probe(self, actor: Actor, data: bytes, options: dict[str, Any]) -> Probe:
        case = Case.objects.filter(number=options["case"].strip()).first()
        if case is None:
            case = self._open(actor, options)
        capture = Capture(
            captured_on=options["captured_on"],
            kind=options["capture_kind"],
            place=options["capture_place"],
        )
        probe = upload_probe(
            actor=actor,
            case=case,
            data=data,
            capture=capture,
            submission_key=uuid.uuid4(),
        )
        probe = wait_for(probe, seconds=options["wait"])
        if probe.state == JobState.FAILED:
            raise CommandError(f"{probe.failure_code}: {message_of(probe.failure_code)}")
        return probe

    def _open(self, actor: Actor, options: dict[str, Any]) -> Case:
        category = None
        if name := options["category"]:
            category = CaseCategory.objects.filter(name__iexact=name.strip()).first()
            if category is None:
                raise CommandError(f"The agency has no category {name!r}")
        try:
            return open_case(
                actor=actor,
                number=options["case"],
                title=options["title"] or options["case"],
                purpose=options["purpose"],
                category=category,
            )
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from error

    def _print(self, search: Search, *, as_json: bool) -> None:
        candidates = [
            {
                "rank": candidate.rank,
                "subject_reference": candidate.subject.reference,
                "gallery": candidate.gallery.name,
                "similarity": round(candidate.similarity, 4),
            }
            for candidate in search.candidates.select_related("subject", "gallery")
        ]
        found = len(search.probe.faces)
        if as_json:
            facts = {"search_id": str(search.pk), "status": search.state, "faces_found": found}
            used = {"face": search.face_index + 1, "scale": search.scale}
            used |= {"stage": search.stage}
            out = {**facts, **used, "candidates": candidates, "statement": str(LEAD_STATEMENT)}
            out |= {"note": str(UNEXAMINED)} if candidates else {}
            self.stdout.write(json.dumps(out, indent=2))
            return
        self.stdout.write(f"search {search.pk}: {search.state}, {found} face(s) found")
        for row in candidates:
            where = f"{row['subject_reference']}  ({row['gallery']})"
            self.stdout.write(f"{row['rank']:>3}  {row['similarity']:.4f}  {where}")
        if not candidates:
            self.stdout.write("No candidate.")
        self.stdout.write(str(LEAD_STATEMENT))
        if candidates:
            self.stdout.write(str(UNEXAMINED))


def _grounds(options: dict[str, Any]) -> Grounds:
    """The operator's searches are initial identifications; all others go through the pages."""
    return Grounds(
        purpose=options["purpose"],
        basis=Basis.INITIAL_IDENTIFICATION,
        reason=options["reason"],
        facts=options["facts"],
    )
