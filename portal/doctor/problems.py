"""What a check says when a part is not as it should be."""


class Problem(Exception):
    """The part does not work; `remedy` says what to do."""

    def __init__(self, detail: str, remedy: str) -> None:
        super().__init__(detail)
        self.detail = detail
        self.remedy = remedy


class Advice(Problem):
    """The part works, but not as a production installation should."""
