#!/usr/bin/env bash
# start.sh WORKDIR DIR [--watch-stdin] - starts a Cyrus POP3 server for the integration tests.
#
# WORKDIR gets everything the server reads or writes; it is created when absent.  DIR is the folder given to
# provide.sh.  Any number of servers can run at the same time, each in its own WORKDIR.
# ../support/stop_server.sh WORKDIR ends the server; by itself it ends after POP3_CYRUS_SECONDS (900) seconds.  With
# --watch-stdin it also ends, and WORKDIR is removed, as soon as standard input reaches its end: a test program gives a
# pipe, and the server cannot outlive it, however it dies.
#
# The server listens at 127.0.0.1, at two ports: POP3 (with STLS) and POP3 over TLS.  The certificate is for localhost
# and 127.0.0.1.  When all is ready, these files are in WORKDIR:
#   ports    lines NAME=VALUE for the shell, see the end of this script
#   pid      the process to end (as stop_server.sh does)
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

server=Cyrus
. "$(dirname "${BASH_SOURCE[0]}")/../support/start_server.sh"
server_begin "$@"
[ -e "$dir/bin/pop3d" ] || die "no Cyrus in '$dir': see provide.sh"
dir=$(cd "$dir" && pwd -P) || die "cannot enter $dir"
server_folder
mkdir -p "$workdir"/conf/{db,log,msg,proc,ptclient,quota,socket,sieve,user} "$workdir/spool" ||
    die "cannot write to $workdir"

# Root's build folder can be closed to other users, and the path stands in a configuration.
if ! "${as_user[@]}" test -x "$dir/bin/pop3d" || [[ $dir == *[!A-Za-z0-9/._+-]* ]]; then
    cp -a "$dir" "$workdir/cyrus" || die "cannot copy $dir to $workdir"
    dir=$workdir/cyrus
fi
with_libraries=(env LD_LIBRARY_PATH="$dir/lib" SASL_PATH="$dir/sasl2")

server_certificates DNS:localhost,IP:127.0.0.1

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

tls_server_cert: $certs/localhost.pem
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
    printf %s "$2" | "${with_libraries[@]}" "$dir/bin/saslpasswd2" -p -c -f "$workdir/users" -u "$name" "$1" \
        > "$workdir/stdout.log" 2>&1 ||
        die "cannot create the user $1"
}

for each in alice bob carol dave erin; do
    new_user "$each" secret
done
new_user odd $'p=1,q="\303\237\\'

# --- start ----------------------------------------------------------------------------------------------

# taken PORT
taken()
{
    (exec 3<> "/dev/tcp/127.0.0.1/$1") 2> /dev/null
}

server_own "$workdir/conf"
cd "$workdir" || die "cannot enter $workdir"
# When a port is in use, Cyrus goes on without it, so that is looked at before; whoever takes it in between is noticed by
# the greeting.
for ((attempt = 1; ; attempt++)); do
    server_ports
    taken "$plain" || taken "$tls" && continue
    configuration "$plain" "$tls" > "$workdir/cyrus.conf"
    server_run "${POP3_CYRUS_SECONDS:-900}" "$name" "${with_libraries[@]}" "$dir/bin/master" -D \
        -C "$workdir/imapd.conf" -M "$workdir/cyrus.conf" -p "$workdir/conf/master.pid" && break
    [ "$attempt" -lt 10 ] || die "the server does not start${answer:+: $answer}"
done

server_ready
