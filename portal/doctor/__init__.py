"""Checks of every real part of an installation, each with what to do when it fails."""

from portal.doctor.report import Finding, Level, examine

__all__ = ["Finding", "Level", "examine"]
