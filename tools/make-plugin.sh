#!/bin/sh
# Assembles plugin/config.json and plugin/rootfs, which are what "docker plugin create" takes, from dist/nfs-shared.mjs.
# Run by "make plugin" from the top folder, with an engine that answers.
#   BASE    the image to start from (default: the one in rootfs/Dockerfile)
set -eu

cache=.cache
image=nfs-shared-rootfs

main() {
  [ -f dist/nfs-shared.mjs ] || fail 'dist/nfs-shared.mjs is missing; run "make build"'
  # It is also the command nfs-shared in there.
  chmod 755 dist/nfs-shared.mjs
  base=${BASE:-$(sed -n 's/^ARG BASE=//p' rootfs/Dockerfile)}
  mkdir -p "$cache"
  # Two at a time would mix their files.
  exec 7>"$cache/plugin.lock"
  flock -w 900 7 || fail 'another "make plugin" is at work here and does not end'

  step 1 "base image $base"
  docker image inspect "$base" >/dev/null 2>&1 || pull "$base" || sh rootfs/base.sh "$base" "$cache"
  step 2 'root file system'
  build "$base"
  step 3 'plugin/'
  export_rootfs
  echo "plugin/rootfs: $(du -sm plugin/rootfs | cut -f1) MB, $(find plugin/rootfs -type f | wc -l) files"
}

# A registry that cannot be reached is given up after 20 s; one that has answered may take its time over the layers.
pull() {
  log=$(mktemp "$cache/pull.XXXXXX")
  timeout 600 docker pull "$1" >"$log" 2>&1 &
  pulling=$!
  tries=0
  while kill -0 "$pulling" 2>/dev/null && ! grep -q ': Pulling from ' "$log" && [ "$tries" -lt 80 ]; do
    tries=$((tries + 1))
    sleep 0.25
  done
  grep -q ': Pulling from ' "$log" || kill "$pulling" 2>/dev/null || true
  status=0
  wait "$pulling" || status=1
  [ "$status" = 0 ] || echo "No registry gave $1 ($(tail -n 1 "$log" | cut -c1-200)); making it here instead."
  rm -f "$log"
  return "$status"
}

build() {
  # Where the command line has no buildx, only the older builder is left, and it has to be asked for.
  if ! docker buildx version >/dev/null 2>&1; then export DOCKER_BUILDKIT=0; fi
  set -- --build-arg "BASE=$1"
  for name in http_proxy https_proxy no_proxy; do
    eval "value=\${$name:-}"
    # The name alone: docker takes the value from the environment, and it does not show in the list of processes.
    if [ -n "$value" ]; then set -- "$@" --build-arg "$name"; fi
  done
  log=$cache/build.log
  before=$(docker image inspect --format '{{.Id}}' "$image" 2>/dev/null || true)
  # The host's network: name resolution and proxies are as for this machine, and no bridge is needed.
  if ! docker build --network host "$@" --file rootfs/Dockerfile --tag "$image" . >"$log" 2>&1; then
    tail -n 30 "$log" >&2
    fail "the root file system was not built; the whole log is $log"
  fi
  # The last one has lost its name by now and would stay in the engine for ever.
  if [ -n "$before" ] && [ "$before" != "$(docker image inspect --format '{{.Id}}' "$image")" ]; then
    docker image rm "$before" >/dev/null 2>&1 || true
  fi
}

# Made beside its place and moved there at the end: a broken run leaves the last good one.
export_rootfs() {
  new=$cache/rootfs.new
  rm -rf "$new"
  mkdir -p "$new" plugin
  container=$(docker create --network none "$image")
  docker export --output "$cache/rootfs.tar" "$container"
  docker rm "$container" >/dev/null
  tar -x -C "$new" -f "$cache/rootfs.tar"
  rm -f "$cache/rootfs.tar" "$new/.dockerenv"
  [ -x "$new/usr/bin/node" ] || fail 'the image came out without node in it'
  rm -rf plugin/rootfs
  mv "$new" plugin/rootfs
  cp config.json plugin/config.json
}

step() {
  echo "[$1/3] $2"
}

fail() {
  echo "plugin: $*" >&2
  exit 1
}

main
