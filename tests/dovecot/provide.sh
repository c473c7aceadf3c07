#!/usr/bin/env bash
# provide.sh DIR - makes sure that there is a Dovecot for the integration tests to start.
#
# Does nothing when the machine has dovecot and its POP3 part, or when DIR holds them from an earlier call.
# Otherwise, on Debian or Ubuntu, it downloads the packages dovecot-core and dovecot-pop3d, and the libraries
# they need which are missing here, and unpacks them into DIR.  Nothing gets installed: no root is needed,
# no mail server is started or enabled on this machine, nothing outside of DIR is written.  To be rid of it,
# remove DIR.
#
# The last line printed says which Dovecot the tests will use; exit status 1 when there is none.
set -u -o pipefail
export LC_ALL=C

die() { echo "provide.sh: $*" >&2; exit 1; }

[ $# -eq 1 ] || die "usage: provide.sh DIR"
dir=$1

if [ -e "$dir/usr/lib/dovecot/pop3-login" ]; then
    echo "Dovecot: unpacked in $dir"
    exit 0
fi

# A user's PATH often lacks the sbin folders.
PATH=$PATH:/usr/sbin:/usr/local/sbin
if command -v dovecot > /dev/null; then
    for libexec in /usr/lib/dovecot /usr/libexec/dovecot /usr/local/lib/dovecot /usr/local/libexec/dovecot; do
        [ -x "$libexec/pop3-login" ] || continue
        case $(dovecot --version 2> /dev/null) in
        2.[34].*) echo "Dovecot: the installed one, $(command -v dovecot)"; exit 0 ;;
        esac
    done
fi

. "$(dirname "${BASH_SOURCE[0]}")/../support/debian.sh"
debian_begin "$dir" "Install Dovecot 2.3 or 2.4 with its POP3 server (the package dovecot, on Alpine also dovecot-pop3d); \
it need not be enabled."
debian_fetch dovecot-core dovecot-pop3d

# Of all this keep what the tests run.
mkdir -p "$tmp/keep/usr/sbin" "$tmp/keep/usr/bin" "$tmp/keep/usr/lib" "$tmp/keep/usr/share" "$tmp/cwd"
cp -a "$tmp/root/usr/sbin/dovecot" "$tmp/keep/usr/sbin/" &&
    cp -a "$tmp/root/usr/bin/doveconf" "$tmp/keep/usr/bin/" &&
    cp -a "$tmp/root/usr/lib/dovecot" "$tmp/keep/usr/lib/" &&
    cp -a "$tmp/root/usr/share/doc" "$tmp/keep/usr/share/" ||
    die "the packages are laid out in another way than expected"

# Dovecot has the place of its programs and modules compiled in and no setting moves them all.  These two
# texts are replaced by others of the same length: names relative to the process's working folder, which for
# all of Dovecot's processes is its base_dir while they load programs and modules.  start.sh puts links
# called "l" and "dc" there.
find "$tmp/keep/usr/sbin" "$tmp/keep/usr/bin" "$tmp/keep/usr/lib/dovecot" -type f -exec sed -i \
     -e 's#/usr/lib/dovecot#/proc/self/cwd/l#g' -e 's#/usr/bin/doveconf#/proc/self/cwd/dc#g' {} + ||
    die "cannot adapt the programs"

# From here on the programs are run as start.sh will run them.  Libraries that are missing here go to where Dovecot's
# own are, so that there is one folder to look in.
ln -s ../keep/usr/lib/dovecot "$tmp/cwd/l" && cd "$tmp/cwd" || die "cannot write to $tmp"
kept=../keep/usr
debian_libraries "$tmp/keep/usr/lib/dovecot" 'dovecot-core dovecot-pop3d' /proc/self/cwd/l $kept/sbin/dovecot \
    $kept/bin/doveconf $kept/lib/dovecot/{anvil,auth,config,log,stats,pop3,pop3-login} \
    $kept/lib/dovecot/modules/{libssl_iostream_openssl.so,auth/*.so}

version=$(LD_LIBRARY_PATH=/proc/self/cwd/l ../keep/usr/sbin/dovecot --version)
case $version in
2.[34].*) ;;
*) die "this system's Dovecot is version '$version'; the tests' configurations are for 2.3 and 2.4" ;;
esac

debian_end usr/lib/dovecot/pop3-login
echo "Dovecot: $version unpacked in $dir"
