"""Galleries and who is in them; cases, probes, searches and their candidates."""

from .case import Case, CaseCategory, CaseStatus
from .case_file import CaseMember, CaseNote, NoteKind
from .enrolment import Enrolment
from .gallery import Contract, FaceImage, Gallery, Subject
from .heartbeat import Heartbeat
from .job import Job, JobState
from .probe import Probe
from .search import Candidate, Search, SearchedGallery

__all__ = [
    "Candidate",
    "Case",
    "CaseCategory",
    "CaseMember",
    "CaseNote",
    "CaseStatus",
    "Contract",
    "Enrolment",
    "FaceImage",
    "Gallery",
    "Heartbeat",
    "Job",
    "JobState",
    "NoteKind",
    "Probe",
    "Search",
    "SearchedGallery",
    "Subject",
]
