#!/bin/sh
# Called by mmdebstrap with the finished tree: fetches the kernel's package through the same apt settings.
#   fetch-kernel.sh DEST TREE
set -eu
cd "$1"
export APT_CONFIG="$MMDEBSTRAP_APT_CONFIG"
package=$(apt-cache depends linux-image-amd64 | awk '$1 == "Depends:" && $2 ~ /^linux-image-[0-9]/ { print $2; exit }')
apt-get download -q -o APT::Sandbox::User=root "$package"
