"""Customers: from a file somebody uploads to rows that every later stage can trust."""

from personalization.customers.access import access_report
from personalization.customers.checking import check_file
from personalization.customers.downloads import write_accepted, write_problems
from personalization.customers.erasure import Erasure, erase_person
from personalization.customers.fields import ATTRIBUTE, IGNORE, TARGET_FIELDS, FieldSpec
from personalization.customers.forgotten import forget_again
from personalization.customers.history import derive_history
from personalization.customers.imports import count_unknown, create_dataset, import_intake
from personalization.customers.intake import Intake, preview, problems_of
from personalization.customers.objections import (
    REASONS,
    Objection,
    hand_over,
    note_download,
    object_to_mailing,
)
from personalization.customers.people import people_named
from personalization.customers.sample import load_sample

__all__ = [
    "ATTRIBUTE",
    "IGNORE",
    "REASONS",
    "TARGET_FIELDS",
    "Erasure",
    "FieldSpec",
    "Intake",
    "Objection",
    "access_report",
    "check_file",
    "count_unknown",
    "create_dataset",
    "derive_history",
    "erase_person",
    "forget_again",
    "hand_over",
    "import_intake",
    "load_sample",
    "note_download",
    "object_to_mailing",
    "people_named",
    "preview",
    "problems_of",
    "write_accepted",
    "write_problems",
]
