"""Bringing an agency in from the export of another installation: all of it, or nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.actor import Actor
from accounts.models import Agency, AgencyImport
from accounts.moving import checks, former, leftovers
from accounts.moving.arriving import Invited, let_people_in, settle_policy
from accounts.moving.columns import brought_tables
from accounts.moving.faults import MoveRefused
from accounts.moving.files import bring_files
from accounts.moving.former import Chain
from accounts.moving.mapping import Moving
from accounts.moving.package import Package, opened_package
from accounts.moving.people import bring_people, require_admin
from accounts.moving.reading import agency_of, require_fitting
from accounts.moving.rows import bring_rows, coded
from accounts.moving.rules import prepare_all
from accounts.moving.triggers import triggers_aside
from accounts.services.agencies import data_key_identity
from accounts.services.platform_record import record_for_both
from portal.audit.actions import Action
from portal.datakeys import new_ring
from portal.storage import open_store
from portal.tenancy import platform_scope, scope


@dataclass(frozen=True, slots=True)
class Moved:
    """What was brought in; the invitations wait to be sent."""

    agency: Agency
    rows: int
    files: int
    entries: int
    key_id: str
    invited: list[Invited]


def import_agency(
    *, actor: Actor, path: Path, slug: str = "", match_people: bool = False, key: str = ""
) -> Moved:
    """Bring an agency in under `slug`, or its own short name. Raises MoveRefused.

    For the owner's session (portal.database.owner), outside every transaction. `key` is the public
    key of the former installation, from elsewhere than from the export.
    """
    actor.require_platform()
    with leftovers.alone():
        leftovers.clear_leftovers()
        with opened_package(path, trusted_key=key) as package:
            package.check_members()
            require_fitting(package)
            chain = former.verified_chain(package)
            agency = agency_of(package, slug or str(package.manifest["agency"]["slug"]))
            with _or_nothing(leftovers.begin(package.manifest_sha256, chain.first_head)) as begun:
                moving = _moving(actor, package, agency, begun.folder)
                require_admin(moving)
                files = bring_files(moving)
                parts = former.store_record(moving)
                with transaction.atomic():
                    invited = _bring(actor, moving, agency, chain, parts, match=match_people)
                    leftovers.finish(begun)
    rows = sum(moving.written.values())
    return Moved(agency, rows, files, chain.entries, package.key_id, invited)


@contextmanager
def _or_nothing(begun: AgencyImport) -> Iterator[AgencyImport]:
    """Whatever ends the block early, no file of it stays."""
    try:
        yield begun
    except BaseException:
        leftovers.give_up(begun)
        raise


def _moving(actor: Actor, package: Package, agency: Agency, number: int) -> Moving:
    """The import, with the store that the agency will have."""
    agency.pk = number
    identity = data_key_identity(agency.slug)
    agency.data_key = new_ring(identity)
    store = open_store(number, bytes(agency.data_key), identity)
    return Moving(package, number, agency.slug, store, timezone.now(), actor.label)


def _bring(
    actor: Actor,
    moving: Moving,
    agency: Agency,
    chain: Chain,
    parts: list[str],
    *,
    match: bool,
) -> list[Invited]:
    """Everything that is rows, in one transaction."""
    _enter(actor, moving.package, agency, chain)
    with scope(agency.pk):
        with coded("accounts_membership"):
            arrived = bring_people(moving, match=match)
        prepare_all(moving)
        shapes = brought_tables()
        with triggers_aside(shape.table for shape in shapes):
            for shape in shapes:
                bring_rows(shape, moving)
            checks.check_rows(moving)
            _keep_record(moving, chain, parts)
        checks.check_use(moving)
        within = replace(actor, agency_id=agency.pk, platform=False)
        settle_policy(within)
        invited = let_people_in(within, agency, arrived)
        checks.check_records(moving)
    return invited


def _enter(actor: Actor, package: Package, agency: Agency, chain: Chain) -> None:
    """The agency's row, and the first entry of its new record, which names the end of the old."""
    with platform_scope():
        agency.save(force_insert=True)
    facts = {
        "export": package.manifest_sha256,
        "agency": package.agency_id,
        "key_id": package.key_id,
        "entries": chain.entries,
        "head": chain.head,
    }
    record_for_both(actor, Action.AGENCY_IMPORTED, agency, facts)


def _keep_record(moving: Moving, chain: Chain, parts: list[str]) -> None:
    try:
        with transaction.atomic():
            kept = former.keep_record(moving, chain, parts)
    except IntegrityError as error:
        raise MoveRefused("import_known_here", moving.package.key_id) from error
    with coded("contents.jsonl"):
        former.keep_contents(moving, kept, chain)
