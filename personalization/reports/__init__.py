"""What the pages show: read models, one query each."""
