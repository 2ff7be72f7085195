"""``python -m personalization.cli`` is the ``personalize`` command."""

import sys

from personalization.cli import main

sys.exit(main())
