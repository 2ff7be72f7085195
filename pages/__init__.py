"""What marketers see: one file a page; what pages share lives in ``pages/ui``."""
