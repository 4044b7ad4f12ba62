#!/usr/bin/env bash
# Takes the pictures in docs/images of a lab that this script runs for six minutes, with chromium and python3 from the PATH. It needs a
# Prometheus that has its web interface: Debian's was built without. FLEET_BIN_DIR names a directory with an official release of it and
# the lab's other programs.
set -euo pipefail

root=$(cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/.." && pwd)
work=$(mktemp -d)
lab='' proxy=''
cleanup() {
  [ -z "$proxy" ] || kill "$proxy"
  [ -z "$lab" ] || { kill -INT "$lab"; wait "$lab" || true; }
  rm -rf "$work"
}
trap cleanup EXIT
fail() { printf 'screenshots: %s\n' "$*" >&2; exit 1; }

for program in chromium python3; do
  command -v "$program" >/dev/null || fail "$program is not on the PATH; on Debian: apt-get install $program"
done

# In a job of its own, or bash would have it ignore the interrupt that ends it.
set -m
"$root/dev" lab --clusters 3 >"$work/lab.log" 2>&1 &
lab=$!
set +m
echo 'waiting for the lab…' >&2
until grep -q 'alerts firing' "$work/lab.log"; do
  kill -0 "$lab" 2>/dev/null || { cat "$work/lab.log" >&2; lab=''; fail 'the lab did not start'; }
  sleep 1
done
told() { sed -n "s/^ *$1 *\\([^ ]*\\) *$/\\1/p" "$work/lab.log"; }
prometheus=$(told Prometheus)
[[ $(told 'CPU by cluster') == */query?* ]] || fail 'this Prometheus has no web interface; see the head of this script'

# The page itself cannot ask with credentials that were in its address, so somebody in between adds them.
cat >"$work/proxy.py" <<'PYTHON'
import base64, http.server, sys, urllib.request

prometheus, password_file, port_file = sys.argv[1:]
with open(password_file) as file:
    credentials = base64.b64encode(b"fleet:" + file.read().strip().encode()).decode()

class Proxy(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path.endswith("/live"):  # a stream, for whose end chromium would wait; 204 tells the page to ask now and then instead
            self.send_response(204)
            return self.end_headers()
        request = urllib.request.Request(prometheus + self.path.lstrip("/"), headers={"Authorization": "Basic " + credentials})
        try:
            answer = urllib.request.urlopen(request, timeout=10)
        except urllib.error.HTTPError as error:
            answer = error
        body = answer.read()
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.headers.get("Content-Type", ""))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
with open(port_file, "w") as file:
    print(server.server_port, file=file)
server.serve_forever()
PYTHON
python3 "$work/proxy.py" "$prometheus" "$(told 'password *cat')" "$work/port" 2>"$work/proxy.log" &
proxy=$!
until [ -s "$work/port" ]; do sleep 0.1; done
front=http://127.0.0.1:$(<"$work/port")/

echo 'letting six minutes of history grow…' >&2
sleep "${SCREENSHOT_HISTORY:-360}"

# shot NAME PATH WIDTH HEIGHT
shot() {
  local picture=$root/docs/images/$1.png
  rm -f "$picture"
  chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update \
    --disable-sync --user-data-dir="$(mktemp -d "$work/profile.XXXX")" --hide-scrollbars --window-size="$3,$4" --virtual-time-budget=15000 \
    --screenshot="$picture" "$front$2" >"$work/chromium.log" 2>&1 || true
  [ -s "$picture" ] || { cat "$work/chromium.log" >&2; fail "chromium took no picture of $2"; }
}

mkdir -p "$root/docs/images"
shot prometheus-targets 'targets?search=node-exporter' 1400 1000
# sum by (cluster) (container_memory_working_set_bytes{container!=""})
shot prometheus-graph \
  'query?g0.expr=sum%20by%20(cluster)%20(container_memory_working_set_bytes%7Bcontainer!%3D%22%22%7D)&g0.tab=graph&g0.range_input=5m' 1400 960
