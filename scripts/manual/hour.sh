#!/usr/bin/env bash
# Plays the hour at the prompt and writes its transcript for the manual.
# Usage: scripts/manual/hour.sh        (from the root of the project)
set -euo pipefail
out=docs/an-hour-at-the-prompt.md
played=$(mktemp)
trap 'rm -f "$played"' EXIT
hour=repl::an_hour_on_the_hcc_tace_study
DIPTYCH_TRANSCRIPT="$played" cargo test --release --test suite -- --exact --ignored --nocapture "$hour"
[ -s "$played" ] || { echo "the HCC-TACE table is not there; $out stays as it is" >&2; exit 1; }
{
    echo "# An hour at the prompt"
    echo
    echo "Played by the project's own tests (\`$hour\`) in a pseudo-terminal of 100 columns, on"
    echo "\`examples/hcc_tace\`, whose table has to be fetched; the tests play the same hour on the study that comes"
    echo "with Diptych (\`diptych demo\`). Lines after \`>\` were typed; a search in the history is not shown."
    echo
    echo '```text'
    # Of an answer longer than 70 lines the middle is left out, and it is said.
    sed 's/[[:space:]]*$//' "$played" | awk '
        function told(  i) {
            for (i = 1; i <= n; i++) {
                if (n > 70 && i == 41) { print "[" n - 50 " lines left out here]"; i = n - 9 }
                print line[i]
            }
            n = 0
        }
        /^> / { told() }
        { line[++n] = $0 }
        END { told() }'
    echo '```'
} > "$out"
echo "$out written"
