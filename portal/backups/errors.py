"""What goes wrong with a backup, said so that an operator can act on it."""


class BackupError(Exception):
    """A backup cannot be made, verified or restored.

    `code` is stable snake_case; the message says what to do.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
