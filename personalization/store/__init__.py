"""The only door to DuckDB."""

from personalization.store.attest import (
    approval_digests,
    approvals_digests,
    screening_digests,
    screenings_digests,
    seal_digests,
)
from personalization.store.audit import record, record_each
from personalization.store.database import Store, open_for_checking, open_scratch, open_store
from personalization.store.erased import erased_key, erased_pads
from personalization.store.opening import heads_file
from personalization.store.problems import Problem
from personalization.store.pseudonyms import (
    CampaignKey,
    campaign_key,
    destroy_key,
    hmac_pads,
    known_keys,
    pseudonym_key,
    pseudonym_of,
    rotate_key,
)
from personalization.store.retention import Retention, accept_trail, due, retain
from personalization.store.verifying import AuditCheck, verify_chain

__all__ = [
    "AuditCheck",
    "CampaignKey",
    "Problem",
    "Retention",
    "Store",
    "accept_trail",
    "approval_digests",
    "approvals_digests",
    "campaign_key",
    "destroy_key",
    "due",
    "erased_key",
    "erased_pads",
    "heads_file",
    "hmac_pads",
    "known_keys",
    "open_for_checking",
    "open_scratch",
    "open_store",
    "pseudonym_key",
    "pseudonym_of",
    "record",
    "record_each",
    "retain",
    "rotate_key",
    "screening_digests",
    "screenings_digests",
    "seal_digests",
    "verify_chain",
]
