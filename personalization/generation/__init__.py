"""Writing: messages for each segment, and what bears out every claim in them."""
