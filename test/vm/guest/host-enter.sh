#!/bin/sh
# Starts one Docker host: host-enter NAME DATA_ROOT. Its network namespace and control group are there already.
set -eu
# The namespace of control groups begins where its first process stands.
echo $$ >"/sys/fs/cgroup/$1/cgroup.procs"
exec nsenter --net="/run/netns/$1" \
  unshare -m -u -i -C -p --fork --kill-child --propagation private bash /vm/host-init "$1" "$2"
