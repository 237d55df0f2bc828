"""Shadow searches: enrolled pictures searched under both contracts of a change of engine."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from galleries.models.engine_change import EngineChange
from portal.tenancy import TenantForeignKey
from searches.models import Job

MOST_SEARCHES = 1000


class ShadowSearch(Job):
    """One comparison. Nobody sees candidates of it; real searches are not touched."""

    change = TenantForeignKey(EngineChange, related_name="shadow_searches")
    wanted = models.PositiveIntegerField(_("pictures to search for"))
    # [subject, image] of each picture to search for; None until the worker has drawn them.
    sample = models.JSONField(null=True, editable=False)
    eligible = models.PositiveIntegerField(default=0, editable=False)
    # [subject, image, rank before, rank after, shared candidates, candidates] of what is done.
    results = models.JSONField(default=list, editable=False)
    position = models.PositiveIntegerField(default=0, editable=False)
    report = models.JSONField(null=True, editable=False)

    class Meta(Job.Meta):
        verbose_name = _("shadow search")
        verbose_name_plural = _("shadow searches")
        ordering = ["-created_at"]
        constraints = [
            *Job.Meta.constraints,
            models.CheckConstraint(
                condition=models.Q(wanted__gte=1, wanted__lte=MOST_SEARCHES),
                name="shadow_search_wanted",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="done") | models.Q(report__isnull=False),
                name="shadow_search_done_has_report",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.change_id} {self.state}"

    @property
    def drawn(self) -> int:
        """How many pictures are searched for."""
        return len(self.sample) if self.sample is not None else self.wanted
