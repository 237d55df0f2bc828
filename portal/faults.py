"""What is common to the faults that people and programs are told of."""

from collections.abc import Mapping
from typing import ClassVar

from django.core.exceptions import ValidationError
from django.utils.functional import Promise


def known_codes() -> set[str]:
    """The codes of every part of Candor that is loaded."""
    return {code for kind in CodedFault.__subclasses__() for code in kind.words}


class CodedFault(Exception):
    """A request that cannot be met; nothing was changed. `code` is a key of the class's `words`."""

    words: ClassVar[Mapping[str, str | Promise]]

    def __init__(self, code: str) -> None:
        if code not in self.words:
            raise KeyError(code)
        super().__init__(code)  # one argument, so that it crosses processes
        self.code = code

    @property
    def message(self) -> str:
        return str(self.words[self.code])

    def as_validation_error(self) -> ValidationError:
        """The same for a form."""
        return ValidationError(self.message, self.code)
