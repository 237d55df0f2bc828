"""When tables were last rewritten, and what that covers."""

from django.db import models


class TableRewrite(models.Model):
    """The last rewriting of a table. It removed whatever was deleted by transactions before
    `horizon`; the same for all agencies, which share most tables."""

    name = models.CharField(max_length=63, primary_key=True)
    horizon = models.BigIntegerField()
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
