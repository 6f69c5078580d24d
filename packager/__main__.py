"""``python -m packager`` is ``edgepack``."""

import sys

from packager.cli.main import main

sys.exit(main())
