"""Every foreign service, behind a protocol of one method, with an embedded default."""
