"""What the pages share: the shell, charts and words."""
