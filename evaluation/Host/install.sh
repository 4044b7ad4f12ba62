#!/bin/sh
# Installs this bundle, or brings an installed one up to date. Run as root; may be run any number of times.
# Nothing restarts that need not: Prometheus and the exporter take new configuration by themselves, Alertmanager is told to, and only a changed unit
# restarts its program.
set -eu
LC_ALL=C
export LC_ALL
umask 077

programs=@programs@
bundle=$(cd -- "$(dirname -- "$0")" && pwd)
prefix=${DESTDIR:-}

fail() { printf 'install.sh: %s\n' "$*" >&2; exit 1; }
say() { printf '%s\n' "$*"; }

usage() {
  cat <<'TEXT'
usage: install.sh [--prefix DIR]

  --prefix DIR   put everything below DIR (default: $DESTDIR, else the host itself), without users, owners and systemd,
                 and say what would be asked of systemd
TEXT
}

while [ $# -gt 0 ]; do
  case $1 in
    --prefix) [ $# -ge 2 ] || fail '--prefix needs a directory'; prefix=$2; shift 2 ;;
    --prefix=*) prefix=${1#--prefix=}; shift ;;
    -h | --help) usage; exit ;;
    *) usage >&2; fail "no such option: $1" ;;
  esac
done
prefix=${prefix%/}
[ -n "$prefix" ] || [ "$(id -u)" -eq 0 ] || fail 'run it as root, or with --prefix DIR'

# What changes the running system; only told below a prefix.
act() { if [ -n "$prefix" ]; then say "would run: $*"; else "$@"; fi; }

# --- before anything is changed ---------------------------------------------------------------------------------------

require() { # NAME MINIMUM
  if [ ! -x "$programs/$1" ]; then
    [ ! -x "$programs/prometheus-$1" ] || fail "$programs/$1 is missing; Debian's package has it under another name: ln -s prometheus-$1 $programs/$1"
    fail "$programs/$1 is missing; put it there, or write the bundle with --programs DIR"
  fi
  version=$("$programs/$1" --version 2>&1 | sed -n 's/.*version \([0-9][0-9.]*\).*/\1/p' | head -n 1)
  [ "$(printf '%s\n' "$2" "$version" | sort -V | head -n 1)" = "$2" ] || fail "$programs/$1 is version ${version:-unknown}; at least $2 is needed"
}

require prometheus 3.5
require promtool 3.5
require alertmanager 0.27
require amtool 0.27
require blackbox_exporter 0.28

check() { report=$("$@" 2>&1) || { printf '%s\n' "$report" >&2; fail "refused by: $*; nothing was changed"; }; }

check "$programs/promtool" check config "$bundle/prometheus/prometheus.yml"
check "$programs/promtool" check web-config "$bundle/prometheus/web/web.yml"
check "$programs/blackbox_exporter" --config.check --config.file="$bundle/prometheus/blackbox.yml"
check "$programs/amtool" check-config "$bundle/alertmanager/alertmanager.yml"

# --- files ------------------------------------------------------------------------------------------------------------

changed=0

# In one step, and never readable by others than its owner (unless MODE says so), not even for a moment.
put() { # SOURCE TARGET MODE OWNER
  cmp -s "$1" "$2" && [ "$(stat -c %a "$2")" = "$3" ] && { [ -n "$prefix" ] || [ "$(stat -c %U "$2")" = "$4" ]; } && return
  incoming=$(dirname -- "$2")/.incoming
  rm -f "$incoming"
  cp "$1" "$incoming"
  [ -n "$prefix" ] || chown "$4:" "$incoming"
  chmod "$3" "$incoming"
  mv -f "$incoming" "$2"
  say "  $2"
  changed=1
}

# The files of a directory. Credentials are there before the configuration that names them, and go after it.
# (No name holds a space: they are made of clusters' names, which are DNS labels.)
configuration() { (cd "$1" && find . -type f -name '*.yml' | sed 's|^\./||' | sort); }
credentials() { (cd "$1" && find . -type f ! -name '*.yml' | sed 's|^\./||' | sort); }

directory() { # PATH OWNER
  [ -d "$1" ] || mkdir -p "$1"
  chmod 700 "$1"
  [ -n "$prefix" ] || chown "$2:" "$1"
}

put_tree() { # SOURCE TARGET OWNER
  for part in $(cd "$1" && find . -type d | sort); do directory "$2/$part" "$3"; done
  for file in $(credentials "$1") $(configuration "$1"); do put "$1/$file" "$2/$file" 600 "$3"; done
  for file in $(configuration "$2") $(credentials "$2"); do
    [ -e "$1/$file" ] && continue
    rm -f "$2/$file"
    say "  $2/$file removed"
    changed=1
  done
}

user() { # NAME
  [ -n "$prefix" ] && return
  getent passwd "$1" >/dev/null || useradd --system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin "$1"
}

put_unit() { # NAME; says in $unit whether it changed
  changed=0
  put "$bundle/systemd/fleet-$1.service" "$prefix/etc/systemd/system/fleet-$1.service" 644 root
  unit=$changed
}

install_program() { # NAME; says in $configuration and $unit whether they changed
  user "fleet-$1"
  changed=0
  put_tree "$bundle/$1" "$prefix/etc/fleet-prometheus/$1" "fleet-$1"
  configuration=$changed
  put_unit "$1"
}

(umask 022 && mkdir -p "$prefix/etc/fleet-prometheus" "$prefix/etc/systemd/system")
install_program alertmanager
alertmanager_configuration=$configuration alertmanager_unit=$unit
install_program prometheus
prometheus_unit=$unit
put_unit blackbox-exporter
blackbox_unit=$unit

# --- the running system -----------------------------------------------------------------------------------------------

for other in prometheus prometheus-alertmanager alertmanager prometheus-blackbox-exporter blackbox_exporter; do
  if [ -z "$prefix" ] && systemctl is-active --quiet "$other.service"; then
    say "warning: $other.service runs here too; if it has the same port: systemctl disable --now $other.service"
  fi
done

if [ "$alertmanager_unit$prometheus_unit$blackbox_unit" != 000 ]; then
  act systemctl daemon-reload
  act systemctl enable --quiet fleet-alertmanager.service fleet-blackbox-exporter.service fleet-prometheus.service
fi

# "restart" and "reload-or-restart" also start what does not run; "start" leaves alone what does.
case $alertmanager_unit$alertmanager_configuration in
  1?) act systemctl restart fleet-alertmanager.service ;;
  01) act systemctl reload-or-restart fleet-alertmanager.service ;;
  *) act systemctl start fleet-alertmanager.service ;;
esac
case $blackbox_unit in
  1) act systemctl restart fleet-blackbox-exporter.service ;;
  *) act systemctl start fleet-blackbox-exporter.service ;;
esac
case $prometheus_unit in
  1) act systemctl restart fleet-prometheus.service ;;
  *) act systemctl start fleet-prometheus.service ;;
esac
say 'done'
