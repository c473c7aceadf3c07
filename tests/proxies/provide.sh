#!/usr/bin/env bash
# provide.sh DIR - makes sure that there are proxies for the integration tests to start: microsocks (SOCKS5) and
# Tinyproxy (HTTP).
#
# Does nothing when the machine has both, or when DIR holds them from an earlier call.  Otherwise, on Debian or Ubuntu,
# it downloads the packages microsocks and tinyproxy-bin, and unpacks them into DIR.  Nothing gets installed: no root is
# needed, no proxy is started or enabled on this machine, nothing outside of DIR is written.  To be rid of it, remove DIR.
#
# The last line printed says which proxies the tests will use; exit status 1 when there are none.
set -u -o pipefail
export LC_ALL=C

die() { echo "provide.sh: $*" >&2; exit 1; }

[ $# -eq 1 ] || die "usage: provide.sh DIR"
dir=$1

if [ -e "$dir/usr/bin/tinyproxy" ]; then
    echo "Proxies: unpacked in $dir"
    exit 0
fi
if command -v microsocks > /dev/null && command -v tinyproxy > /dev/null; then
    echo "Proxies: the installed ones, $(command -v microsocks) and $(command -v tinyproxy)"
    exit 0
fi

. "$(dirname "${BASH_SOURCE[0]}")/../support/debian.sh"
debian_begin "$dir" "Install microsocks and tinyproxy; they need not be enabled."
debian_fetch microsocks tinyproxy-bin

mkdir -p "$tmp/keep/usr/bin" && cp -a "$tmp"/root/usr/bin/{microsocks,tinyproxy} "$tmp/keep/usr/bin/" ||
    die "the packages are laid out in another way than expected"
for program in microsocks tinyproxy; do
    missing=$(debian_lost '' "$tmp/keep/usr/bin/$program")
    [ -z "$missing" ] || die "libraries are missing here: $missing"
done

debian_end usr/bin/tinyproxy
echo "Proxies: unpacked in $dir"
