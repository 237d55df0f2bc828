"""What a gallery held at one moment, as a hash that anybody can work out again.

The version is a hash in two levels over the pictures that are in the gallery. A picture's bucket
are the first three digits of its id. The digest of a bucket is SHA-256 over one line per picture,
"ID SHA256-OF-THE-FILE" in the order of the ids; the version is SHA-256 over one line per bucket
that is not empty, "BUCKET DIGEST" in the order of the buckets. Lines are joined by line feeds, and
all digits are lower-case hexadecimal. An empty gallery has the SHA-256 of nothing.

A search is sealed with the versions of its galleries: pictures that were enrolled later are left
out of it, and a gallery that lost one is another gallery.

The digests of the buckets are kept (GalleryLeaf), so that a version of a million pictures costs
what changed since the last one. Nobody waits for that: whoever changes pictures leaves a mark with
the number of their transaction, and a kept digest holds unless there is a mark of a transaction
that it did not see. PostgreSQL alone writes both (migration 0015).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from portal.tenancy import current_agency_id
from searches.models import FaceImage
from searches.vectors import vector_cursor

_CLUSTER = "(SELECT system_identifier::text FROM pg_control_system())"

# The kept digests of a gallery, and the buckets of which none holds.
_KEPT = f"""
leaf AS (
    SELECT bucket, digest, images, last_enrolled_at, seen::pg_snapshot AS seen,
        cluster = {_CLUSTER} AS is_of_here
    FROM searches_galleryleaf WHERE agency_id = %(agency)s AND gallery_id = %(gallery)s
),
stale AS (
    SELECT m.bucket FROM searches_gallerymark m LEFT JOIN leaf l ON l.bucket = m.bucket
    WHERE m.agency_id = %(agency)s AND m.gallery_id = %(gallery)s AND (
        l.bucket IS NULL OR NOT pg_visible_in_snapshot(m.xid::text::xid8, l.seen))
    UNION SELECT bucket FROM leaf WHERE NOT is_of_here
)
"""  # noqa: S608 - constants
_PICTURES = """
SELECT encode(sha256(convert_to(coalesce(string_agg(
        f.id::text || ' ' || f.sha256, E'\\n' ORDER BY f.id), ''), 'UTF8')), 'hex') AS digest,
    count(*) AS images, max(f.enrolled_at) AS last_enrolled_at, left(f.id::text, 3) AS bucket
FROM searches_faceimage f
WHERE f.agency_id = %(agency)s AND f.gallery_id = %(gallery)s AND f.erased_at IS NULL
    AND (%(until)s::timestamptz IS NULL OR f.enrolled_at <= %(until)s::timestamptz)
"""
# Few buckets are looked up one by one, many go in one pass, whatever the planner knows of them.
_VERSION = f"""
WITH {_KEPT}, behind AS MATERIALIZED (
    -- The bounds are made here: row-level security lets no index use what it must compute.
    SELECT bucket, (bucket || '00000-0000-0000-0000-000000000000')::uuid AS first,
        (bucket || 'fffff-ffff-ffff-ffff-ffffffffffff')::uuid AS last
    FROM (SELECT bucket FROM stale
        UNION SELECT bucket FROM leaf WHERE last_enrolled_at > %(until)s::timestamptz) AS b
), part AS (
    SELECT digest, images, last_enrolled_at, bucket FROM leaf
    WHERE bucket NOT IN (SELECT bucket FROM behind)
    UNION ALL
    SELECT made.* FROM behind b CROSS JOIN LATERAL ({_PICTURES}
        AND f.id >= b.first AND f.id <= b.last GROUP BY left(f.id::text, 3)) AS made
    WHERE (SELECT count(*) FROM behind) <= 256
    UNION ALL
    SELECT made.* FROM ({_PICTURES} GROUP BY left(f.id::text, 3)) AS made
    WHERE made.bucket IN (SELECT bucket FROM behind) AND (SELECT count(*) FROM behind) > 256
)
SELECT encode(sha256(convert_to(coalesce(string_agg(
        bucket || ' ' || digest, E'\\n' ORDER BY bucket COLLATE "C"), ''), 'UTF8')), 'hex'),
    coalesce(sum(images), 0)::bigint, max(last_enrolled_at)
FROM part WHERE images > 0
"""  # noqa: S608 - constants
# Whoever enrols has the lock before the clock is read: what is older than that clock, and than the
# transactions that have the lock now, is all committed.
_SETTLED = """
WITH clock AS MATERIALIZED (SELECT clock_timestamp() AS at)
SELECT least((SELECT at FROM clock), (
    SELECT min(coalesce(a.xact_start, (SELECT at FROM clock) - interval '1 minute'))
    FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
    WHERE l.locktype = 'advisory'
        AND l.classid = (hashtext('candor_enrolling')::bigint & 4294967295)::oid
        AND l.objid = (hashtext(%(gallery)s::text)::bigint & 4294967295)::oid AND l.objsubid = 2
        AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND l.pid <> pg_backend_pid()
))
"""
_CHANGED = """
SELECT greatest(
    (SELECT max(changed_at) FROM searches_galleryleaf
        WHERE agency_id = %(agency)s AND gallery_id = %(gallery)s),
    (SELECT max(at) FROM searches_gallerymark
        WHERE agency_id = %(agency)s AND gallery_id = %(gallery)s))
"""


@dataclass(frozen=True, slots=True)
class GalleryVersion:
    """The pictures of a gallery up to `until`, when the last was enrolled; None: it is empty."""

    gallery_id: UUID
    digest: str
    images: int
    until: datetime | None

    def as_json(self) -> dict[str, Any]:
        return {
            "id": str(self.gallery_id),
            "version": self.digest,
            "images": self.images,
            "until": self.until.isoformat() if self.until else None,
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "GalleryVersion":
        until = datetime.fromisoformat(value["until"]) if value["until"] else None
        return cls(UUID(value["id"]), value["version"], value["images"], until)


def version_of(gallery_id: UUID, until: datetime | None = None) -> GalleryVersion:
    """The gallery as it is, or as far as it was enrolled up to a moment."""
    with transaction.atomic(savepoint=False):
        _ask("SELECT searches_keep_leaves(%(agency)s, %(gallery)s)", gallery_id)
        digest, images, last = _ask(_VERSION, gallery_id, until=until)
    return GalleryVersion(gallery_id, digest, images, last)


def settled_version_of(gallery_id: UUID) -> GalleryVersion:
    """The gallery up to the moment before which everything is committed.

    A picture that is being enrolled while another one, begun later, is in already, would come into
    a version that is sealed, and make it another one.
    """
    (moment,) = _ask(_SETTLED, gallery_id)
    return version_of(gallery_id, moment)


def changed_at(gallery_id: UUID) -> datetime | None:
    """When the version last became another one; None: it never did."""
    moment: datetime | None = _ask(_CHANGED, gallery_id)[0]
    return moment


def still_holds(version: GalleryVersion) -> bool:
    """Whether the gallery has all of that version and nothing else from its time."""
    if version.until is None:
        return True  # an empty gallery: whatever is in it now came later
    return version_of(version.gallery_id, version.until) == version


def later_images(versions: Sequence[GalleryVersion]) -> list[UUID]:
    """Pictures that were enrolled after these versions; a search sealed with them ignores them."""
    later: list[UUID] = []
    for version in versions:
        images = FaceImage.objects.filter(gallery_id=version.gallery_id)
        if version.until is not None:
            images = images.filter(enrolled_at__gt=version.until)
        later += images.values_list("pk", flat=True)
    return later


def _ask(sql: str, gallery_id: UUID, **values: Any) -> tuple[Any, ...]:
    """Prepared once a session: planning took half the time of a version, for every search."""
    with vector_cursor() as cursor:
        values |= {"agency": current_agency_id(), "gallery": gallery_id}
        cursor.execute(sql.encode(), values, prepare=True)
        (row,) = cursor.fetchall()
    found: tuple[Any, ...] = row
    return found
