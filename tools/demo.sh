#!/bin/sh
# Two containers share a volume of the plugin, on this machine alone and without any registry. Everything made here is
# removed again, whatever happens; a plugin of the user's is left alone.
set -eu

volume=demo@local
image=nfs-shared-demo:busybox
started=$(date +%s)

main() {
  trap 'undo $?' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP

  step 1 'the plugin is made'
  "${MAKE:-make}" --no-print-directory plugin

  name=nfs-shared:latest
  docker plugin inspect "$name" >/dev/null 2>&1 && name=nfs-shared-demo:latest
  step 2 "the plugin is installed as $name"
  if docker plugin inspect "$name" >/dev/null 2>&1; then fail "$name is left over from an earlier run; docker plugin rm -f $name removes it"; fi
  made_plugin=yes
  run tools/named-plugin.sh "$name"
  run docker plugin enable "$name"

  step 3 'an image out of busybox'
  import_busybox

  step 4 "docker volume create --driver ${name%:latest} $volume"
  made_volume=yes
  run docker volume create --driver "$name" "$volume"

  step 5 'one container writes, another reads'
  container sh -c 'echo "hello from $(hostname)" > /data/greeting'
  greeting=$(container cat /data/greeting)
  echo "      $greeting"
  case $greeting in 'hello from '*) ;; *) fail 'the second container did not find what the first had written' ;; esac

  step 6 'what Docker shows'
  docker volume ls --filter "driver=$name" | sed 's/^/      /'
  docker volume inspect "$volume" | sed 's/^/      /'

  step 7 'everything made here is removed'
}

container() {
  timeout 120 docker run --rm --network none --mount "type=volume,volume-driver=$name,src=$volume,dst=/data" "$image" "$@"
}

import_busybox() {
  tree=$(mktemp -d)
  mkdir -p "$tree/bin" "$tree/data"
  cp "$(command -v busybox)" "$tree/bin/busybox"
  for applet in sh cat hostname; do ln -s busybox "$tree/bin/$applet"; done
  made_image=yes
  tar -C "$tree" -c . | docker import - "$image" >/dev/null
}

# Every docker command has an end, and its output is of interest only when it fails.
run() {
  timeout 120 "$@" >/dev/null || fail "this failed: $*"
}

undo() {
  trap - EXIT INT TERM HUP
  status=$1
  [ "${made_volume:-}" = yes ] && { timeout 60 docker volume rm -f "$volume" >/dev/null || status=1; }
  [ "${made_plugin:-}" = yes ] && { timeout 60 docker plugin rm -f "$name" >/dev/null || status=1; }
  [ "${made_image:-}" = yes ] && { timeout 60 docker image rm -f "$image" >/dev/null || status=1; }
  [ -n "${tree:-}" ] && rm -rf "$tree"
  case $status in
    0) echo "The demo worked; it took $(($(date +%s) - started)) s." ;;
    130 | 143) echo 'The demo was interrupted.' >&2 ;;
    *) echo 'The demo did not work; the reason stands above.' >&2 ;;
  esac
  exit "$status"
}

step() {
  echo "[$1/7] $2"
}

fail() {
  echo "demo: $*" >&2
  exit 1
}

main
