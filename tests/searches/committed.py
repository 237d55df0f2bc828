"""An office whose rows are really committed, and hands on its database beside the services.

Deferred triggers fire at a commit and connections see each other's commits only, so whoever attacks
the procedure needs rows outside the transaction of a test.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from psycopg import sql
from psycopg.conninfo import make_conninfo

from accounts.models import Agency, Role
from accounts.purposes import Purpose
from portal import embedded
from portal.tenancy import scope
from searches.models import Gallery, Probe
from searches.recognition import embed_face, find_faces
from searches.services import contracts, probes
from tests.accounts.races import ADDRESSES, committed_agency, tables_of_agencies
from tests.factories import (
    make_case,
    make_gallery,
    make_image,
    make_license,
    make_probe,
    person_jpeg,
)
from tests.searches.procedure import Office, filled_gallery, make_office

PICTURE = person_jpeg(1)


class Place:
    """A committed office with two galleries, of which its searches use the first, and one probe."""

    def __init__(self, agency: Agency, *, subjects: int = 7) -> None:
        make_license(agency, purposes=[Purpose.MISSING_PERSON])
        with superuser(past_triggers=True) as connection:  # the trial grants every purpose
            connection.execute(
                "DELETE FROM accounts_licenseversion WHERE agency_id = %s AND cardinality(purposes)"
                " > 1",
                [agency.pk],
            )
        self.agency = agency
        both = [Role.ANALYST, Role.EXAMINER]
        everything = [Role.ANALYST, Role.EXAMINER, Role.SUPERVISOR, Role.AUDITOR]
        self.office: Office = make_office(agency, ADDRESSES, both=both, all=everything)
        with scope(agency.pk):
            self.gallery: Gallery = filled_gallery(agency, subjects)
            self.other: Gallery = make_gallery(agency, "Another")
            self.stranger = make_image(self.other, "O-1")
            self.case = make_case(agency)
            self.probe: Probe = make_probe(self.case, PICTURE)


@contextmanager
def committed_place(**options: int) -> Iterator[Place]:
    """No bell rings there, and the engine looks at a picture once, however often it is used."""
    known: dict[Any, Any] = {}

    def once(act: Callable[..., Any]) -> Callable[..., Any]:
        def measured(pixels: Any, *more: Any, **by: Any) -> Any:
            name = (act, hashlib.sha256(pixels.tobytes()).digest(), repr(more))
            if name not in known:
                known[name] = act(pixels, *more, **by)
            return known[name]

        return measured

    with pytest.MonkeyPatch.context() as patch, committed_agency() as agency:
        patch.setattr("portal.tasks._send", lambda task, *args: None)
        patch.setattr(contracts, "embed_face", once(embed_face))
        patch.setattr(probes, "find_faces", once(find_faces))
        yield Place(agency, **options)


@contextmanager
def app_role(agency_id: int) -> Iterator[psycopg.Connection]:
    """The app role on a connection of its own, in the scope of an agency; commits at the end."""
    urls = embedded.ensure_running(Path(settings.VAR_DIR))
    opened = psycopg.connect(make_conninfo(urls.app_url, dbname=_database()))
    # A commit that is refused leaves a connection open.
    with closing(opened), opened as connection:
        connection.execute("SELECT set_config('candor.agency_id', %s, false)", [str(agency_id)])
        connection.execute("SET lock_timeout = '5s'")
        connection.commit()
        yield connection


@contextmanager
def superuser(*, past_triggers: bool = False) -> Iterator[psycopg.Connection]:
    """Whom no policy and, if so wished, no trigger and no foreign key holds."""
    urls = embedded.ensure_running(Path(settings.VAR_DIR))
    with psycopg.connect(make_conninfo(urls.superuser_url, dbname=_database())) as connection:
        if past_triggers:
            connection.execute("SET session_replication_role = replica")
        yield connection


def _database() -> str:
    return str(settings.DATABASES["default"]["NAME"])


def fingerprint(*agency_ids: int) -> dict[str, str]:
    """What the tables hold of these agencies, as one hash a table."""
    one = sql.SQL(
        "SELECT {name}, coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '')"
        " FROM {table} AS t WHERE agency_id = ANY(%(agencies)s)"
    )
    with superuser() as connection:
        tables = tables_of_agencies(connection)
        parts = [one.format(name=sql.Literal(t), table=sql.Identifier(t)) for t in tables]
        found = connection.execute(
            sql.SQL(" UNION ALL ").join(parts), {"agencies": list(agency_ids)}
        )
        return dict(found.fetchall())
