"""The second factor of the tests' people: one secret, and codes that are never used twice."""

import time

from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value

from accounts.models import User

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
PERIOD = 30
_used: set[tuple[str, int]] = set()


def give_app(user: User) -> None:
    """The person has set up an authenticator app with the tests' secret."""
    TOTP.activate(user, SECRET)


def code_at(counter: int) -> str:
    return str(format_hotp_value(hotp_value(SECRET, counter)))


def next_code(email: str) -> str:
    """A code that the portal takes now; waits when all of this half minute were used."""
    while True:
        now = int(time.time()) // PERIOD
        # The oldest last: on a busy machine it may be too old once it arrives.
        for counter in (now, now + 1, now - 1):
            if (email, counter) not in _used:
                _used.add((email, counter))
                return code_at(counter)
        time.sleep(1)


def forget_codes() -> None:
    """For tests that begin with an empty cache: the portal has forgotten the used codes too."""
    _used.clear()
