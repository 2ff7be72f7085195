"""Customers: from a file somebody uploads to rows that every later stage can trust."""

from personalization.customers.checking import check_file
from personalization.customers.downloads import write_accepted, write_problems
from personalization.customers.fields import ATTRIBUTE, IGNORE, TARGET_FIELDS, FieldSpec
from personalization.customers.history import derive_history
from personalization.customers.imports import count_unknown, create_dataset, import_intake
from personalization.customers.intake import Intake, preview, problems_of
from personalization.customers.sample import load_sample

__all__ = [
    "ATTRIBUTE",
    "IGNORE",
    "TARGET_FIELDS",
    "FieldSpec",
    "Intake",
    "check_file",
    "count_unknown",
    "create_dataset",
    "derive_history",
    "import_intake",
    "load_sample",
    "preview",
    "problems_of",
    "write_accepted",
    "write_problems",
]
