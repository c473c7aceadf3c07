# start_server.sh - for the scripts start.sh, which source it: POP3 servers for the integration tests, each in a folder
# of its own.
#
# A script puts the server's name into $server, for messages, calls server_begin, server_folder and
# server_certificates, writes a configuration WORKDIR/*.conf, calls server_own, calls server_run for ports of
# server_ports until it succeeds, and calls server_ready.

set -u -o pipefail
export LC_ALL=C
# Servers and chroot are in folders that a user's PATH often lacks.
PATH=$PATH:/usr/sbin:/usr/local/sbin
umask 022
support=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)

die()
{
    echo "start.sh: $*" >&2
    [ -n "${workdir:-}" ] && tail -n 20 "$workdir"/*.log >&2 2> /dev/null
    exit 1
}

# server_begin WORKDIR [DIR] [--watch-stdin]: sets $workdir, $dir and $watch; $uid, $gid and $user, which the server is
# to run as, and $as_user, which runs a command so
server_begin()
{
    local argument arguments=() fd
    watch=no
    for argument in "$@"; do
        if [ "$argument" = --watch-stdin ]; then watch=yes; else arguments+=("$argument"); fi
    done
    set -- "${arguments[@]}"
    [ $# -eq 1 ] || [ $# -eq 2 ] || die "usage: start.sh WORKDIR [DIR] [--watch-stdin]"
    mkdir -p "$1" || die "cannot create $1"
    workdir=$(cd "$1" && pwd -P) || { workdir=; die "cannot enter $1"; }
    dir=${2:-}

    # A test program may have sockets open that it did not mark close-on-exec.  The server and the watch must not
    # keep them open (255 is the script itself).
    for fd in /proc/self/fd/*; do
        fd=${fd##*/}
        [ "$fd" -gt 2 ] && [ "$fd" -ne 255 ] && eval "exec $fd>&-"
    done

    # The path stands in configuration files with a syntax of their own, and in the names of local sockets, which
    # cannot be longer than 107 octets.
    case $workdir in *[!A-Za-z0-9/._+-]*) die "unusual characters in the path $workdir" ;; esac
    [ ${#workdir} -le 75 ] || die "the path $workdir is too long"
    command -v openssl > /dev/null || die "the program openssl is missing"

    uid=$(id -u)
    gid=$(id -g)
    as_user=()
    if [ "$uid" = 0 ]; then
        uid=65534
        gid=65534
        if command -v setpriv > /dev/null; then
            as_user=(setpriv --reuid="$uid" --regid="$gid" --clear-groups)
        else
            as_user=(chroot --userspec="$uid:$gid" --groups= --skip-chdir /)
        fi
    fi
    user=$(id -un "$uid" 2> /dev/null) || die "user $uid has no name, but $server wants one"
}

# server_folder: empties $workdir.  A folder of somebody's own is not to be swept, even when it is given by mistake.
server_folder()
{
    if [ -n "$(ls -A "$workdir")" ]; then
        [ -e "$workdir/.pop3-test-server" ] || die "$workdir is neither empty nor one that this script made"
        "$support/stop_server.sh" "$workdir" && rm -rf "${workdir:?}"/* || die "cannot empty $workdir"
    fi
    : > "$workdir/.pop3-test-server" || die "cannot write to $workdir"
}

# run COMMAND...: what openssl writes is of interest only when it fails
run() { "$@" > "$certs/openssl.log" 2>&1 < /dev/null || { cat "$certs/openssl.log" >&2; die "failed: $*"; }; }

# new_key FILE
new_key() { run openssl ecparam -genkey -name prime256v1 -noout -out "$1"; }

# self_signed KEY NAME FILE [OPTION...]
self_signed()
{
    run openssl req -config "$certs/openssl.cnf" -x509 -new -key "$1" -subj "/CN=$2" -days 3650 -out "$3" "${@:4}"
}

# certificate NAME SUBJECTALTNAME [END PURPOSE KEY]: $certs/NAME.pem, signed by the authority
certificate()
{
    cat > "$certs/$1.ext" <<END
subjectAltName = $2
basicConstraints = CA:FALSE
extendedKeyUsage = ${4:-serverAuth}
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
END
    run openssl req -config "$certs/openssl.cnf" -new -key "${5:-$certs/server.key}" -subj "/CN=$1" \
        -out "$certs/$1.csr"
    run openssl ca -config "$certs/openssl.cnf" -batch -notext -cert "$workdir/ca.pem" \
        -keyfile "$certs/ca.key" -startdate 20200101000000Z -enddate "${3:-20491231235959Z}" \
        -extfile "$certs/$1.ext" -in "$certs/$1.csr" -out "$certs/$1.pem"
}

# server_certificates SUBJECTALTNAME: an authority, $workdir/ca.pem; the server's certificate, in the folder $certs
# localhost.pem and server.key; and alice's, in $workdir client.pem and client.key
server_certificates()
{
    certs=$workdir/certs
    mkdir "$certs" && : > "$certs/index.txt" || die "cannot write to $workdir"
    cat > "$certs/openssl.cnf" <<END
[req]
distinguished_name = name
[name]
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[ca]
default_ca = sign
[sign]
database = $certs/index.txt
new_certs_dir = $certs
rand_serial = yes
default_md = sha256
policy = policy
unique_subject = no
[policy]
commonName = supplied
END
    new_key "$certs/ca.key"
    self_signed "$certs/ca.key" "POP3 test CA" "$workdir/ca.pem" -extensions authority
    new_key "$certs/server.key"
    certificate localhost "$1"
    new_key "$workdir/client.key"
    certificate alice email:alice@localhost '' clientAuth "$workdir/client.key"
    cp "$certs/alice.pem" "$workdir/client.pem" || die "cannot write to $workdir"
}

# server_own FOLDER: gives $workdir to the server's user, who must get at FOLDER
server_own()
{
    [ -n "${as_user[*]}" ] && chown -R "$uid:$gid" "$workdir"
    "${as_user[@]}" test -x "$1" || die "user $user has no access to $workdir"
}

# server_ports: chosen at random, below those that the kernel gives to outgoing connections
server_ports()
{
    plain=$((20000 + RANDOM % 6000))
    tls=$((26000 + RANDOM % 6000))
}

# greets GREETING: does a greeting come, and is it this server's?
greets()
{
    local line
    (exec 3<> "/dev/tcp/127.0.0.1/$plain" && IFS= read -r -t 5 line <&3 && [[ $line == "+OK $1 "* ]]) \
        2> /dev/null
}

# server_run SECONDS GREETING COMMAND...: starts the server; if that does not work, ends it and fails, and $answer is what
# came over TLS
server_run()
{
    local greeting=$2 pid i
    (exec timeout -k 5 "$1" "${as_user[@]}" "${@:3}") > "$workdir/stdout.log" 2>&1 < /dev/null &
    pid=$!
    echo "$pid" > "$workdir/pid"
    answer=
    for ((i = 0; i < 500; i++)); do
        kill -0 "$pid" 2> /dev/null || break
        if greets "$greeting"; then
            # Whether TLS works shows only when somebody connects.
            answer=$(printf 'QUIT\r\n' | timeout 10 openssl s_client -quiet -connect "127.0.0.1:$tls" \
                -CAfile "$workdir/ca.pem" -verify_return_error -verify_hostname localhost 2>&1)
            [[ $answer == *"+OK $greeting "* ]] && return
            break
        fi
        sleep 0.02
    done
    "$support/stop_server.sh" "$workdir"
    return 1
}

# server_ready NAME=VALUE...: writes the file ports, and watches standard input if it is to
server_ready()
{
    printf '%s\n' "plain=$plain" "tls=$tls" "uid=$uid" "gid=$gid" "$@" > "$workdir/ports.new"
    mv "$workdir/ports.new" "$workdir/ports"
    [ "$watch" = yes ] || return 0
    # A signal to the whole group of the test program's processes (Ctrl-C) must not end the watch too soon.
    # The shell gives /dev/null to what it starts in the background, hence the copy of standard input.
    exec 4<&0
    (
        trap '' INT TERM HUP
        while read -r _; do :; done
        [ -e "$workdir/pid" ] && "$support/stop_server.sh" "$workdir" && rm -rf "$workdir"
    ) <&4 4<&- > /dev/null 2>&1 &
}
