"""Rows of galleries that stay, emptied, when their content is erased."""

from typing import ClassVar, Self, TypeVar

from django.db import models

from portal.tenancy import TenantManager, TenantModel, TenantQuerySet

M = TypeVar("M", bound=models.Model, covariant=True)


class LiveManager(TenantManager[M]):
    """Rows whose content is there. What was erased leaves an empty row behind, which candidates
    of earlier searches still point to; ask `every` for those as well."""

    def get_queryset(self) -> TenantQuerySet[M]:
        return super().get_queryset().filter(erased_at=None)


class Erasable(TenantModel):
    """A row that is emptied, and not removed, when its content is erased."""

    erased_at = models.DateTimeField(null=True, editable=False)

    objects: ClassVar[TenantManager[Self]] = LiveManager()
    every: ClassVar[TenantManager[Self]] = TenantManager()

    class Meta:
        abstract = True


class LiveSubjectManager(LiveManager[M]):
    """Subjects that stand for themselves: neither emptied nor merged into another one."""

    def get_queryset(self) -> TenantQuerySet[M]:
        return super().get_queryset().filter(merged_into=None)
