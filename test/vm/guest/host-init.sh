#!/bin/bash
# Process 1 of one Docker host, in namespaces of its own: host-init NAME DATA_ROOT
# /h/NAME is seen from outside too, and is this host's /run.
name=$1
data=$2
hostname "$name"
mount -t proc proc /proc
mount --make-rshared /
mount --bind "/h/$name" /run
mkdir -p /run/lock /run/rpc_pipefs
umount -l /sys/fs/cgroup
mount -t cgroup2 cgroup /sys/fs/cgroup
mkdir -p /sys/fs/cgroup/init
echo 0 >/sys/fs/cgroup/init/cgroup.procs
# What nfs-common starts on a real host: locks of NFSv3 need it.
mount -t tmpfs nfs /var/lib/nfs
mkdir -p /var/lib/nfs/sm /var/lib/nfs/sm.bak
touch /var/lib/nfs/state
chown -R statd:nogroup /var/lib/nfs
rpcbind -w
rpc.statd --no-notify
sh /vm/engine "$data" "/out/engine-$name" &
# The host is there for as long as this process; its engine may end, and be started again.
while :; do sleep 3600; done
