"""Entry point: the shell, and nothing else."""

from pages.ui.shell import run_app

run_app()
