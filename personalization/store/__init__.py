"""The only door to DuckDB."""

from personalization.store.audit import AuditCheck, record, verify_chain
from personalization.store.database import Store, open_scratch, open_store
from personalization.store.pseudonyms import hmac_pads, pseudonym_key

__all__ = [
    "AuditCheck",
    "Store",
    "hmac_pads",
    "open_scratch",
    "open_store",
    "pseudonym_key",
    "record",
    "verify_chain",
]
