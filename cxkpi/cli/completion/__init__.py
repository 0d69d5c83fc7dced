"""Completion in the shell: what may stand where the cursor is, in bash, zsh and fish."""
