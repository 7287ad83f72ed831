#!/bin/sh
# A gate after a deployment: waits for the relay, checks it, records it, compares the recording with a baseline.
#
#   gate.sh [URL [BASELINE]]
#
# URL is http://localhost:3000 unless given, BASELINE is baseline.csv beside this script. Without a baseline the
# recording becomes the first one, to be committed. Settings from the environment:
#
#   WATERTIGHT  the binary [watertight]          OUT      where recording and reports go [gate-reports]
#   DURATION    how long to record [1m]          FORMAT   what is printed [text; github on GitHub Actions]
#   INTERVAL    time between polls [1s]          LIMITS   gates [--max-growth 20% --max-peak 3000]
#
# Exit code: 0 fine, 1 warning, 2 danger or a gate failed, 3 cannot tell, 64 wrong usage, 74 cannot write.
set -u

here=$(dirname "$0")
url=${1:-http://localhost:3000}
baseline=${2:-$here/baseline.csv}
watertight=${WATERTIGHT:-watertight}
out=${OUT:-gate-reports}
format=${FORMAT:-${GITHUB_ACTIONS:+github}}
limits=${LIMITS---max-growth 20% --max-peak 3000}

command -v "$watertight" >/dev/null || { echo "gate.sh: no $watertight: set WATERTIGHT" >&2; exit 64; }
mkdir -p "$out" || exit 74

# Exit 3 is no answer yet; everything else is one.
tries=60
while "$watertight" quick-check --api-url "$url" >"$out/wait.txt"; [ $? -eq 3 ]; do
  tries=$((tries - 1))
  [ "$tries" -gt 0 ] || { cat "$out/wait.txt"; exit 3; }
  sleep 1
done

"$watertight" quick-check --api-url "$url" --samples 5 --format "${format:-text}"
checked=$?

"$watertight" record --api-url "$url" --csv "$out/current.csv" --force \
  -i "${INTERVAL:-1s}" --duration "${DURATION:-1m}" || exit $?

if [ ! -e "$baseline" ]; then
  cp "$out/current.csv" "$baseline" || exit 74
  echo "gate.sh: there was no baseline: commit $baseline" >&2
  exit "$checked"
fi
# The limits are several words.
# shellcheck disable=SC2086
compare() { "$watertight" compare "$baseline" "$out/current.csv" $limits "$@"; }
compare --format junit >"$out/compare.xml"
compare --format markdown >"$out/compare.md"
compare --format "${format:-text}"
compared=$?

# Danger first, then what cannot be told.
for code in 2 3 64 74 1; do
  if [ "$checked" -eq $code ] || [ "$compared" -eq $code ]; then exit $code; fi
done
exit 0
