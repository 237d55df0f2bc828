"""How passwords are hashed."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class PasswordHasher(Argon2PasswordHasher):
    """Argon2id with the first parameters of the OWASP Password Storage Cheat Sheet.

    46 MiB, one pass, one lane: some 30 ms on one core. Django's own (100 MiB, two passes, eight
    lanes) take ten times as long and let a few log-ins at once fill a small server's memory.
    """

    time_cost = 1
    memory_cost = 47_104
    parallelism = 1
