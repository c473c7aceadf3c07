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

for tool in apt-get apt-cache dpkg-deb dpkg-query; do
    command -v "$tool" > /dev/null ||
        die "no usable Dovecot here, and without $tool it cannot be downloaded." \
            "Install Dovecot 2.3 or 2.4 with its POP3 server (the package dovecot, on Alpine also" \
            "dovecot-pop3d); it need not be enabled."
done

mkdir -p "$(dirname "$dir")" || die "cannot create the folder of $dir"
dir=$(cd "$(dirname "$dir")" && pwd -P)/$(basename "$dir")
tmp=$(mktemp -d "$dir.XXXXXX") || die "cannot create a folder beside $dir"
trap 'rm -rf "$tmp"' EXIT
mkdir -p "$tmp/debs" "$tmp/state/lists/partial" "$tmp/cache/archives/partial" "$tmp/root"

# apt's usual package lists are tried first.  They may be absent (fresh containers have none) or so old that
# the packages they name are gone; then lists are fetched into a folder of our own, for which neither root
# nor a change to the machine's lists is needed.
options=(-q -o "APT::Sandbox::User=root")
own_lists=(-o "Dir::State=$tmp/state" -o "Dir::State::status=/var/lib/dpkg/status" -o "Dir::Cache=$tmp/cache")
log=$tmp/log

download()
{
    (cd "$tmp/debs" && rm -f ./*.deb && apt-get "${options[@]}" download "$@") >> "$log" 2>&1
}

unpack()
{
    local deb
    for deb in "$tmp"/debs/*.deb; do
        dpkg-deb -x "$deb" "$tmp/root" || die "cannot unpack $deb"
    done
}

packages=(dovecot-core dovecot-pop3d)
if ! download "${packages[@]}"; then
    options+=("${own_lists[@]}")
    apt-get "${options[@]}" update >> "$log" 2>&1
    download "${packages[@]}" || { tail -n 20 "$log" >&2; die "apt-get could not download ${packages[*]}"; }
fi
unpack

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

# From here on the programs are run as start.sh will run them.
ln -s ../keep/usr/lib/dovecot "$tmp/cwd/l" && cd "$tmp/cwd" || die "cannot write to $tmp"
libraries=$tmp/keep/usr/lib/dovecot

# lost: names of the libraries that the programs need and do not find
lost()
{
    local program name rest
    for program in sbin/dovecot bin/doveconf lib/dovecot/{anvil,auth,config,log,stats,pop3,pop3-login} \
                   lib/dovecot/modules/{libssl_iostream_openssl.so,auth/*.so}; do
        LD_LIBRARY_PATH=/proc/self/cwd/l ldd "../keep/usr/$program" 2> /dev/null
    done | while read -r name rest; do
        [[ $rest == *'not found'* ]] && echo "$name"
    done | sort -u
}

# depends PACKAGE...: the libraries that they depend on, of several possible ones the first, and that are not
# installed.  libicu, which is large, only where it is missing: in Dovecot 2.3 just the full text search uses it.
depends()
{
    local kind name alternative=no
    apt-cache "${options[@]}" depends "$@" 2>> "$log" | while read -r kind name; do
        case $kind:$alternative in
        *Depends:*:no)
            if [[ $name == lib* && ($name != libicu* || $missing == *libicu*) ]]; then
                case $(dpkg-query -W -f '${db:Status-Status}' "$name" 2> /dev/null) in
                installed*) ;;
                *) echo "$name" ;;
                esac
            fi ;;
        esac
        case $kind in '|'*) alternative=yes ;; *) alternative=no ;; esac
    done | sort -u
}

# Libraries that are missing here are searched in what the packages depend on, then in what that depends on.
# They go to where Dovecot's own are, so that there is one folder to look in.
for ((round = 0; round < 4; round++)); do
    missing=$(lost)
    [ -n "$missing" ] || break
    mapfile -t packages < <(depends "${packages[@]}")
    [ ${#packages[@]} -gt 0 ] || break
    download "${packages[@]}" || { tail -n 20 "$log" >&2; die "apt-get could not download ${packages[*]}"; }
    unpack
    for name in $missing; do
        for file in "$tmp"/root/lib/*-linux-*/"$name" "$tmp"/root/usr/lib/*-linux-*/"$name"; do
            [ -e "$file" ] && cp -L "$file" "$libraries/$name"
        done
    done
done
missing=$(lost)
[ -z "$missing" ] || die "libraries are missing here: $missing"

version=$(LD_LIBRARY_PATH=/proc/self/cwd/l ../keep/usr/sbin/dovecot --version)
case $version in
2.[34].*) ;;
*) die "this system's Dovecot is version '$version'; the tests' configurations are for 2.3 and 2.4" ;;
esac

# Put in place in one step, so that a DIR that exists is always complete.  When another call has been faster,
# its DIR is as good.
chmod -R a+rX "$tmp/keep"
if ! mv -T "$tmp/keep" "$dir" 2> /dev/null && [ ! -e "$dir/usr/lib/dovecot/pop3-login" ]; then
    die "cannot create $dir (it must not exist or be empty)"
fi
echo "Dovecot: $version unpacked in $dir"
