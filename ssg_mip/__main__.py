"""``python -m ssg_mip`` is the command line ``ssg-mip``."""

import sys

from ssg_mip.cli import main

if __name__ == "__main__":
    sys.exit(main())
