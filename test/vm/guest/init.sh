#!/bin/bash
# Process 1 of the VM: what systemd would have mounted, then the program in /vm/guest.mjs, then off. bash, because it also
# has to reap what others leave behind.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t tmpfs -o mode=0755 run /run
mkdir -p /run/lock /run/rpc_pipefs /dev/pts /dev/shm
mount -t devpts -o gid=5,mode=620,ptmxmode=666 devpts /dev/pts
mount -t tmpfs shm /dev/shm
mount -t tmpfs tmp /tmp
mount -t cgroup2 cgroup /sys/fs/cgroup
ln -sfn /proc/self/fd /dev/fd
mount --make-rshared /
hostname server
echo '127.0.0.1 localhost server' >/etc/hosts
ip link set lo up
modprobe virtio_rng
mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144 out /out
node /vm/guest.mjs >/out/guest.log 2>&1 </dev/null
echo $? >/out/status
dmesg >/out/dmesg.log
sync
busybox poweroff -f
