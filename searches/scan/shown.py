"""How a gallery is searched, in words."""

from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from portal.days import day_in_words
from searches.models import Gallery, ScanHolder
from searches.scan_words import share_in_words


def comparison_of(gallery: Gallery) -> str:
    """How a search in it compares now, with what was measured on it. In the agency's scope."""
    exact = _("Every picture is compared exactly")
    if gallery.contract_id is None:
        return exact
    holders = ScanHolder.objects.filter(
        gallery_id=gallery.pk, contract_pk=gallery.contract_id, built_at__isnull=False
    )
    held = holders.order_by("-built_at").first()
    if held is None or held.built_at is None:
        return exact
    # Of one that is divided, the shard of which the scan finds least.
    every = [one.measured for one in holders.filter(shards=held.shards)]
    measured = min(every, key=lambda one: (one["reranked"] is not None, one["recall"]))
    values = {
        "share": share_in_words(measured["recall"]),
        "count": measured["probes"],
        "day": day_in_words(localtime(held.built_at)),
    }
    if measured["reranked"] is None:
        text = _(
            "Every picture is compared exactly: a full scan of codes found only %(share)s of the"
            " nearest pictures (%(count)s searches, %(day)s)"
        )
    else:
        text = _(
            "Full scan of codes of all pictures, the nearest compared exactly; it found %(share)s"
            " of the nearest pictures (%(count)s searches, %(day)s)"
        )
    return text % values
