"""One search of a committed office at every stage that matters to somebody who attacks it."""

import uuid
from typing import Any

import pytest

from portal.tenancy import scope
from searches.models import Basis, Examination, Search
from searches.services import examining
from searches.services.authorizing import refuse_search
from searches.services.examining import decide, return_examination, start_examination
from searches.services.searching import run_search
from tests.factories import PDF, make_policy, make_search
from tests.searches.committed import Place, superuser
from tests.searches.procedure import DISSIMILAR, SIMILAR, candidates_of, examine

WARRANT: dict[str, Any] = {"basis": Basis.AUTHORIZED, "reference": "12/2026", "document": PDF}
URGENT: dict[str, Any] = {"basis": Basis.URGENT}


class Stages:
    """Makes the searches; `names` are the ids of whatever an attack may want to name."""

    def __init__(self, place: Place) -> None:
        self.place, self.office = place, place.office
        self.names: dict[str, Any] = {
            "agency": place.agency.pk,
            "case": place.case.pk,
            "probe": place.probe.pk,
            "gallery": place.gallery.pk,
            "other_gallery": place.other.pk,
            "stranger": place.stranger.pk,
            "stranger_subject": place.stranger.subject_id,
            **{name: user.pk for name, user in place.office.people.items()},
        }
        with scope(place.agency.pk):
            self._before_the_search()
            self._examined()
            self._ended()
            make_policy(place.agency, authorize_every_search=True)
        self._name_rows()

    def search(self, name: str, *, by: str = "both", run: bool = True, **grounds: Any) -> Search:
        made = make_search(
            self.place.probe,
            [self.place.gallery],
            run=run,
            limit=5,
            actor=self.office.actor(by),
            **grounds,
        )
        self.names[name] = made.pk
        return made

    def _before_the_search(self) -> None:
        self.search("waiting", run=False, **WARRANT)
        self.search("own", by="deputy", run=False, **WARRANT)
        self.search("queued", run=False)
        running = self.search("running", run=False)
        claimed = {"state": "running", "claim": uuid.uuid4()}
        Search.objects.filter(pk=running.pk).update(**claimed)

    def _examined(self) -> None:
        self.search("fresh")
        self._take("begun", "first", self.search("at_first"))
        given_back = self.search("given_back")
        seen = start_examination(actor=self.office.actor("third"), search=given_back)
        return_examination(actor=self.office.actor("third"), examination=seen)
        examine(self.office.actor("first"), given_back)
        second = self.search("at_second")
        self.names["done"] = examine(self.office.actor("first"), second).pk
        self._take("blind", "second", second)
        waiting = self.search("before_second")
        examine(self.office.actor("first"), waiting)
        disputed = self.search("disputed")
        examine(self.office.actor("first"), disputed, {1})
        examine(self.office.actor("second"), disputed)
        self.names["undisputed"] = candidates_of(disputed)[1].pk
        adjudicated = self.search("adjudicated")
        examine(self.office.actor("first"), adjudicated, {1})
        examine(self.office.actor("second"), adjudicated)
        self._take("word", "supervisor", adjudicated)
        self._ready("ready", {})
        self._ready("urgent_ready", URGENT)
        self.search("urgent", **URGENT)
        self._past_the_deadline(self.search("late", **URGENT))
        self._past_the_deadline(self._ready("late_ready", URGENT))

    def _ready(self, name: str, grounds: dict[str, Any]) -> Search:
        """Both rounds are submitted, and nobody drew the conclusion."""
        search = self.search(name, **grounds)
        examine(self.office.actor("first"), search, {1})
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(examining, "advance", lambda actor, search: None)
            examine(self.office.actor("second"), search, {1})
        return search

    def _ended(self) -> None:
        concluded = self.search("concluded")
        examine(self.office.actor("first"), concluded, {1})
        examine(self.office.actor("second"), concluded, {1})
        refused = self.search("refused", run=False, **WARRANT)
        refuse_search(
            actor=self.office.actor("supervisor"), search=refused, reason="Not a serious offence"
        )
        failed = self.search("failed", run=False)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("searches.services.sealing.signing.verify", _refuse)
            run_search(failed.pk)

    def _take(self, name: str, examiner: str, search: Search) -> Examination:
        """An open examination of which the first face is decided."""
        actor = self.office.actor(examiner)
        taken = start_examination(actor=actor, search=search)
        position = {"position": 1, "disposition": "retained", "features": SIMILAR}
        if examiner != "supervisor":
            position |= {"disposition": "excluded", "features": DISSIMILAR}
        decide(actor=actor, examination=taken, comment="Seen", **position)  # type: ignore[arg-type]
        self.names[name] = taken.pk
        return taken

    def _past_the_deadline(self, search: Search) -> None:
        with superuser(past_triggers=True) as connection:
            connection.execute(
                "UPDATE searches_search SET authorize_by = now() - interval '1 s' WHERE id = %s",
                [search.pk],
            )

    def _name_rows(self) -> None:
        """NAME_item and NAME_distractor of examinations, NAME_candidate of searches."""
        with superuser() as connection:
            for name in ("begun", "done", "blind", "word"):
                for kind, condition in (("item", "IS NOT NULL"), ("distractor", "IS NULL")):
                    row = connection.execute(
                        "SELECT id FROM searches_examinationitem WHERE examination_id = %s"
                        f" AND candidate_id {condition} ORDER BY position LIMIT 1",
                        [self.names[name]],
                    ).fetchone()
                    self.names[f"{name}_{kind}"] = row[0] if row else None
            for name in ("fresh", "at_first", "at_second", "concluded"):
                (self.names[f"{name}_candidate"],) = connection.execute(  # type: ignore[misc]
                    "SELECT id FROM searches_candidate WHERE search_id = %s AND rank = 1",
                    [self.names[name]],
                ).fetchone()
            (self.names["outsider"],) = connection.execute(  # type: ignore[misc]
                "SELECT f.id FROM searches_faceimage f WHERE f.gallery_id = %(gallery)s"
                " AND f.subject_id NOT IN (SELECT subject_id FROM searches_candidate"
                " WHERE search_id = %(fresh)s) LIMIT 1",
                self.names,
            ).fetchone()


def _refuse(*_: object) -> None:
    raise ValueError("not signed")
