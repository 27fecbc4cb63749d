"""`python -m longan` is `longan`."""

import sys

from longan.cli import main

sys.exit(main())
