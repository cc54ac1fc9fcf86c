#!/bin/sh
# docker plugin create NAME plugin/ in an engine that may have the same plugin under another name already. Some engines
# refuse a root file system they know ("content … already exists"), so this one gets a file with its name in it.
set -eu

name=$1
stage=.cache/named-plugin
rm -rf "$stage"
trap 'rm -rf "$stage"' EXIT
mkdir -p "$stage"
cp -al plugin/rootfs "$stage/rootfs"
cp plugin/config.json "$stage/"
echo "$name" >"$stage/rootfs/nfs-shared/name"
docker plugin create "$name" "$stage" >/dev/null
