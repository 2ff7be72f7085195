"""The only door to DuckDB."""

from personalization.store.anchor import heads_file
from personalization.store.attest import approval_digests, screening_digests
from personalization.store.audit import record
from personalization.store.database import Store, open_for_checking, open_scratch, open_store
from personalization.store.problems import Problem
from personalization.store.pseudonyms import hmac_pads, pseudonym_key
from personalization.store.verifying import AuditCheck, verify_chain

__all__ = [
    "AuditCheck",
    "Problem",
    "Store",
    "approval_digests",
    "heads_file",
    "hmac_pads",
    "open_for_checking",
    "open_scratch",
    "open_store",
    "pseudonym_key",
    "record",
    "screening_digests",
    "verify_chain",
]
