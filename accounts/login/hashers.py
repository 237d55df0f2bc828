"""How passwords are hashed."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class PasswordHasher(Argon2PasswordHasher):
    """Argon2id: 19 MiB, two passes, one lane (OWASP; docs/adr/0009-parameters-of-argon2.md).

    Below 32 MiB glibc keeps the memory for the next hash; above, every hash maps it anew.
    """

    time_cost = 2
    memory_cost = 19_456
    parallelism = 1

    def harden_runtime(self, password: str, encoded: str) -> None:
        """Hash once more where the right password would be.

        After the hash with its old parameters the right one is hashed anew, also for an account
        that is locked; the time must not tell the two apart.
        """
        self.encode(password, self.salt())
