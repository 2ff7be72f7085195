"""The only door to DuckDB."""

from personalization.store.audit import AuditCheck, record, verify_chain
from personalization.store.database import Store, open_store

__all__ = ["AuditCheck", "Store", "open_store", "record", "verify_chain"]
