"""Why a log-in by an identity provider ends on a page with a code."""

from accounts.faults import FAULTS


class Refused(Exception):
    """Nobody is logged in. `code` is a key of accounts.faults.FAULTS; `detail` is for the log."""

    def __init__(self, code: str, detail: str = "") -> None:
        if code not in FAULTS:
            raise KeyError(code)
        super().__init__(detail or code)
        self.code = code
