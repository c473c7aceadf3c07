#!/usr/bin/env bash
# provide.sh DIR - makes sure that there is a Cyrus POP3 server for the integration tests to start.
#
# Does nothing when DIR holds one from an earlier call.  Otherwise, on Debian or Ubuntu, it downloads the packages with
# the server and with SASL, and the libraries they need which are missing here, and unpacks them into DIR: see
# ../support/debian.sh.  An installed Cyrus is not used: where it is, and what user and SASL modules it wants, differs
# from system to system.  To be rid of it, remove DIR.
#
# The last line printed says which Cyrus the tests will use; exit status 1 when there is none.
set -u -o pipefail
export LC_ALL=C

die() { echo "provide.sh: $*" >&2; exit 1; }

[ $# -eq 1 ] || die "usage: provide.sh DIR"
dir=$1

if [ -e "$dir/bin/pop3d" ]; then
    echo "Cyrus: unpacked in $dir"
    exit 0
fi

. "$(dirname "${BASH_SOURCE[0]}")/../support/debian.sh"
debian_begin "$dir" "The tests' Cyrus comes from Debian's packages only."
packages=(cyrus-common cyrus-pop3d libsasl2-2 libsasl2-modules libsasl2-modules-db sasl2-bin)
debian_fetch "${packages[@]}"
version=$(dpkg-deb -f "$tmp"/debs/cyrus-pop3d_*.deb Version) || version=unknown

# Of all this keep what the tests run.  Nothing here needs to be where it was installed: the configuration and two
# variables of the environment tell every place.
mkdir "$tmp/keep/bin" "$tmp/keep/lib" "$tmp/keep/sasl2" &&
    cp -a "$tmp"/root/usr/lib/cyrus/bin/{master,pop3d,lmtpd,ctl_cyrusdb} "$tmp/root/usr/sbin/saslpasswd2" "$tmp/keep/bin/" &&
    cp -a "$tmp"/root/usr/lib/*-linux-*/{libcyrus,libsasl2}*.so.* "$tmp/keep/lib/" &&
    cp -a "$tmp"/root/usr/lib/*-linux-*/sasl2/lib{plain,login,crammd5,scram,sasldb}.so* "$tmp/keep/sasl2/" &&
    cp -a "$tmp/root/usr/share/doc/cyrus-common/copyright" "$tmp/keep/" ||
    die "the packages are laid out in another way than expected"
debian_libraries "$tmp/keep/lib" "${packages[*]}" "$tmp/keep/lib" "$tmp"/keep/bin/* "$tmp"/keep/sasl2/*.so

debian_end bin/pop3d
echo "Cyrus: $version unpacked in $dir"
