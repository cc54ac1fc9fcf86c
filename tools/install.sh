#!/bin/sh
# Puts what "make plugin" made into this machine's Docker Engine and enables it. Where no engine answers the private one is
# started and stays.
#   REMOTE_DIRS    set in the plugin before it is enabled
set -eu

name=nfs-shared:latest

main() {
  if ! timeout 10 docker version >/dev/null 2>&1; then
    tools/engine.sh start
    eval "$(tools/engine.sh env)"
    private=yes
  fi
  if docker plugin inspect "$name" >/dev/null 2>&1; then already_there; fi

  echo "Creating $name …"
  docker plugin create "$name" plugin >/dev/null
  if [ -n "${REMOTE_DIRS:-}" ]; then
    docker plugin set "$name" "REMOTE_DIRS=$REMOTE_DIRS"
  fi
  docker plugin enable "$name" >/dev/null || not_enabled
  docker plugin ls --filter enabled=true
  echo 'Next: docker volume create --driver nfs-shared NAME@LABEL; settings: docker plugin disable, set, enable.'
  if [ "${private:-}" = yes ]; then
    echo "No Docker Engine answered, so this one is private. To use it:  eval \"\$(tools/engine.sh env)\"  To end it:  tools/engine.sh stop"
  fi
}

already_there() {
  cat >&2 <<END
install: $name is installed already and was left as it is. To replace it by this one:
    docker plugin disable --force $name
    docker plugin rm $name
    make install
Its settings go with it, and so do the volumes of a "local" remote dir without a host folder of its own; what is on
shares stays there.
END
  exit 1
}

not_enabled() {
  docker plugin rm "$name" >/dev/null || true
  echo "install: $name could not be enabled and was removed again; the engine's log has its words (journalctl -u docker)" >&2
  exit 1
}

main
