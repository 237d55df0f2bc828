"""Rows of other parts of the portal that say something about erased pictures and subjects."""

from collections.abc import Sequence
from uuid import UUID

from galleries.erasing.listeners import on_emptied
from galleries.erasing.rewriting import also_rewrite
from galleries.models import ImportFile


def forget_imported(images: Sequence[UUID], _subjects: Sequence[UUID]) -> None:
    """The lines of imports that brought these pictures lose file name, reference and digest."""
    ImportFile.objects.filter(image__in=images).update(name="", reference="", sha256="")


on_emptied(forget_imported)
also_rewrite(ImportFile._meta.db_table)
