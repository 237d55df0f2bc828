"""What goes wrong with the embedded database, said so that a user can act on it."""


class EmbeddedError(Exception):
    """The embedded database cannot be set up or started.

    `code` is stable snake_case; the message says what to install, change or run.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
