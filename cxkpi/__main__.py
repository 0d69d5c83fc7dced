"""``python -m cxkpi``."""

from cxkpi.cli.app import main_exit

main_exit()
