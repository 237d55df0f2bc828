"""The transparency report: counted from the record, and from nothing else that is counted.

`rules`, `periods`, `counting`, `holdings` and `suppressing` import no Django: whoever has an export
of the record counts it again with them (docs/transparency.md).
"""
