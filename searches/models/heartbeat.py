"""Signs of life of the workers."""

from django.db import models


class Heartbeat(models.Model):
    """When a regular job last ran, for `manage.py doctor`. Belongs to no agency."""

    name = models.CharField(primary_key=True, max_length=40)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} at {self.at}"
