"""``python -m ssg_mip`` is the command line ``ssg-mip``."""

from ssg_mip.cli import run

if __name__ == "__main__":
    run()
