"""Galleries and who is in them; cases, probes, searches, and how searches are concluded."""

from .authorization import Authorization, Decision, SearchToken
from .case import Case, CaseCategory, CaseStatus
from .case_file import CaseMember, CaseNote, NoteKind
from .conclusion import Conclusion, ErasureReceipt, FollowUp, FollowUpOutcome, Outcome
from .draft import SearchDraft
from .enrolment import Enrolment
from .erased_file import ErasedFile
from .evaluation import EngineEvaluation
from .examination import Disposition, Examination, ExaminationItem, ExaminationState
from .gallery import Contract, DuplicateCheck, FaceImage, Gallery, GallerySource, Subject
from .gallery_leaf import GalleryLeaf, GalleryMark
from .grant import GalleryGrant, GrantState, GrantUse, UseState
from .heartbeat import Heartbeat
from .job import Job, JobState
from .loan import ExaminerLoan, LoanState
from .probe import CaptureKind, Probe
from .probe_edit import ProbeEdit
from .register import SourceRegister
from .scan import ScanHolder, ScanHost, ScanQuestion, TemplateChange
from .score import ScoreMeasurement, ScoreSource
from .search import Candidate, Search, SearchedGallery
from .searched_face import SearchedFace
from .shared_face import SearchedGrant, SharedFace
from .stage import AuthorizationNeeded, Basis, Stage

__all__ = [
    "Authorization",
    "AuthorizationNeeded",
    "Basis",
    "Candidate",
    "CaptureKind",
    "Case",
    "CaseCategory",
    "CaseMember",
    "CaseNote",
    "CaseStatus",
    "Conclusion",
    "Contract",
    "Decision",
    "Disposition",
    "DuplicateCheck",
    "EngineEvaluation",
    "Enrolment",
    "ErasedFile",
    "ErasureReceipt",
    "Examination",
    "ExaminationItem",
    "ExaminationState",
    "ExaminerLoan",
    "FaceImage",
    "FollowUp",
    "FollowUpOutcome",
    "Gallery",
    "GalleryGrant",
    "GalleryLeaf",
    "GalleryMark",
    "GallerySource",
    "GrantState",
    "GrantUse",
    "Heartbeat",
    "Job",
    "JobState",
    "LoanState",
    "NoteKind",
    "Outcome",
    "Probe",
    "ProbeEdit",
    "ScanHolder",
    "ScanHost",
    "ScanQuestion",
    "ScoreMeasurement",
    "ScoreSource",
    "Search",
    "SearchDraft",
    "SearchToken",
    "SearchedFace",
    "SearchedGallery",
    "SearchedGrant",
    "SharedFace",
    "SourceRegister",
    "Stage",
    "Subject",
    "TemplateChange",
    "UseState",
]
