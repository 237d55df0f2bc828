"""A picture that was handed in and is refused, as a problem with the code of the pages."""

from portal.faults import CodedFault
from searches.faults import rejection_message
from searches.images import ImageRejected
from searches.images.rejections import MESSAGES


class PictureRefused(CodedFault):
    """The words have the numbers in them that an entry of a list cannot have."""

    words = MESSAGES

    def __init__(self, rejected: ImageRejected) -> None:
        super().__init__(rejected.code)
        self._message = rejection_message(rejected)

    @property
    def message(self) -> str:
        return self._message
