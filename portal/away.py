"""A service that Candor stands on does not answer: nothing is lost, it is tried again later."""

from typing import ClassVar


class PartAway(Exception):
    """Never the fault of an input: jobs wait for it, and pages say so (503) by the `code`."""

    code: ClassVar[str]


class KeyServiceAway(PartAway):
    """The service of the master key does not answer, or does not let us in."""

    code = "key_service_away"


class StoreAway(PartAway):
    """The store of the files does not answer, or does not let us in."""

    code = "file_store_away"


class DecoderAway(PartAway):
    """No process for opening pictures can be started here."""

    code = "decoder_away"
