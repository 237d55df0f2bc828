"""How many requests the public page takes: by address, and for the agency as a whole.

Kept for a day at most, in the cache that all processes share, under hashes of the addresses.
"""

from django.conf import settings
from django.core.cache import cache
from django.utils.crypto import salted_hmac

DAY, HOUR = 86_400, 3_600
# What is counted: how many, in how long. Nobody needs more; a house behind one address may.
BY_ADDRESS = (("hour", 5, HOUR), ("day", 15, DAY))
BY_AGENCY = (("agency", 200, DAY),)
BY_MAILBOX = (("mailbox", 3, DAY),)

Limits = tuple[tuple[str, int, int], ...]


def is_within(limits: Limits, agency_id: int, who: str = "") -> bool:
    """Count one more; false once one of the limits was reached before.

    Each use takes a numbered place of the cache by `add`, of which the database lets one win: many
    at once cannot share a place.
    """
    return all(_take(name, most, seconds, agency_id, who) for name, most, seconds in limits)


def _take(name: str, most: int, seconds: int, agency_id: int, who: str) -> bool:
    key = salted_hmac("oversight.requests", f"{name}:{agency_id}:{who}", secret=settings.SECRET_KEY)
    places = (f"requests:{key.hexdigest()}:{place}" for place in range(most))
    return any(cache.add(place, 1, seconds) for place in places)
