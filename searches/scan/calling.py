"""Hosts are called to hold a gallery, and let go of what others are to hold."""

import logging
import time

from django.conf import settings

from searches.models import Contract
from searches.scan import hosts
from searches.scan.budget import size_of
from searches.scan.files import Key, want
from searches.scan.hosts import Holding
from searches.scan.placement import NOWHERE, Placed, Rules, placed
from searches.scan.sending import ask_to_hold

logger = logging.getLogger(__name__)

AGAIN_SECONDS = 5.0
"""A process calls for the same gallery no more often than this."""
_called: dict[Key, float] = {}


def call(key: Key, templates: int, holding: Holding | None = None) -> None:
    """Have a large gallery held: by the hosts that should, or where there are none, by this one.

    In the scope of its agency. `holding` is who holds it already.
    """
    if not hosts.live_hosts():
        want(key)
        return
    now = time.monotonic()
    if _called.get(key, 0.0) > now:
        return
    _called[key] = now + AGAIN_SECONDS
    wanted = _placed(key, templates, holding)
    if not wanted:
        logger.warning("the hosts have no room for %s: CANDOR_SCAN_MEMORY_MB", key.name)
    for shard, names in wanted.items():
        there = holding.hosts.get(shard, []) if holding else []
        for name in names:
            if name not in there:
                ask_to_hold(key.part(shard), name)


def is_surplus(key: Key) -> bool:
    """Whether this host holds what others should, and do. In the scope of its agency."""
    if not hosts.live_hosts():
        return False
    whole = Key(key.agency, key.contract, key.gallery)
    holding = hosts.holding_of(whole)
    if holding is None:
        return False
    wanted = _placed(whole, holding.templates, holding)
    if settings.SCAN_HOST in wanted.get(key.shard, []):
        return False
    return bool(wanted) and all(
        set(names) <= set(holding.hosts.get(shard, [])) for shard, names in wanted.items()
    )


def _placed(key: Key, templates: int, holding: Holding | None) -> Placed:
    """Which hosts should hold each shard."""
    dimension = Contract.objects.get(pk=key.contract).dimension
    return placed(
        key,
        templates,
        hosts.live_hosts(),
        size_of=lambda each: size_of(each, dimension),
        rules=Rules(settings.SCAN_COPIES, settings.SCAN_SHARD_TEMPLATES),
        there=holding.hosts if holding else NOWHERE,
    )
