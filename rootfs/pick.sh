#!/bin/sh
# Picks the few files the plugin needs out of a whole Debian or Ubuntu.
#   pick.sh FILES DEST     FILES is laid over the result
set -eu

files=$1
dest=$2

# /usr/bin/env: the first line of the bundle asks for it when the command line is started as "nfs-shared".
programs='/usr/bin/env /usr/bin/stat /bin/mount /bin/umount /sbin/mount.nfs /sbin/mount.cifs /usr/bin/stunnel /usr/bin/openssl'
# The authorities that everybody trusts, in one file.
authorities=/etc/ssl/certs/ca-certificates.crt
# Read by libtirpc, getaddrinfo and mount.nfs.
settings='/etc/netconfig /etc/protocols /etc/services /etc/rpc'
# Where something is mounted or written at run time; the names have to exist.
folders='dev proc sys tmp run mnt/vmdk host var/lib/nfs etc usr/bin usr/sbin usr/lib nfs-shared'

main() {
  for folder in $folders; do mkdir -p "$dest/$folder"; done
  chmod 1777 "$dest/tmp"
  merge_usr

  node=$(command -v node)
  install -D -m 755 "$node" "$dest/usr/bin/node"
  # A fifth of node is names for debuggers; without strip it stays as it is.
  if command -v strip >/dev/null; then strip "$dest/usr/bin/node"; fi
  # -m 755 also takes the set-uid bit off mount: everything here runs as root already.
  for program in $programs; do install -D -m 755 "$(readlink -f "$program")" "$dest$program"; done
  ln -s mount.nfs "$dest/sbin/mount.nfs4"
  ln -s mount.nfs "$dest/sbin/umount.nfs"
  ln -s mount.nfs "$dest/sbin/umount.nfs4"
  ln -s /nfs-shared/nfs-shared.mjs "$dest/usr/bin/nfs-shared"

  libraries "$node" $programs | while read -r library; do install -D -m 755 "$library" "$dest$library"; done

  cp -L $settings "$dest/etc/"
  install -D -m 644 "$authorities" "$dest$authorities"
  cp -R "$files/." "$dest/"
  ln -s /proc/mounts "$dest/etc/mtab"

  # stunnel does not start without it. Docker gives every plugin a real one.
  : >"$dest/dev/null"
  # Here and not on a user's machine is the place to find out that a library is missing.
  for program in $programs; do chroot "$dest" "$program" --version >/dev/null || works_without_version "$program"; done
  chroot "$dest" /usr/bin/node --version
  rm "$dest/dev/null"
}

# The same links at the top as where the files come from, so that a path means the same in both.
merge_usr() {
  for name in bin sbin lib lib32 lib64 libx32; do
    if [ -L "/$name" ]; then
      mkdir -p "$dest/usr/$name"
      ln -s "usr/$name" "$dest/$name"
    fi
  done
}

# What ldd names, and what glibc loads by itself to look up host names (part of libc itself since 2.34).
libraries() {
  for program in "$@"; do ldd "$program"; done | grep -oE '/[^ ]+\.so[^ ]*' | sort -u >/tmp/libraries
  libc=$(grep -m 1 '/libc\.so' /tmp/libraries)
  for name in libnss_files.so.2 libnss_dns.so.2 libresolv.so.2; do
    if [ -e "${libc%/*}/$name" ]; then echo "${libc%/*}/$name" >>/tmp/libraries; fi
  done
  sort -u /tmp/libraries
}

# The mount helpers end with a number of their own when asked for their version; 127 is the loader's.
works_without_version() {
  status=0
  chroot "$dest" "$1" -V >/dev/null 2>&1 || status=$?
  if [ "$status" -ge 126 ]; then
    echo "pick: $1 does not run in the picked tree (status $status)" >&2
    exit 1
  fi
}

main
