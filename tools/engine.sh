#!/bin/sh
# A private Docker Engine for machines where none answers: its data, sockets and log lie below one state folder, nothing
# of the machine's network or firewall is changed, and an engine that was not started here is never touched.
#
#   tools/engine.sh [--state FOLDER] start     starts the private engine and waits until it answers
#   tools/engine.sh [--state FOLDER] stop      stops it; its data stays, so that the next start is quick
#   tools/engine.sh [--state FOLDER] env       prints the line that points docker at it, for eval
#   tools/engine.sh [--state FOLDER] run CMD   runs CMD with the engine that answers; where none does, with the private
#                                              one, which is stopped again after its last run
set -eu

state=${NFS_SHARED_ENGINE:-/var/tmp/nfs-shared-engine}

main() {
  if [ "${1:-}" = --state ]; then
    state=${2:?--state needs a folder}
    shift 2
  fi
  case $state in /*) ;; *) state=$PWD/$state ;; esac
  socket=$state/docker.sock
  pidfile=$state/dockerd.pid
  log=$state/dockerd.log

  action=${1:-}
  [ $# -gt 0 ] && shift
  case $action in
    start) start && rm -f "$state/stop-after-run" ;;
    stop) stop ;;
    env) echo "export DOCKER_HOST='unix://$socket'" ;;
    run) run "$@" ;;
    *) sed -n '2,/^set /{/^set /d; s/^# \{0,1\}//; p;}' "$0" >&2; exit 2 ;;
  esac
}

run() {
  [ $# -gt 0 ] || fail 'run needs a command'
  if ! answers; then
    prepare
    # Everybody who uses the private engine holds this lock shared; who gets it alone is the last one.
    exec 8>"$state/users.lock"
    flock -s -w 60 8 || fail "another run is stopping the private engine in $state and does not end"
    start
    if [ -n "${started:-}" ]; then : >"$state/stop-after-run"; fi
    export DOCKER_HOST="unix://$socket"
    trap 'last_one_stops' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
  fi
  "$@" 8>&-
}

last_one_stops() {
  status=$?
  trap - EXIT
  # Only an engine that a run has started: "start" means that somebody wants it to stay.
  if [ -e "$state/stop-after-run" ] && flock -n -x 8; then stop || status=1; fi
  exit "$status"
}

start() {
  prepare
  exec 9>"$state/start.lock"
  flock -w 180 9 || fail "another start in $state does not end"
  if ! running; then
    echo "Starting a private Docker Engine in $state …" >&2
    forget_the_dead
    # No bridge and no rules: containers get --network none or host, and the machine's firewall stays as it is. Names of
    # its own in containerd: where the machine runs a containerd, dockerd would share that one.
    cd "$state"
    setsid dockerd --data-root "$state/data" --exec-root "$state/exec" --pidfile "$pidfile" --host "unix://$socket" \
      --bridge=none --iptables=false --ip6tables=false --ip-forward=false \
      --containerd-namespace "nfs-shared$(mark)" --containerd-plugins-namespace "nfs-shared-plugins$(mark)" \
      >>"$log" 2>&1 </dev/null 8>&- 9>&- &
    started=$!
    cd - >/dev/null
    until_answers
  fi
  exec 9>&-
}

prepare() {
  [ "$(id -u)" = 0 ] || fail 'no Docker Engine answers, and starting a private one needs root'
  command -v dockerd >/dev/null || fail 'no Docker Engine answers and dockerd is not installed; run "make deps"'
  # A unix socket's path has room for 107 bytes.
  [ "$(printf %s "$socket" | wc -c)" -le 100 ] || fail "the state folder $state has too long a name for a socket in it"
  mkdir -p "$state"
}

until_answers() {
  tries=0
  until DOCKER_HOST="unix://$socket" answers; do
    tries=$((tries + 1))
    # Long: for each volume whose plugin is gone dockerd waits 15 s before it answers.
    if [ "$tries" -gt 480 ] || ! kill -0 "$started" 2>/dev/null; then
      tail -n 15 "$log" >&2
      kill "$started" 2>/dev/null || true
      fail "the private Docker Engine did not start; its log is $log"
    fi
    sleep 0.25
  done
}

stop() {
  running || return 0
  pid=$(cat "$pidfile")
  kill -TERM "$pid"
  tries=0
  while kill -0 "$pid" 2>/dev/null; do
    tries=$((tries + 1))
    [ "$tries" -le 240 ] || fail "the private Docker Engine (process $pid) has not stopped within 60 s; its log is $log"
    sleep 0.25
  done
  rm -f "$pidfile" "$socket" "$state/stop-after-run"
  echo "Stopped the private Docker Engine; what it has stored stays in $state." >&2
}

# After a crash or a power cut: dockerd would wait for a containerd that its pid file names, even when that is gone.
forget_the_dead() {
  rm -f "$pidfile"
  containerd=$state/exec/containerd/containerd
  runs_with "$containerd.toml" "$containerd.pid" || rm -f "$containerd.pid"
}

running() {
  runs_with "$pidfile" "$pidfile"
}

# The number in a pid file may belong to somebody else by now, so the process has to have this word in its command line.
runs_with() {
  [ -s "$2" ] && tr '\0' '\n' 2>/dev/null <"/proc/$(cat "$2")/cmdline" | grep -qxF "$1"
}

# The engine the user's own docker commands would reach.
answers() {
  timeout 10 docker version --format '{{.Server.Version}}' >/dev/null 2>&1
}

mark() {
  printf -- '-%s' "$(printf %s "$state" | cksum | cut -d' ' -f1)"
}

fail() {
  echo "engine: $*" >&2
  exit 1
}

main "$@"
