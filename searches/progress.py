"""What happens to a picture or a search now, in words, while a worker has it or will have it."""

import json
from dataclasses import dataclass

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from searches.models import Job, JobState, Probe, Search


@dataclass(frozen=True, slots=True)
class Progress:
    """`now` is the step, `detail` what else is known of it or ""."""

    now: str
    detail: str = ""


def progress_of_probe(probe: Probe) -> Progress:
    if probe.state == JobState.QUEUED:
        return Progress(_("Waiting its turn"), _before(probe))
    if probe.state == JobState.RUNNING:
        return Progress(_("Reading the picture and looking for faces"), _again(probe))
    return Progress(_("Done. The page is loading again."))


def progress_of_search(search: Search) -> Progress:
    if search.state == JobState.QUEUED:
        return Progress(_("Waiting its turn"), _before(search))
    if search.state == JobState.RUNNING:
        return Progress(_compared(*_size(search)), _again(search))
    return Progress(_("Done. The page is loading again."))


def _before(job: Probe | Search) -> str:
    """The agency's own that came earlier; those of others are nobody's to know of."""
    earlier = type(job).objects.filter(state=JobState.QUEUED, created_at__lt=job.created_at)
    count = earlier.count()
    if not count:
        return _("It is the next one of your agency.")
    text = ngettext(
        "%(n)s of your agency's is before it.", "%(n)s of your agency's are before it.", count
    )
    return text % {"n": number_format(count)}


def _again(job: Job) -> str:
    return _("It was interrupted and is done again.") if job.attempts > 1 else ""


def _size(search: Search) -> tuple[int, int]:
    """Pictures and galleries that the search was permitted to look in, of the sealed token."""
    token = search.tokens.first()
    if token is None:
        return 0, 0
    document = json.loads(token.document)
    versions = document["galleries"] + [one["gallery"] for one in document.get("grants", [])]
    return sum(version["images"] for version in versions), len(versions)


def _compared(pictures: int, galleries: int) -> str:
    if not galleries:
        return _("Comparing the face with the galleries")
    of_pictures = ngettext("%(n)s picture", "%(n)s pictures", pictures)
    of_galleries = ngettext("%(n)s gallery", "%(n)s galleries", galleries)
    return _("Measuring the face and comparing it with %(pictures)s in %(galleries)s") % {
        "pictures": of_pictures % {"n": number_format(pictures, force_grouping=True)},
        "galleries": of_galleries % {"n": number_format(galleries)},
    }
