#!/bin/sh
# Pushes what "make plugin" made to a registry, where "docker plugin install" finds it.
set -eu

plugin=${1:-}
case $plugin in
  */*:*) ;;
  *) echo 'push: say where to: make push PLUGIN=registry.example.com/nfs-shared:0.1.0 (a name without a registry is Docker Hub'"'"'s)' >&2; exit 2 ;;
esac
if docker plugin inspect "$plugin" >/dev/null 2>&1; then
  echo "push: $plugin is installed in this engine, and Docker pushes only what was made here; remove it first, or push with another engine (DOCKER_HOST)" >&2
  exit 1
fi

tools/named-plugin.sh "$plugin"
# Only the way to the registry: nobody asked for it to be installed here.
trap 'docker plugin rm "$plugin" >/dev/null' EXIT
docker plugin push "$plugin"
