"""Fifty people browse while five searches a second are queued, on one machine as it is started.

`manage.py serve` and `manage.py work` with their defaults. Then, with nobody browsing, how fast a
queue of the same searches drains that was filled before, and how fast as many processes of the bare
engine embed the same picture: what the queue could drain at if the portal cost nothing.
"""

import random
import threading
import time
import uuid
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context

import numpy as np
import requests
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client, override_settings
from django.urls import reverse
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from accounts.actor import Actor
from accounts.models import Agency, Role, User
from accounts.services.agencies import add_member
from portal.demo.processes import running, wait_for_portal
from portal.tenancy import scope
from searches.engines.synthetic import Identity, Scene, draw
from searches.images import encode_jpeg
from searches.measuring import prepare_process
from searches.models import Contract, Gallery, JobState, Probe, Search
from searches.models.case import MAX_CAP
from tests.benchmarks import galleries
from tests.benchmarks.bare import embed_picture
from tests.benchmarks.bench_people import PASSWORD
from tests.benchmarks.installation import prepare
from tests.benchmarks.timing import median, p95
from tests.conftest import complete_log_in
from tests.factories import GROUNDS_FIELDS, make_case, make_image, make_probe, make_token
from tests.searches.processes import free_port

PEOPLE, THINK = 50, (2.0, 6.0)  # seconds between two pages of one person
A_SECOND = 5
SECONDS, FIRST = 45.0, 8.0  # of browsing; of these, what is left out: caches warm up
FACES, CASES, SIZE = 300, 30, 400
BURST = 120
OK, MADE = 200, 201
QUICK = "django.contrib.auth.hashers.MD5PasswordHasher"

Rows = list[tuple[str, float, str]]


@dataclass
class World:
    """What is browsed, by whom, and what is searched."""

    sessions: list[str]
    pages: list[str]
    token: str
    probe: Probe
    gallery: Gallery


@dataclass
class Seen:
    """Of all people: when, after how many milliseconds, with which status, which page."""

    rows: list[tuple[float, float, int, str]] = field(default_factory=list)
    refused: int = 0

    def times(self, path: str = "") -> list[float]:
        rows = [row for row in self.rows if row[0] >= FIRST]
        return [spent for _, spent, _, where in rows if path in ("", where)]


def run() -> Rows:
    prepare()
    call_command("collectstatic", interactive=False, verbosity=0)
    agency, actor = galleries.new_agency("load")
    picture = encode_jpeg(draw(Identity.from_seed(1), Scene.from_seed(1, size=SIZE)), quality=92)
    with scope(agency.pk):
        world = _world(agency, actor, picture)
    connection.close()
    bare = _bare(picture)
    port = free_port()
    root = f"http://127.0.0.1:{port}"
    with running("web", "serve", "--bind", f"127.0.0.1:{port}"), scope(agency.pk):
        with running("worker", "work"):
            wait_for_portal(port)
            _drained()
            idle = _idle(world, root)
            seen = _load(world, root)
            waits = _waits()
        burst = _burst(world, root)
    return [*_pages(seen, idle, world), *_queue(waits, burst, bare, seen)]


# --- What is there --------------------------------------------------------------------------------


def _world(agency: Agency, actor: Actor, picture: bytes) -> World:
    gallery = galleries.empty_gallery(actor, "People")
    make_image(gallery, "P-0")
    contract = Contract.objects.get()
    vectors = galleries.face_like(FACES, contract.dimension, seed=1)
    galleries.fill(gallery, contract.pk, vectors)
    galleries.settle()
    # Nobody logs in here, so nobody waits for fifty slow hashes.
    with override_settings(PASSWORD_HASHERS=[QUICK]):
        members = [_member(agency, actor, number) for number in range(PEOPLE)]
    cases = [make_case(agency, f"L-{number}", cap=MAX_CAP) for number in range(CASES)]
    probe = make_probe(cases[0], picture)
    pages = [reverse(name) for name in ("home", "cases", "searches", "galleries", "search_new")]
    pages += [reverse("gallery", args=[gallery.pk]), f"{reverse('find')}?q=L-1"]
    pages += [reverse("case", args=[case.pk]) for case in cases[:3]]
    pages.append(reverse("probe", args=[probe.pk]))
    token = make_token(agency, members[1])[1]
    return World([_session(user) for user in members], pages, token, probe, gallery)


def _member(agency: Agency, actor: Actor, number: int) -> User:
    """One in five is a supervisor as well."""
    roles = [Role.ANALYST, Role.SUPERVISOR] if number % 5 == 0 else [Role.ANALYST]
    values = {"email": f"p{number}@load.example", "name": "P", "password": PASSWORD}
    return add_member(actor=actor, agency=agency, roles=roles, **values).user


def _session(user: User) -> str:
    client = Client(headers={"host": "localhost"})
    client.force_login(user)
    complete_log_in(client, user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


# --- What is done ---------------------------------------------------------------------------------


def _idle(world: World, root: str) -> list[float]:
    """Every page twice by one person, with nothing else going on; the second time counts."""
    session = _browser(world.sessions[0])
    for path in world.pages:
        session.get(root + path, timeout=30)
    return [_timed(session, root + path)[0] for path in world.pages * 3]


def _load(world: World, root: str) -> Seen:
    seen, begin = Seen(), time.perf_counter()
    threads = [
        threading.Thread(target=_browse, args=(number, world, root, seen, begin))
        for number in range(PEOPLE)
    ]
    threads.append(threading.Thread(target=_search, args=(world, root, seen, begin)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return seen


def _browse(number: int, world: World, root: str, seen: Seen, begin: float) -> None:
    """A page, a look at it, another page."""
    dice, session = random.Random(number), _browser(world.sessions[number])
    time.sleep(dice.uniform(0, THINK[1]))
    while (at := time.perf_counter() - begin) < SECONDS:
        path = dice.choice(world.pages)
        spent, status = _timed(session, root + path)
        seen.rows.append((at, spent, status, path))
        time.sleep(dice.uniform(*THINK))


def _search(world: World, root: str, seen: Seen, begin: float) -> None:
    """Five searches a second from a program, whatever becomes of the last ones."""
    with requests.Session() as session:
        for turn in range(int(SECONDS * A_SECOND)):
            time.sleep(max(0.0, begin + turn / A_SECOND - time.perf_counter()))
            seen.refused += not _submitted(session, world, root)


def _submitted(session: requests.Session, world: World, root: str) -> bool:
    said = {"probe": str(world.probe.pk), "face": 0, "galleries": [str(world.gallery.pk)]}
    said |= {"purpose": "missing_person", **GROUNDS_FIELDS}
    headers = {"Authorization": f"Bearer {world.token}", "Idempotency-Key": str(uuid.uuid4())}
    url = f"{root}{reverse('api_searches')}"
    return session.post(url, json=said, headers=headers, timeout=30).status_code == MADE


def _burst(world: World, root: str) -> float:
    """Searches a second of a queue that was filled while no worker ran, with nobody browsing."""
    with requests.Session() as session:
        for _ in range(BURST):
            _submitted(session, world, root)
    with running("worker", "work"):
        _drained()
    rows = Search.objects.order_by("-created_at")[:BURST]
    ends = sorted(row.finished_at for row in rows if row.finished_at)
    middle = ends[BURST // 4 : -BURST // 4]  # neither while it starts nor when one process idles
    return (len(middle) - 1) / (middle[-1] - middle[0]).total_seconds()


def _drained() -> None:
    while Search.objects.filter(state__in=[JobState.QUEUED, JobState.RUNNING]).exists():
        time.sleep(0.05)


def _waits() -> list[float]:
    """Seconds from the submission of each search to its end; none may be missing."""
    _drained()
    rows = Search.objects.filter(state=JobState.DONE)
    return [(row.finished_at - row.created_at).total_seconds() for row in rows if row.finished_at]


# --- The bare engine ------------------------------------------------------------------------------


def _bare(picture: bytes) -> float:
    """Pictures a second that processes of the engine decode and embed, a face each."""
    many = settings.WORKERS
    with ProcessPoolExecutor(many, get_context("spawn"), prepare_process) as pool:
        list(pool.map(embed_picture, [picture] * many, [2] * many))
        start = time.perf_counter()
        list(pool.map(embed_picture, [picture] * many, [BURST // many] * many))
        return BURST // many * many / (time.perf_counter() - start)


# --- What came of it ------------------------------------------------------------------------------


def _browser(session_key: str) -> requests.Session:
    """As browsers do, it asks again where the server has just closed a connection at rest."""
    session = requests.Session()
    session.mount("http://", HTTPAdapter(max_retries=Retry(1, backoff_factor=0)))
    session.cookies.set(settings.SESSION_COOKIE_NAME, session_key)
    return session


def _timed(session: requests.Session, url: str) -> tuple[float, int]:
    start = time.perf_counter()
    try:
        status = session.get(url, timeout=30, allow_redirects=False).status_code
    except requests.RequestException:
        status = 0
    return (time.perf_counter() - start) * 1000, status


def _pages(seen: Seen, idle: list[float], world: World) -> Rows:
    spent = seen.times()
    words = f"{len(spent)} pages of {PEOPLE} people in {SECONDS - FIRST:.0f} s"
    worst = {path: p95(seen.times(path) or [0.0]) for path in world.pages}
    failed = dict(Counter(status for _, _, status, _ in seen.rows if status != OK))
    slowest = max(worst, key=lambda path: worst[path])
    return [
        ("pages, p50 ms", median(spent), words),
        ("pages, p95 ms", p95(spent), f"the slowest: {slowest} with {worst[slowest]:.0f}"),
        ("pages, p99 ms", float(np.percentile(spent, 99)), words),
        ("pages that failed", float(sum(failed.values())), f"any but 200: {failed}"),
        ("pages at rest, p95 ms", p95(idle), "one person, nothing else going on"),
    ]


def _queue(waits: list[float], burst: float, bare: float, seen: Seen) -> Rows:
    expected = int(SECONDS * A_SECOND)
    return [
        ("searches that failed", float(expected - len(waits)), f"of {expected}, {A_SECOND}/s"),
        ("searches refused", float(seen.refused), "any answer but 201"),
        ("search under load, p50 s", median(waits), "from the submission to its end"),
        ("search under load, p95 s", p95(waits), "from the submission to its end"),
        ("queue drains, searches a second", burst, f"{BURST} queued at once, nobody browsing"),
        ("bare engine, pictures a second", bare, f"{settings.WORKERS} processes"),
        ("queue against bare engine", burst / bare, "1: the portal costs nothing"),
    ]
