"""The second factor of the tests' people: one secret, and codes that are never used twice."""

import time

from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value

from accounts.models import User

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
PERIOD = 30
_last_used: dict[str, int] = {}


def give_app(user: User) -> None:
    """The person has set up an authenticator app with the tests' secret."""
    TOTP.activate(user, SECRET)


def code_at(counter: int) -> str:
    return str(format_hotp_value(hotp_value(SECRET, counter)))


def next_code(email: str) -> str:
    """A code that the portal takes now; waits when all of this half minute were used."""
    while True:
        now = int(time.time()) // PERIOD
        for counter in (now - 1, now, now + 1):
            if counter > _last_used.get(email, 0):
                _last_used[email] = counter
                return code_at(counter)
        time.sleep(1)


def forget_codes() -> None:
    """For tests that begin with an empty cache: the portal has forgotten the used codes too."""
    _last_used.clear()
