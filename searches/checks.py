"""System checks: what the kernel must offer for hostile pictures."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from searches.decoder import callfilter


@register(Tags.security)
def check_decoders(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Pictures are opened where decoders can do nothing else, as far as the kernel takes filters.

    `manage.py doctor` tries it out; this only asks, and costs nothing.
    """
    if callfilter.is_possible():
        return []
    said = "This kernel takes no filter of the system calls of decoders (seccomp)."
    if settings.DECODER_SANDBOX == "required":
        hint = "Allow seccomp, or set CANDOR_DECODER_SANDBOX=best: docs/operations.md."
        return [Error(said, hint=hint, id="searches.E001")]
    return [Warning(said, hint="What holds without it: docs/operations.md.", id="searches.W001")]
