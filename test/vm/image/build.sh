#!/bin/sh
# Makes what the VM starts from out of this machine's Debian packages: disk.img, vmlinux and the early modules.
#   build.sh DEST       DEST is a folder that does not exist yet; it appears when all is done
set -eu

here=$(cd "$(dirname "$0")" && pwd)
dest=$1
work=$dest.new

main() {
  for program in mmdebstrap mke2fs dpkg-deb xz; do
    command -v "$program" >/dev/null || fail "$program is not installed; run \"tools/deps.sh vm\""
  done
  rm -rf "$work"
  mkdir -p "$work"
  trap 'rm -rf "$work"' EXIT
  tree=$work/tree
  kernel=$work/kernel

  step 1 'packages'
  bootstrap
  step 2 'kernel and modules'
  unpack_kernel
  pick_modules
  early_modules
  step 3 'disk'
  install -m 755 "$(readlink -f "$(command -v node)")" "$tree/usr/local/bin/node"
  chroot "$tree" node --version >/dev/null || fail "this machine's node does not run on the VM's Debian"
  mkdir -p "$tree/vm" "$tree/out"
  # Without journal and checksums: the disk is a throw-away copy, and emulated CPUs are slow.
  mke2fs -q -t ext4 -O ^has_journal,^metadata_csum -m 0 -d "$tree" "$work/disk.img" 8G >/dev/null

  rm -rf "$tree" "$kernel"
  mv "$work" "$dest"
}

# The kernel package is only fetched: installed, it would bring the tools that make an initramfs.
bootstrap() {
  . /etc/os-release
  [ "$ID" = debian ] || fail 'the VM is made from Debian packages and this machine is no Debian'
  set --
  for file in /etc/apt/apt.conf.d/*proxy* /etc/apt/apt.conf.d/*artifact*; do
    if [ -f "$file" ]; then set -- "$@" --aptopt="$file"; fi
  done
  mmdebstrap --mode=root --variant=minbase --format=directory --quiet --include="$(words packages | tr ' ' ',')" "$@" \
    --aptopt='Acquire::Languages "none"' --aptopt='APT::Install-Recommends "0"' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/info/*' \
    --setup-hook='mkdir -p "$1/usr/sbin"; printf "#!/bin/sh\nexit 101\n" >"$1/usr/sbin/policy-rc.d"; chmod 755 "$1/usr/sbin/policy-rc.d"' \
    --customize-hook="sh '$here/fetch-kernel.sh' '$work'" \
    "$VERSION_CODENAME" "$tree" /etc/apt/sources.list.d/debian.sources
}

# PVH: QEMU starts the uncompressed kernel directly, which saves three seconds of every boot.
unpack_kernel() {
  dpkg-deb -x "$work"/linux-image-*.deb "$kernel"
  rm "$work"/linux-image-*.deb
  version=$(basename "$kernel"/lib/modules/*)
  image=$kernel/boot/vmlinuz-$version
  at=$(LC_ALL=C grep -abom1 -P '\xfd7zXZ\x00' "$image" | head -n 1 | cut -d: -f1)
  [ -n "$at" ] || fail "the kernel $version is not packed with xz"
  tail -c "+$((at + 1))" "$image" | xz -dc --single-stream >"$work/vmlinux"
}

# The tree's own kmod works on a hard-linked copy of all modules, so this machine needs none.
pick_modules() {
  mkdir -p "$tree/.all/lib"
  cp -al "$kernel/lib/modules" "$tree/.all/lib/"
  chroot "$tree" depmod -b /.all "$version"
  rm -rf "$tree/lib/modules"
  mkdir -p "$tree/lib/modules/$version"
  with_needs modules | while read -r module; do
    install -D -m 644 "$tree$module" "$tree${module#/.all}"
  done
  for list in order builtin builtin.modinfo; do
    cp "$tree/.all/lib/modules/$version/modules.$list" "$tree/lib/modules/$version/"
  done
  chroot "$tree" depmod "$version"
}

early_modules() {
  mkdir -p "$work/early"
  number=100
  with_needs early-modules | while read -r module; do
    cp "$tree$module" "$work/early/$number-$(basename "$module")"
    number=$((number + 1))
  done
  cp "$tree/bin/busybox" "$work/busybox"
  rm -rf "$tree/.all"
}

# Each module after those it needs, none twice. A module that the kernel has built in has no file.
with_needs() {
  for module in $(words "$1"); do
    chroot "$tree" modprobe -d /.all -S "$version" --show-depends --ignore-install "$module" ||
      fail "the kernel $version has no module $module"
  done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }'
}

words() {
  grep -v '^#' "$here/$1.txt" | xargs
}

step() {
  echo "[$1/3] $2"
}

fail() {
  echo "vm image: $*" >&2
  exit 1
}

main
