"""Passwords that are long and no secret all the same (NIST SP 800-63B-4, section 3.1.1.2)."""

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.models import User

SEQUENCES = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "azertyuiop",
    "qsdfghjklm",
)
# What guessers try first on this site.
OF_THE_SERVICE = ("candor", "facesearch", "police", "password", "motdepasse")
SEQUENCE_LENGTH = 5
ENOUGH_ELSE = 8


class GuessableValidator:
    """Refuses what consists of repetitions, sequences and words of the service or the person."""

    def validate(self, password: str, user: User | None = None) -> None:
        """Raise ValidationError when fewer than 8 characters remain without such parts."""
        rest = _without_known_parts(password.casefold(), user)
        if len(rest) < ENOUGH_ELSE or len(set(rest)) < ENOUGH_ELSE // 2:
            raise ValidationError(
                _("This password is easy to guess: it repeats itself, or follows a known pattern."),
                code="password_guessable",
            )

    def get_help_text(self) -> str:
        return _("No repetitions, no sequences of keys, no name of yours or of this service.")


def _without_known_parts(text: str, user: User | None) -> str:
    words = list(OF_THE_SERVICE)
    if user is not None:
        words += re.split(r"\W+", f"{user.email} {user.name}".casefold())
    for word in sorted((w for w in words if len(w) > 3), key=len, reverse=True):
        text = text.replace(word, "")
    # A piece that comes again at once counts once: "abcabcabc" is "abc".
    text = re.sub(r"(.+?)\1+", r"\1", text)
    for sequence in SEQUENCES:
        for line in (sequence, sequence[::-1]):
            text = _without_runs_of(line, text)
    return text


def _without_runs_of(line: str, text: str) -> str:
    for length in range(len(line), SEQUENCE_LENGTH - 1, -1):
        for start in range(len(line) - length + 1):
            text = text.replace(line[start : start + length], "")
    return text
