#!/busybox sh
# First process in the VM, from the initramfs: modules, the disk, the folder shared with the machine outside; the rest is
# /vm/init, which lies in that folder, so that changing it needs no new disk.
b=/busybox
$b mount -t proc proc /proc
$b mount -t devtmpfs dev /dev
for module in /early/*; do $b insmod "$module" 2>/dev/null || echo "vm: $module was not loaded"; done
tries=0
while [ ! -b /dev/vda ] && [ "$tries" -lt 200 ]; do
  $b usleep 20000
  tries=$((tries + 1))
done
$b mount -t ext4 -o noatime /dev/vda /disk &&
  $b mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144,ro,cache=loose vm /disk/vm ||
  $b poweroff -f
$b mount --move /dev /disk/dev
$b umount /proc
exec $b switch_root /disk /vm/init
