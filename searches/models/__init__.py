"""Galleries and who is in them; cases, probes, searches and their candidates."""

from .case import Case
from .enrolment import Enrolment
from .gallery import Contract, FaceImage, Gallery, Subject
from .heartbeat import Heartbeat
from .job import Job, JobState
from .probe import CaptureKind, Probe
from .probe_edit import ProbeEdit
from .search import Candidate, Search, SearchedGallery

__all__ = [
    "Candidate",
    "CaptureKind",
    "Case",
    "Contract",
    "Enrolment",
    "FaceImage",
    "Gallery",
    "Heartbeat",
    "Job",
    "JobState",
    "Probe",
    "ProbeEdit",
    "Search",
    "SearchedGallery",
    "Subject",
]
