#!/bin/sh
# An engine in two services, as Debian runs it: engine DATA_ROOT LOG. dockerd gives a containerd of its own fifteen seconds
# to start, which is little for an emulated processor; it waits a minute for one that is not its own.
# Started from outside in a host that is there already: into that host's control group.
if [ -d /sys/fs/cgroup/init ]; then echo 0 >/sys/fs/cgroup/init/cgroup.procs; fi
containerd --config /vm/containerd.toml --root "$1/containerd" --state /run/containerd >>"$2.containerd.log" 2>&1 &
exec dockerd --containerd /run/containerd/containerd.sock --data-root "$1" --host unix:///run/docker.sock >>"$2.log" 2>&1
