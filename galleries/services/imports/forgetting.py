"""What imports forget of erased pictures and subjects: lines, and pictures kept aside."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Q

from galleries.models import ImportFile
from searches.files import delete_on_commit
from searches.models import FaceImage


def forget_erased(images: Sequence[UUID], subjects: Sequence[UUID]) -> None:
    """Remove the lines of erased pictures, and of an erased subject's that were not enrolled.

    In the transaction that empties the rows, before the lines of its last pictures are gone.
    """
    of_subjects = FaceImage.every.filter(subject_id__in=subjects)
    known = ImportFile.objects.filter(image__in=of_subjects).exclude(reference="")
    wanted = Q(image__in=images)
    for gallery, reference in known.values_list("batch__gallery", "reference").distinct():
        wanted |= Q(batch__gallery=gallery, reference=reference)
    lines = ImportFile.objects.filter(wanted)
    for agency_id, key in lines.exclude(file_key="").values_list("agency_id", "file_key"):
        delete_on_commit(agency_id, key)
    ImportFile.objects.filter(pk__in=list(lines.values_list("pk", flat=True))).delete()
