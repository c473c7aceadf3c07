# debian.sh - for the scripts provide.sh, which source it: servers from Debian's or Ubuntu's packages, unpacked into a
# folder.  Nothing gets installed: no root is needed, no server is started or enabled on this machine, nothing outside
# of the folder is written.
#
# A script defines `die`, calls debian_begin, debian_fetch, puts into $tmp/keep what the tests run, calls
# debian_libraries and debian_end.

# debian_begin DIR ADVICE: $tmp is a folder beside DIR for the time being, and the working folder must not change
# before
debian_begin()
{
    local tool
    for tool in apt-get apt-cache dpkg-deb dpkg-query; do
        command -v "$tool" > /dev/null || die "without $tool nothing can be downloaded here. $2"
    done
    mkdir -p "$(dirname "$1")" || die "cannot create the folder of $1"
    dir=$(cd "$(dirname "$1")" && pwd -P)/$(basename "$1")
    tmp=$(mktemp -d "$dir.XXXXXX") || die "cannot create a folder beside $dir"
    trap 'rm -rf "$tmp"' EXIT
    mkdir -p "$tmp/debs" "$tmp/state/lists/partial" "$tmp/cache/archives/partial" "$tmp/root" "$tmp/keep" ||
        die "cannot write to $tmp"
    options=(-q -o "APT::Sandbox::User=root")
    log=$tmp/log
}

debian_download()
{
    (cd "$tmp/debs" && rm -f ./*.deb && apt-get "${options[@]}" download "$@") >> "$log" 2>&1
}

# debian_fetch PACKAGE...: downloads them and unpacks them into $tmp/root
#
# apt's usual package lists are tried first.  They may be absent (fresh containers have none) or so old that the
# packages they name are gone; then lists are fetched into a folder of our own, for which neither root nor a change to
# the machine's lists is needed.
debian_fetch()
{
    local deb
    if ! debian_download "$@"; then
        if [[ ${options[*]} != *Dir::State* ]]; then
            options+=(-o "Dir::State=$tmp/state" -o "Dir::State::status=/var/lib/dpkg/status" -o "Dir::Cache=$tmp/cache")
            apt-get "${options[@]}" update >> "$log" 2>&1
        fi
        debian_download "$@" || { tail -n 20 "$log" >&2; die "apt-get could not download $*"; }
    fi
    for deb in "$tmp"/debs/*.deb; do
        dpkg-deb -x "$deb" "$tmp/root" || die "cannot unpack $deb"
    done
}

# debian_lost LIBRARYPATH PROGRAM...: names of the libraries that the programs need and do not find
debian_lost()
{
    local path=$1 program name rest
    shift
    for program in "$@"; do
        LD_LIBRARY_PATH=$path ldd "$program" 2> /dev/null
    done | while read -r name rest; do
        [[ $rest == *'not found'* ]] && echo "$name"
    done | sort -u
}

# debian_depends MISSING PACKAGE...: the libraries that they depend on, of several possible ones the first, and that
# are not installed.  Two that are large only where they are missing: libicu, which in Dovecot 2.3 just the full text
# search uses, and libclamav, which in Cyrus just a tool uses.
debian_depends()
{
    local missing=$1 kind name alternative=no
    shift
    apt-cache "${options[@]}" depends "$@" 2>> "$log" | while read -r kind name; do
        case $kind:$alternative in
        *Depends:*:no)
            if [[ $name == lib* && $name != *-perl && ($name != libicu* || $missing == *libicu*) &&
                ($name != libclamav* || $missing == *libclamav*) ]]; then
                case $(dpkg-query -W -f '${db:Status-Status}' "$name" 2> /dev/null) in
                installed*) ;;
                *) echo "$name" ;;
                esac
            fi ;;
        esac
        case $kind in '|'*) alternative=yes ;; *) alternative=no ;; esac
    done | sort -u
}

# debian_libraries FOLDER PACKAGES LIBRARYPATH PROGRAM...: puts the libraries that the programs need and that are
# missing here into FOLDER, which LIBRARYPATH leads to
#
# They are searched in what the PACKAGES depend on, then in what that depends on.
debian_libraries()
{
    local folder=$1 packages missing name file
    read -ra packages <<< "$2"
    shift 2
    for ((round = 0; round < 4; round++)); do
        missing=$(debian_lost "$@")
        [ -n "$missing" ] || return 0
        mapfile -t packages < <(debian_depends "$missing" "${packages[@]}")
        [ ${#packages[@]} -gt 0 ] || break
        debian_fetch "${packages[@]}"
        for name in $missing; do
            for file in "$tmp"/root/lib/*-linux-*/"$name" "$tmp"/root/usr/lib/*-linux-*/"$name"; do
                [ -e "$file" ] && cp -L "$file" "$folder/$name"
            done
        done
    done
    missing=$(debian_lost "$@")
    [ -z "$missing" ] || die "libraries are missing here: $missing"
}

# debian_end PROGRAM: makes $tmp/keep the folder that was given to debian_begin; PROGRAM is something in it
#
# In one step, so that a folder that exists is always complete.  When another call has been faster, its folder is as
# good.
debian_end()
{
    chmod -R a+rX "$tmp/keep"
    if ! mv -T "$tmp/keep" "$dir" 2> /dev/null && [ ! -e "$dir/$1" ]; then
        die "cannot create $dir (it must not exist or be empty)"
    fi
}
