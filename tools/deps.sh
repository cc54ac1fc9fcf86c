#!/bin/sh
# Installs the apt packages that are missing on this machine; what is there in another package's guise (docker-ce) counts.
#   deps.sh         node is there and new enough, then the packages
#   deps.sh node    node only
#   deps.sh vm      the packages for the tests in a VM
set -eu

main() {
  node_is_there
  [ "${1:-}" = node ] && return
  case ${1:-} in
    vm) missing=$(missing_for_vm | sort -u | xargs) ;;
    *) missing=$(missing_packages | sort -u | xargs) ;;
  esac
  [ -n "$missing" ] || return 0
  command -v apt-get >/dev/null || fail "these packages are missing, and this is no Debian or Ubuntu: $missing"
  [ "$(id -u)" = 0 ] || fail "these packages are missing, and installing them needs root: apt-get install $missing"

  echo "Installing with apt:" $missing
  apt-get update -q
  had_registry=$(command -v docker-registry || true)
  # The docker command is a package of its own from Debian 13 on.
  case " $missing " in
    *' docker.io '*) if apt-cache show docker-cli >/dev/null 2>&1; then missing="$missing docker-cli"; fi ;;
  esac
  # shellcheck disable=SC2086 # a list of words
  DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing
  # Its package starts a registry open to everybody; the tests start their own on loopback.
  if [ -z "$had_registry" ] && [ -d /run/systemd/system ]; then
    systemctl disable --now docker-registry.service >/dev/null 2>&1 || true
  fi
}

node_is_there() {
  command -v node >/dev/null && command -v npm >/dev/null ||
    fail 'Node.js 20.19 or newer and npm are needed and not here; https://nodejs.org/en/download says how to install them (Debian 12 has too old ones)'
  node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' ||
    fail "Node.js 20.19 or newer is needed, $(node --version) is here; https://nodejs.org/en/download says how to install it"
}

# What each is for: the engine; the base image where no registry answers; compose, a registry, containers, networks,
# mounts and TLS for the tests and the demo.
missing_packages() {
  needs docker docker.io
  needs dockerd docker.io
  needs mmdebstrap mmdebstrap
  docker compose version >/dev/null 2>&1 || needs docker-compose docker-compose
  needs docker-registry docker-registry
  static_busybox || echo busybox-static
  needs ip iproute2
  needs iptables iptables
  needs mount.nfs nfs-common
  needs stunnel stunnel4
  needs openssl openssl
  needs setpriv util-linux
  needs ps procps
}

# What each is for: the VM itself; its first file system, its Debian, its kernel, its disk.
missing_for_vm() {
  needs qemu-system-x86_64 qemu-system-x86
  needs cpio cpio
  needs mmdebstrap mmdebstrap
  needs xz xz-utils
  needs mke2fs e2fsprogs
}

needs() {
  PATH=$PATH:/usr/sbin:/sbin command -v "$1" >/dev/null || echo "$2"
}

static_busybox() {
  busybox=$(command -v busybox) && ! ldd "$busybox" >/dev/null 2>&1
}

fail() {
  echo "deps: $*" >&2
  exit 1
}

main "$@"
