#!/usr/bin/env bash
# Takes the pictures in docs/images of a lab that this script runs for ten minutes, with the chromium on the PATH. It needs a Prometheus that
# was built with its web interface: Debian's was not; FLEET_BIN_DIR names a directory with an official release and the lab's other programs.
set -euo pipefail

root=$(cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/.." && pwd)
work=$(mktemp -d)
lab=
trap '[ -z "$lab" ] || { kill -INT "$lab"; wait "$lab" || true; }; rm -rf "$work"' EXIT

command -v chromium >/dev/null || { echo 'screenshots: chromium is not on the PATH; on Debian: apt-get install chromium' >&2; exit 1; }

# In a job of its own, or bash would have it ignore the interrupt that ends it.
set -m
"$root/dev" lab --clusters 3 >"$work/lab.log" 2>&1 &
lab=$!
set +m
echo 'waiting for the lab…' >&2
until grep -q 'alerts firing' "$work/lab.log"; do
  kill -0 "$lab" 2>/dev/null || { cat "$work/lab.log" >&2; exit 1; }
  sleep 1
done
told() { sed -n "s/^ *$1 *\\([^ ]*\\) *$/\\1/p" "$work/lab.log"; }
address=$(told Prometheus)
password=$(cat "$(told 'password *cat')")
question=$(told 'CPU by cluster')
[[ $question == */query?* ]] || { echo 'screenshots: this Prometheus has no web interface; see the head of this script' >&2; exit 1; }

echo 'letting ten minutes of history grow…' >&2
sleep "${SCREENSHOT_HISTORY:-600}"

# shot NAME ADDRESS WIDTH HEIGHT
shot() {
  # Chromium takes the credentials out of the address, also for what the page itself then asks for.
  chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update \
    --disable-sync --user-data-dir="$(mktemp -d "$work/profile.XXXX")" --hide-scrollbars --window-size="$3,$4" --virtual-time-budget=15000 \
    --screenshot="$root/docs/images/$1.png" "${2/:\/\//://fleet:$password@}" 2>"$work/chromium.log"
  [ -s "$root/docs/images/$1.png" ] || { cat "$work/chromium.log" >&2; exit 1; }
}

mkdir -p "$root/docs/images"
shot prometheus-targets "${address}targets" 1400 1000
shot prometheus-graph "${question/range_input=1h/range_input=10m}" 1400 800
