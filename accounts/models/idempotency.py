"""Answers kept for a day, so that a request that is sent again is not done again."""

from django.db import models

from accounts.models.token import ApiToken
from portal.tenancy import TenantForeignKey, TenantModel


class IdempotentAnswer(TenantModel):
    """What one POST with an Idempotency-Key was answered; the body is sealed with the agency's key.

    `digest` is the SHA-256 of what was asked: another request must not take the same key.
    """

    token = TenantForeignKey(ApiToken, models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    location = models.CharField(max_length=300, blank=True)
    body = models.BinaryField()
    answered_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["token", "key"], name="idempotent_answer_once"),
        ]
        indexes = [models.Index(fields=["answered_at"], name="idempotent_answer_age")]

    def __str__(self) -> str:
        return f"{self.key} {self.status}"
