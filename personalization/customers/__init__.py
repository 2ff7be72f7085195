"""Customers: from a file somebody uploads to rows that every later stage can trust."""

from personalization.customers.history import derive_history
from personalization.customers.sample import load_sample

__all__ = ["derive_history", "load_sample"]
