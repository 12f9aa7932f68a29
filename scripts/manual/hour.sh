#!/usr/bin/env bash
# Plays the hour at the prompt and writes its transcript for the manual.
# Usage: scripts/manual/hour.sh        (from the root of the project)
set -euo pipefail
out=docs/an-hour-at-the-prompt.md
played=$(mktemp)
trap 'rm -f "$played"' EXIT
DIPTYCH_TRANSCRIPT="$played" cargo test --test suite -- --exact repl::an_hour_at_the_prompt
{
    echo "# An hour at the prompt"
    echo
    echo "Played by the project's own tests in a pseudo-terminal of 100 columns, on the study that comes with"
    echo "Diptych (\`diptych demo\`). Lines after \`>\` were typed; a search in the history is not shown."
    echo
    echo '```text'
    sed 's/[[:space:]]*$//' "$played"
    echo '```'
} > "$out"
echo "$out written"
