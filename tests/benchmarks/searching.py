"""The steps of a search: the portal's, each timed, and the bare ones beside them."""

import tempfile
import uuid
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
from pgvector import HalfVector
from pgvector.psycopg import register_vector

from accounts.actor import Actor
from accounts.purposes import Purpose
from searches.bulk import enrol_folder, walk
from searches.engines.synthetic import Identity, Scene, draw
from searches.engines.synthetic.folder import scene_seed, write_folder
from searches.images import decode, encode_jpeg
from searches.models import CaptureKind, Case, Contract, Gallery, Probe, Search
from searches.models.case import MAX_CAP
from searches.models.search import DEFAULT_LIMIT
from searches.recognition import engine, image_limits
from searches.services.capture import Capture
from searches.services.case_limits import change_cap
from searches.services.cases import open_case
from searches.services.probes import analyse_probe, upload_probe
from searches.services.searching import run_search, submit_search
from searches.vectors import TABLE
from tests.benchmarks import galleries
from tests.benchmarks.timing import milliseconds
from tests.factories import make_grounds

PEOPLE = 300
GENERATED = 20_000
WANTED = 17


@dataclass(frozen=True)
class World:
    """An agency whose two galleries are searched, and a superuser's connection for bare SQL."""

    actor: Actor
    case: Case
    galleries: list[Gallery]
    contract: Contract
    server: "psycopg.Connection[tuple[Any, ...]]"


def build_world(actor: Actor, server: "psycopg.Connection[tuple[Any, ...]]") -> World:
    """Enrol synthetic people, add generated strangers to a second gallery, open a case."""
    register_vector(server)
    people = galleries.empty_gallery(actor, "Synthetic people")
    with tempfile.TemporaryDirectory() as folder:
        write_folder(Path(folder), people=PEOPLE, pictures=1, size=240)
        enrol_folder(
            actor=actor,
            gallery=people,
            files=walk(Path(folder)),
            provenance_of=lambda path: galleries.provenance_of(people),
            processes=2,
            progress=lambda summary: None,
        )
    contract = Contract.objects.get(contract=engine().contract.id)
    generated = galleries.empty_gallery(actor, "Generated")
    strangers = galleries.face_like(
        GENERATED // galleries.PICTURES_EACH, contract.dimension, seed=1
    )
    galleries.fill(generated, contract.pk, strangers)
    galleries.settle()
    case = open_case(
        actor=actor, number="BENCH-1", title="Benchmark", purpose=Purpose.MISSING_PERSON
    )
    case = change_cap(actor=actor, case=case, cap=MAX_CAP, reason="A benchmark")
    return World(actor, case, [people, generated], contract, server)


def picture(size: int) -> bytes:
    """A JPEG of the wanted person, `size` pixels square, that is not in the gallery."""
    scene = Scene.from_seed(scene_seed(WANTED, 5), size=size)
    return encode_jpeg(draw(Identity.from_seed(WANTED), scene), quality=92)


def portal_steps(world: World, data: bytes) -> dict[str, float]:
    """Milliseconds of each step, in this process; the bells are rung and nobody hears them."""
    made: dict[str, Any] = {}

    def do_upload() -> None:
        made["probe"] = upload(world, data)

    def do_submit() -> None:
        made["search"] = submit(world, Probe.objects.get(pk=made["probe"].pk))

    times = {"upload": milliseconds(do_upload)}
    times["analyse"] = milliseconds(lambda: analyse_probe(made["probe"].pk))
    times["submit"] = milliseconds(do_submit)
    times["run"] = milliseconds(lambda: run_search(made["search"].pk))
    check(Search.objects.get(pk=made["search"].pk))
    return times


def bare_steps(world: World, data: bytes) -> dict[str, float]:
    """Milliseconds of the same search by the engine and one statement alone."""
    made: dict[str, Any] = {}
    used, limits = engine(), image_limits()

    def do_decode() -> None:
        made["rgb"] = decode(data, limits).rgb

    def do_detect() -> None:
        made["faces"] = used.detect(made["rgb"])

    def do_embed() -> None:
        made["vector"] = used.embed(made["rgb"], made["faces"][:1])[0]

    times = {"decode": milliseconds(do_decode), "detect": milliseconds(do_detect)}
    times["embed"] = milliseconds(do_embed)
    sql = (
        f"SELECT gallery_id, subject_id, image_id, vector <#> %b AS distance FROM {TABLE}"
        f" WHERE agency_id = {world.actor.agency} AND contract_id = {world.contract.pk}"
        f" AND gallery_id = ANY(%b) ORDER BY distance LIMIT {DEFAULT_LIMIT * 4}"
    ).encode()
    values = (HalfVector(made["vector"]), [gallery.pk for gallery in world.galleries])
    times["sql"] = milliseconds(lambda: world.server.execute(sql, values).fetchall())
    return times


def upload(world: World, data: bytes) -> Probe:
    return upload_probe(
        actor=world.actor,
        case=world.case,
        data=data,
        capture=Capture(date(2026, 1, 3), CaptureKind.OTHER, "Drawn"),
        submission_key=uuid.uuid4(),
    )


def submit(world: World, probe: Probe) -> Search:
    return submit_search(
        actor=world.actor,
        probe=probe,
        face_index=None,
        galleries=world.galleries,
        grounds=make_grounds(purpose=Purpose.MISSING_PERSON),
        submission_key=uuid.uuid4(),
    )


def check(search: Search) -> None:
    """A benchmark of searches that fail would be worth nothing."""
    if search.candidates.count() != DEFAULT_LIMIT:
        raise RuntimeError(f"{search}: {search.failure_code or 'too few candidates'}")
