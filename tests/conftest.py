"""The database of the tests, the cast, and the one loaded engine."""

import copy
import gc
import math
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Protocol, TypeVar

import psycopg
import pytest
from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from django.conf import settings
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection, connections, transaction
from django.db.models import CheckConstraint
from django.test import Client
from pytest_django.plugin import DjangoDbBlocker

from accounts.access import actor_of, memberships_of
from accounts.actor import Actor, command_actor
from accounts.banner import accept_all
from accounts.models import Agency, Membership, Role, User
from accounts.services.agencies import add_member, create_agency
from portal import embedded, operating
from portal.embedded import service
from portal.post import wait_until_sent
from portal.tenancy import scope
from searches.model_building import build_open_models
from tests.factories import make_license
from tests.lanes import pytest_collection_modifyitems as pytest_collection_modifyitems
from tests.lanes import pytest_xdist_make_scheduler as pytest_xdist_make_scheduler
from tests.one_log_in import one_log_in as one_log_in
from tests.remembering import load_remembering, validate_once
from tests.second_factor import forget_codes

PASSWORD = "correct horse battery staple"
PROOFS = [("password", "password"), ("mfa", "totp")]
Made = TypeVar("Made")
# Named by a module that shares nothing: its tests begin with an empty database, or they meet a rule
# that compares the portal's clock with now(), which is when the module's transaction began.
ALONE = "EACH_TEST_ALONE"


class Once(Protocol):
    """Makes something for all tests of a module."""

    def __call__(self, make: Callable[[], Made]) -> Made: ...


def pytest_collection_finish() -> None:
    """Modules and collected tests stay to the end: the garbage collector need not walk them again.

    They are half a million objects, and walking them whenever some thousand others were made took
    a tenth of the tests' time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """A fresh database, migrated by the owner role and used by the app role as in production."""
    name = settings.DATABASES["default"]["NAME"]
    urls = embedded.ensure_running(Path(settings.VAR_DIR))
    with psycopg.connect(urls.superuser_url, autocommit=True) as superuser:
        superuser.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        with django_db_blocker.unblock():
            call_command("migrate", verbosity=0)
        # No machine stops in these tests, so nobody needs to wait for the disk.
        superuser.execute(f'ALTER DATABASE "{name}" SET synchronous_commit TO off')
    answers, here = service._answers, urls.owner_url.partition("?")[2]
    with pytest.MonkeyPatch.context() as patch:
        # This server stays: it need not be asked by a connection before each connection.
        patch.setattr(service, "_answers", lambda url: url.endswith(here) or answers(url))
        yield
    with django_db_blocker.unblock():
        connections.close_all()


def complete_log_in(client: Client, user: User) -> None:
    """Mark a client's session as a log-in after which nothing more is asked for."""
    session = client.session
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [
        {"method": method, "at": time.time(), "type": kind} for method, kind in PROOFS
    ]
    session["account_authentication_methods_user"] = str(user.pk)
    accept_all(session, memberships_of(user))
    session.save()


@pytest.fixture(scope="session", autouse=True)
def _force_login_is_complete() -> Iterator[None]:
    """`client.force_login` stands for all of a log-in: second factor, notices accepted."""
    with pytest.MonkeyPatch.context() as patch:
        original = Client.force_login

        def force_login(client: Client, user: User, backend: str | None = None) -> None:
            original(client, user, backend)
            complete_log_in(client, user)

        patch.setattr(Client, "force_login", force_login)
        yield


@pytest.fixture(scope="session", autouse=True)
def _what_is_known_is_not_asked_again() -> Iterator[None]:
    """What the services' engines find in a picture, and which values satisfy the constraints."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("searches.recognition.load_engine", load_remembering)
        patch.setattr(CheckConstraint, "validate", validate_once)
        yield


@pytest.fixture(autouse=True)
def _mails_of_one_test() -> Iterator[None]:
    """What a test's commits have handed over does not arrive in the next one's outbox."""
    yield
    wait_until_sent()


@pytest.fixture(autouse=True)
def _files_of_one_test(tmp_path: Path, settings: "pytest.FixtureRequest") -> Iterator[None]:
    """Every test has a file store and a journal of its own, which it may inspect."""
    settings.FILES_DIR = tmp_path / "files"  # type: ignore[attr-defined]
    settings.ERASURE_JOURNAL = tmp_path / "journal"  # type: ignore[attr-defined]
    yield
    shutil.rmtree(tmp_path / "files", ignore_errors=True)


@pytest.fixture(autouse=True)
def _works_normally() -> None:
    """No request asks how the installation works, until a test changes it."""
    operating.keep(operating.NORMAL, math.inf)


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    """Rate limits and used codes of one test do not reach the next."""
    yield
    cache.clear()
    forget_codes()


@pytest.fixture
def bells(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, tuple[object, ...]]]:
    """Bells are noted instead of rung; tests/searches/test_queue.py rings real ones."""
    rung: list[tuple[str, tuple[object, ...]]] = []
    monkeypatch.setattr("portal.tasks._send", lambda task, *args, **_: rung.append((task, args)))
    return rung


@pytest.fixture(scope="session")
def models() -> Path:
    """The open model package where the settings of the tests look for it."""
    build_open_models(Path(settings.MODELS_DIR))
    return Path(settings.MODELS_DIR)


# --- The cast -----------------------------------------------------------------------------------


def licensed(name: str, slug: str) -> Agency:
    """An agency on trial that has a license without limits already."""
    agency = create_agency(actor=command_actor("test", None), name=name, slug=slug)
    make_license(agency)
    return agency


@pytest.fixture(scope="module")
def of_module(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Once]:
    """Makes what all tests of a module find in the database; each of them undoes its own acts only.

    A test gets a copy of what was made, for it may change the object as well as the row.
    """
    with ExitStack() as opened:

        def once(make: Callable[[], Made]) -> Made:
            with django_db_blocker.unblock():
                if not connection.in_atomic_block:
                    opened.enter_context(_undone(django_db_blocker))
                return make()

        yield once


@contextmanager
def _undone(blocker: DjangoDbBlocker) -> Iterator[None]:
    outer = transaction.atomic()
    outer.__enter__()
    yield
    with blocker.unblock():
        transaction.set_rollback(True)
        outer.__exit__(None, None, None)


@pytest.fixture(scope="module")
def _alder(request: pytest.FixtureRequest, of_module: Once) -> Agency | None:
    return None if ALONE in vars(request.module) else of_module(_new_alder)


@pytest.fixture(scope="module")
def _birch(request: pytest.FixtureRequest, of_module: Once) -> Agency | None:
    return None if ALONE in vars(request.module) else of_module(_new_birch)


def _new_alder() -> Agency:
    return licensed("Alder Police", "alder")


def _new_birch() -> Agency:
    return licensed("Birch Police", "birch")


@pytest.fixture
def alder(_alder: Agency | None, db: None) -> Agency:
    """Alder Police: most tests happen here."""
    return copy.deepcopy(_alder) or _new_alder()


@pytest.fixture
def birch(_birch: Agency | None, db: None) -> Agency:
    """Birch Police: a stranger to Alder."""
    return copy.deepcopy(_birch) or _new_birch()


def join(agency: Agency, email: str, name: str, *roles: Role) -> User:
    """A person of the cast in an agency."""
    actor = command_actor("test", agency.pk)
    membership = add_member(
        actor=actor, agency=agency, email=email, name=name, roles=roles, password=PASSWORD
    )
    return membership.user


@pytest.fixture
def ana(alder: Agency) -> User:
    """Ana is an analyst at Alder."""
    return join(alder, "ana@alder.example", "Ana", Role.ANALYST)


@pytest.fixture
def ada(alder: Agency) -> User:
    """Ada is Alder's admin: galleries, no cases."""
    return join(alder, "ada@alder.example", "Ada", Role.ADMIN)


@pytest.fixture
def eli(alder: Agency) -> User:
    """Eli examines candidates at Alder and submits nothing."""
    return join(alder, "eli@alder.example", "Eli", Role.EXAMINER)


@pytest.fixture
def exa(alder: Agency) -> User:
    """Exa is an analyst at Alder whose training certificate expired yesterday."""
    from tests.factories import make_certificate

    user = join(alder, "exa@alder.example", "Exa", Role.ANALYST)
    make_certificate(alder, user, days_left=-1)
    return user


@pytest.fixture
def bob(birch: Agency) -> User:
    """Bob is everything at Birch and nothing at Alder."""
    return join(birch, "bob@birch.example", "Bob", Role.ANALYST, Role.ADMIN, Role.EXAMINER)


@pytest.fixture
def nil(db: None) -> User:
    """Nil belongs to no agency."""
    return User.objects.create_user("nil@nowhere.example", PASSWORD, name="Nil")


@pytest.fixture
def as_actor() -> Callable[[User, Agency], Actor]:
    """The Actor that a request of this person in this agency would carry."""

    def actor(user: User, agency: Agency) -> Actor:
        with scope(agency.pk):
            member = Membership.objects.get(user=user)
            return actor_of(user, Agency.objects.get(pk=agency.pk), member, "127.0.0.1")

    return actor


@pytest.fixture
def in_alder(alder: Agency) -> Iterator[Agency]:
    """The scope of Alder, open for the whole test."""
    with scope(alder.pk):
        yield alder
