#!/usr/bin/env bash
# start.sh WORKDIR DIR [--watch-stdin] - starts a Cyrus POP3 server for the integration tests.
#
# WORKDIR gets everything the server reads or writes; it is created when absent.  DIR is the folder given to
# provide.sh.  Any number of servers can run at the same time, each in its own WORKDIR.  stop.sh WORKDIR ends the
# server; by itself it ends after POP3_CYRUS_SECONDS (900) seconds.  With --watch-stdin it also ends, and WORKDIR is
# removed, as soon as standard input reaches its end: a test program gives a pipe, and the server cannot outlive it,
# however it dies.
#
# The server listens at 127.0.0.1, at two ports: POP3 (with STLS) and POP3 over TLS.  The certificate is for localhost
# and 127.0.0.1.  When all is ready, these files are in WORKDIR:
#   ports    lines NAME=VALUE for the shell, see the end of this script
#   pid      the process to end (as stop.sh does)
#   ca.pem   the certificate authority that the certificates are signed by
#   client.pem, client.key  a client's certificate, for the user "alice", and its key
#   lmtp     a socket that takes mail, by LMTP
#   stdout.log (what else Cyrus has to say goes to the system's log, if there is one)
# The users alice, bob, carol, dave and erin have the password "secret", the user "odd" has [p=1,q="ß\] (without the
# brackets).  Their maildrops are made, empty, by the first login or the first mail.
# Mechanisms: USER/PASS, APOP, SASL PLAIN LOGIN CRAM-MD5 SCRAM-SHA-1 SCRAM-SHA-256 SCRAM-SHA-512; under TLS also each
# SCRAM's -PLUS, by tls-unique only, even in TLS 1.3; and EXTERNAL, as the user whom the client's certificate names, if
# it shows one.
# A maildrop can have several sessions at once: none locks the other out.
#
# Root's server runs as user 65534 (nobody), any other user's as that user.
set -u -o pipefail
export LC_ALL=C
# chroot is in a folder that a user's PATH often lacks.
PATH=$PATH:/usr/sbin:/usr/local/sbin
umask 022

die()
{
    echo "start.sh: $*" >&2
    [ -n "${workdir:-}" ] && tail -n 20 "$workdir/stdout.log" >&2 2> /dev/null
    exit 1
}

watch=no
arguments=()
for argument in "$@"; do
    if [ "$argument" = --watch-stdin ]; then watch=yes; else arguments+=("$argument"); fi
done
set -- "${arguments[@]}"
[ $# -eq 2 ] || die "usage: start.sh WORKDIR DIR [--watch-stdin]"
mkdir -p "$1" || die "cannot create $1"
workdir=$(cd "$1" && pwd -P) || { workdir=; die "cannot enter $1"; }
[ -e "$2/bin/pop3d" ] || die "no Cyrus in '$2': see provide.sh"
dir=$(cd "$2" && pwd -P) || die "cannot enter $2"

# A test program may have sockets open that it did not mark close-on-exec.  The server and the watch must not
# keep them open (255 is the script itself).
for fd in /proc/self/fd/*; do
    fd=${fd##*/}
    [ "$fd" -gt 2 ] && [ "$fd" -ne 255 ] && eval "exec $fd>&-"
done

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)

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
user=$(id -un "$uid" 2> /dev/null) || die "user $uid has no name, but Cyrus wants one"

# --- the folder -----------------------------------------------------------------------------------------

# A folder of somebody's own is not to be swept, even when it is given by mistake.
if [ -n "$(ls -A "$workdir")" ]; then
    [ -e "$workdir/.pop3-test-server" ] || die "$workdir is neither empty nor one that this script made"
    [ -e "$workdir/pid" ] && "$here/stop.sh" "$workdir"
fi
: > "$workdir/.pop3-test-server" || die "cannot write to $workdir"
rm -rf "$workdir"/{conf,spool,certs,cyrus,ports,pid,lmtp,users,imapd.conf,cyrus.conf,stdout.log} \
    "$workdir"/{ca,client}.{pem,key}
mkdir -p "$workdir"/conf/{db,log,msg,proc,ptclient,quota,socket,sieve,user} "$workdir"/{spool,certs} ||
    die "cannot write to $workdir"

# Root's build folder can be closed to other users, and the path stands in a configuration.
if ! "${as_user[@]}" test -x "$dir/bin/pop3d" || [[ $dir == *[!A-Za-z0-9/._+-]* ]]; then
    cp -a "$dir" "$workdir/cyrus" || die "cannot copy $dir to $workdir"
    dir=$workdir/cyrus
fi
export LD_LIBRARY_PATH=$dir/lib SASL_PATH=$dir/sasl2

# --- certificates ---------------------------------------------------------------------------------------

certs=$workdir/certs
cat > "$certs/openssl.cnf" <<END
[req]
distinguished_name = name
[name]
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[server]
subjectAltName = DNS:localhost, IP:127.0.0.1
basicConstraints = CA:FALSE
extendedKeyUsage = serverAuth
[client]
basicConstraints = CA:FALSE
extendedKeyUsage = clientAuth
END

# run COMMAND...: what openssl writes is of interest only when it fails.  It has libraries of its own.
run()
{
    env -u LD_LIBRARY_PATH "$@" > "$certs/openssl.log" 2>&1 < /dev/null ||
        { cat "$certs/openssl.log" >&2; die "failed: $*"; }
}

# certificate FILE NAME EXTENSIONS
certificate()
{
    run openssl ecparam -genkey -name prime256v1 -noout -out "$1.key"
    run openssl req -config "$certs/openssl.cnf" -new -key "$1.key" -subj "/CN=$2" -out "$certs/$2.csr"
    run openssl x509 -req -in "$certs/$2.csr" -CA "$workdir/ca.pem" -CAkey "$certs/ca.key" -set_serial "$RANDOM" \
        -days 3650 -extfile "$certs/openssl.cnf" -extensions "$3" -out "$1.pem"
}

run openssl ecparam -genkey -name prime256v1 -noout -out "$certs/ca.key"
run openssl req -config "$certs/openssl.cnf" -x509 -new -key "$certs/ca.key" -subj "/CN=POP3 test CA" \
    -days 3650 -extensions authority -out "$workdir/ca.pem"
certificate "$certs/server" localhost server
certificate "$workdir/client" alice client

# --- configuration --------------------------------------------------------------------------------------

# The greeting names the server: that is how this script knows it from another one at the same port.
name=server-$$.test

cat > "$workdir/imapd.conf" <<END
configdirectory: $workdir/conf
defaultpartition: default
partition-default: $workdir/spool
sievedir: $workdir/conf/sieve
lmtpsocket: $workdir/lmtp
servername: $name
cyrus_user: $user
admins: cyrus

# Maildrops make themselves.
autocreate_users: anyone
autocreate_post: yes
autocreate_quota: 0
unixhierarchysep: yes
duplicatesuppression: no
munge8bit: no

allowplaintext: yes
# A wrong password does not make the answer slow.
failedloginpause: 0
allowapop: yes
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: $workdir/users
sasl_mech_list: PLAIN LOGIN CRAM-MD5 SCRAM-SHA-1 SCRAM-SHA-256 SCRAM-SHA-512 EXTERNAL

tls_server_cert: $certs/server.pem
tls_server_key: $certs/server.key
tls_client_ca_file: $workdir/ca.pem
tls_client_certs: optional
tls_session_timeout: 0
# Old versions, as the one in Debian 12, do not know this setting: they always do.
allowstarttls: yes
END

# configuration PLAINPORT TLSPORT
configuration()
{
    cat <<END
START {
  recover cmd="$dir/bin/ctl_cyrusdb -C $workdir/imapd.conf -r"
}
SERVICES {
  pop3  cmd="$dir/bin/pop3d -C $workdir/imapd.conf" listen="127.0.0.1:$1" prefork=1 maxchild=100
  pop3s cmd="$dir/bin/pop3d -s -C $workdir/imapd.conf" listen="127.0.0.1:$2" prefork=1 maxchild=100
  lmtp  cmd="$dir/bin/lmtpd -a -C $workdir/imapd.conf" listen="$workdir/lmtp" prefork=0 maxchild=10
}
EVENTS {
}
END
}

# The password is read to the end of standard input.
new_user()
{
    printf %s "$2" | "$dir/bin/saslpasswd2" -p -c -f "$workdir/users" -u "$name" "$1" > "$workdir/stdout.log" 2>&1 ||
        die "cannot create the user $1"
}

for each in alice bob carol dave erin; do
    new_user "$each" secret
done
new_user odd $'p=1,q="\303\237\\'

[ -n "${as_user[*]}" ] && chown -R "$uid:$gid" "$workdir"
"${as_user[@]}" test -x "$workdir/conf" || die "user $user has no access to $workdir"

# --- start ----------------------------------------------------------------------------------------------

# greets PORT: does the greeting come, and is it this server's?
greets()
{
    (exec 3<> "/dev/tcp/127.0.0.1/$1" && IFS= read -r -t 5 line <&3 && [[ $line == "+OK $name "* ]]) 2> /dev/null
}

# taken PORT
taken()
{
    (exec 3<> "/dev/tcp/127.0.0.1/$1") 2> /dev/null
}

# The ports are chosen at random, below those that the kernel gives to outgoing connections.  When one is in use, Cyrus
# goes on without it, so that is looked at before; whoever takes it in between is noticed by the greeting.
for ((attempt = 1; ; attempt++)); do
    plain=$((20000 + RANDOM % 6000))
    tls=$((26000 + RANDOM % 6000))
    taken "$plain" || taken "$tls" && continue
    configuration "$plain" "$tls" > "$workdir/cyrus.conf"
    (cd "$workdir" && exec timeout -k 5 "${POP3_CYRUS_SECONDS:-900}" "${as_user[@]}" "$dir/bin/master" -D \
        -C "$workdir/imapd.conf" -M "$workdir/cyrus.conf" -p "$workdir/conf/master.pid") \
        > "$workdir/stdout.log" 2>&1 < /dev/null &
    pid=$!
    echo "$pid" > "$workdir/pid"
    for ((i = 0; i < 500; i++)); do
        kill -0 "$pid" 2> /dev/null || break
        greets "$plain" && break
        sleep 0.02
    done
    # Whether TLS works shows only when somebody connects.
    answer=$(printf 'QUIT\r\n' | env -u LD_LIBRARY_PATH timeout 10 openssl s_client -quiet -connect "127.0.0.1:$tls" \
        -CAfile "$workdir/ca.pem" -verify_return_error -verify_hostname localhost 2>&1)
    [[ $answer == *"+OK $name "* ]] && break
    "$here/stop.sh" "$workdir"
    [ "$attempt" -lt 10 ] || die "the server does not start: $answer"
done

cat > "$workdir/ports.new" <<END
plain=$plain
tls=$tls
uid=$uid
gid=$gid
END
mv "$workdir/ports.new" "$workdir/ports"

if [ "$watch" = yes ]; then
    # A signal to the whole group of the test program's processes (Ctrl-C) must not end the watch too soon.
    # The shell gives /dev/null to what it starts in the background, hence the copy of standard input.
    exec 4<&0
    (
        trap '' INT TERM HUP
        while read -r _; do :; done
        [ -e "$workdir/pid" ] && "$here/stop.sh" "$workdir" && rm -rf "$workdir"
    ) <&4 4<&- > /dev/null 2>&1 &
fi
exit 0
