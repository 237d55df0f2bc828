"""Galleries and who is in them; cases, probes, searches and their candidates."""

from .case import Case
from .enrolment import Enrolment
from .gallery import Contract, FaceImage, Gallery, Subject
from .heartbeat import Heartbeat
from .job import Job, JobState
from .probe import Probe
from .search import Candidate, Search, SearchedGallery

__all__ = [
    "Candidate",
    "Case",
    "Contract",
    "Enrolment",
    "FaceImage",
    "Gallery",
    "Heartbeat",
    "Job",
    "JobState",
    "Probe",
    "Search",
    "SearchedGallery",
    "Subject",
]
