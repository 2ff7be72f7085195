"""How a message reads: for one customer, for those who show every way, and who has which field."""

from __future__ import annotations

from personalization import delivery

Preview = delivery.Preview
Reader = delivery.Reader
preview_of = delivery.preview_of
note_preview = delivery.note_preview
render_for = delivery.render_for
render_each = delivery.render_each
field_coverage = delivery.field_coverage
