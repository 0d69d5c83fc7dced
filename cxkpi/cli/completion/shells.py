"""The scripts that teach bash, zsh and fish to ask the program, and putting them where these shells look for them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, TypeAlias, cast, get_args

from cxkpi.cli import output
from cxkpi.errors import Problem, UsageError

Shell: TypeAlias = Literal["bash", "zsh", "fish"]

_BASH = r"""# bash completion of cxkpi
_cxkpi_completion() {
    local found line
    COMPREPLY=()
    found=$(_CXKPI_COMPLETE=complete_bash _CXKPI_LINE="${COMP_LINE:0:COMP_POINT}" _CXKPI_BREAKS="$COMP_WORDBREAKS" \
        _CXKPI_COLUMNS="$COLUMNS" _CXKPI_TYPE="$COMP_TYPE" "${1/#\~/$HOME}" 2>/dev/null) || return 0
    compopt +o default 2>/dev/null
    while IFS= read -r line; do
        [[ -n $line ]] && COMPREPLY+=("$line")
    done <<< "$found"
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[=/] ]]; then
        compopt -o nospace 2>/dev/null
    fi
    return 0
}
complete -o default -F _cxkpi_completion cxkpi
"""

_ZSH = r"""#compdef cxkpi
# zsh completion of cxkpi
_cxkpi() {
    local found word text
    local -a words_ shown open open_shown
    found=$(_CXKPI_COMPLETE=complete_zsh _CXKPI_LINE="${(j: :)words[1,CURRENT-1]} ${QIPREFIX}${PREFIX}" \
        "${(Q)words[1]/#\~/$HOME}" 2>/dev/null) || { _files; return }
    while IFS=$'\t' read -r word text; do
        [[ -n $word ]] || continue
        if [[ $word == *[=/] ]]; then
            open+=("$word") open_shown+=("$word${text:+  -- $text}")
        else
            words_+=("$word") shown+=("$word${text:+  -- $text}")
        fi
    done <<< "$found"
    (( $#open )) && compadd -l -S '' -d open_shown -a open
    (( $#words_ )) && compadd -l -d shown -a words_
    (( $#open + $#words_ ))
}
if [[ $funcstack[1] == _cxkpi ]]; then
    _cxkpi "$@"
else
    compdef _cxkpi cxkpi
fi
"""

_FISH = r"""# fish completion of cxkpi
function __cxkpi_complete
    set -lx _CXKPI_COMPLETE complete_fish
    set -lx _CXKPI_LINE (commandline -cp | string collect)
    set -l program (commandline -po)[1]
    set -l found (command $program 2>/dev/null)
    if test $status -eq 1
        __fish_complete_path (commandline -ct)
    else if test (count $found) -gt 0
        printf '%s\n' $found
    end
end
complete --command cxkpi --no-files --arguments '(__cxkpi_complete)'
"""

SCRIPTS: Mapping[Shell, str] = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}


def current() -> Shell:
    """The shell this program was started from, else the one that ``SHELL`` names.

    Raises:
        UsageError: It is none of those there is a script for.
    """
    names = [*_above(), Path(os.environ.get("SHELL", "")).name]
    for name in names:
        for shell in get_args(Shell):
            if name == shell:
                return cast(Shell, shell)
    message = "--install-completion: the shell is none of bash, zsh and fish."
    hint = "Print the script of one of them with: cxkpi --show-completion bash"
    raise UsageError(Problem("U129", message, None, hint))


def install(shell: Shell, environment: Mapping[str, str]) -> tuple[Path, ...]:
    """Write the script where the shell finds it; the files that were written. ``environment``: whose home it is.

    Raises:
        OutputError: One cannot be written.
    """
    home = Path(environment.get("HOME") or Path.home())
    if shell == "fish":
        base = Path(environment.get("XDG_CONFIG_HOME") or home / ".config")
        return (_written(base / "fish" / "completions" / "cxkpi.fish", SCRIPTS[shell]),)
    if shell == "zsh":
        script = _written(home / ".zfunc" / "_cxkpi", SCRIPTS[shell])
        started, line = (
            Path(environment.get("ZDOTDIR") or home) / ".zshrc",
            "fpath+=~/.zfunc; autoload -Uz compinit; compinit",
        )
    else:
        script = _written(home / ".bash_completions" / "cxkpi.sh", SCRIPTS[shell])
        started, line = home / ".bashrc", f"source '{script}'"
    text = started.read_text(encoding="utf-8", errors="surrogateescape") if started.is_file() else ""
    if line in text.splitlines():
        return (script,)
    end = "" if not text or text.endswith("\n") else "\n"
    output.write_file(started, f"{text}{end}{line}\n".encode("utf-8", "surrogateescape"))
    return (script, started)


def _written(place: Path, script: str) -> Path:
    output.make_folder(place.parent)
    output.write_file(place, script)
    return place


def _above() -> list[str]:
    """The programs this one was started by, the nearest first."""
    found, number = [], os.getppid() if hasattr(os, "getppid") else 0
    for _ in range(10):
        if number <= 1:
            break
        try:
            ran = subprocess.run(
                ["ps", "-o", "ppid=,comm=", "-p", str(number)], capture_output=True, text=True, timeout=5, check=False
            )
        except (OSError, subprocess.SubprocessError):
            break
        above, _, name = ran.stdout.strip().partition(" ")
        if not above.isdigit():
            break
        found.append(Path(name.strip().removeprefix("-")).name)
        number = int(above)
    return found
