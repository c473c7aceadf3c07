#!/usr/bin/env bash
# start.sh WORKDIR [DIR] [--watch-stdin] - starts a Dovecot POP3 server for the integration tests.
#
# WORKDIR gets everything the server reads or writes; it is created when absent.  DIR is the folder given to
# provide.sh; the installed Dovecot is used when DIR is empty or has none.  Any number of servers can run at
# the same time, each in its own WORKDIR.  stop.sh WORKDIR ends the server; by itself it ends after
# POP3_DOVECOT_SECONDS (900) seconds.  With --watch-stdin it also ends, and WORKDIR is removed, as soon as
# standard input reaches its end: a test program gives a pipe, and the server cannot outlive it, however it
# dies.
#
# The server listens on loopback only, at two ports: POP3 (with STLS) and POP3 over TLS.  It does so on
# several addresses, because Dovecot can differ by the address, not by the port:
#   127.0.0.1, ::1  certificate for localhost, 127.0.0.1 and ::1.  For the server name sni.example (SNI)
#                   there is another certificate, for that name only.
#   127.0.0.2       certificate for localhost and all these addresses, expired in 2021
#   127.0.0.3       certificate for wrong.example only
#   127.0.0.4       refuses passwords in the clear until there is TLS
#   127.0.0.5       asks TLS clients for a certificate, none will do; TLS sessions are not resumed here
# When all is ready, these files are in WORKDIR:
#   ports    lines NAME=VALUE for the shell, see the end of this script
#   pid      the process to end (as stop.sh does)
#   ca.pem   the certificate authority that all the certificates are signed by
#   client.pem, client.key      a client's certificate, for the user "alice", and its key
#   stranger.pem, stranger.key  a certificate for "alice" too, which no authority has signed
#   mail/    the maildrops: mail/NAME is the Maildir of user NAME
#   dovecot.log
# Every user name is accepted with the password "secret".  A maildrop that is not there is made, empty.
# Special users: "broken" logs in but the maildrop cannot be opened ([SYS/TEMP]); "odd" has the password
# [pass word "\ äöü] (without the brackets) beside "secret", [a=1,b=ä] has [p=1,q=ß] beside it.  By SCRAM these two
# have the passwords of their own only.  Names may have letters of any language and this punctuation: .-_@,=+!
# A user's second session is refused with [IN-USE] after 10 to 13 seconds: Dovecot waits for the maildrop's lock,
# and no setting shortens it.  (mail_max_userip_connections refuses at once, but most versions then say
# [SYS/TEMP] or no code.)
# Mechanisms: USER/PASS, APOP, SASL PLAIN LOGIN CRAM-MD5 SCRAM-SHA-1 SCRAM-SHA-256 and
#   SCRAM-SHA-1-PLUS, SCRAM-SHA-256-PLUS  Dovecot 2.4 under TLS: tls-exporter, and tls-unique up to TLS 1.2
#   EXTERNAL              as the user whom the client's certificate names: works at 127.0.0.5 only
#   XOAUTH2, OAUTHBEARER  as the user whom a JSON Web Token names in "sub", signed by HS256 with the key jwt_key of the
#                         file ports, with a time "exp" to come and the "scope" mail
#   ANONYMOUS             as the user "anonymous"
#
# Root's server runs as user 65534 (nobody), any other user's as that user.  Maildrops made by root must
# belong to 65534 then (the file ports names it).
set -u -o pipefail
export LC_ALL=C
# Dovecot and chroot are in folders that a user's PATH often lacks.
PATH=$PATH:/usr/sbin:/usr/local/sbin
umask 022

die()
{
    echo "start.sh: $*" >&2
    [ -n "${workdir:-}" ] && tail -n 20 "$workdir/dovecot.log" "$workdir/stdout.log" >&2 2> /dev/null
    exit 1
}

watch=no
arguments=()
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

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)

# The path stands in a configuration file with a syntax of its own, and in the names of local sockets, which
# cannot be longer than 107 octets.
case $workdir in *[!A-Za-z0-9/._+-]*) die "unusual characters in the path $workdir" ;; esac
[ ${#workdir} -le 75 ] || die "the path $workdir is too long"
command -v openssl > /dev/null || die "the program openssl is missing"

# --- which user, which Dovecot --------------------------------------------------------------------------

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
user=$(id -un "$uid" 2> /dev/null) || die "user $uid has no name, but Dovecot wants one"
group=$("${as_user[@]}" id -gn 2> /dev/null) || die "group $gid has no name, but Dovecot wants one"

# --- the folder -----------------------------------------------------------------------------------------

# A folder of somebody's own is not to be swept, even when it is given by mistake.
if [ -n "$(ls -A "$workdir")" ]; then
    [ -e "$workdir/.pop3-test-server" ] || die "$workdir is neither empty nor one that this script made"
    [ -e "$workdir/pid" ] && "$here/stop.sh" "$workdir"
fi
: > "$workdir/.pop3-test-server" || die "cannot write to $workdir"
rm -rf "$workdir"/{run,state,mail,certs,tokens,dovecot,ports,pid,dovecot.log,stdout.log} \
    "$workdir"/{ca,client,stranger}.{pem,key}
mkdir "$workdir"/{run,run/login,state,mail,certs,tokens} || die "cannot write to $workdir"
chmod 750 "$workdir/run/login"
: > "$workdir/mail/broken" # a file where a folder is needed

if [ -n "$dir" ] && [ -e "$dir/usr/lib/dovecot/pop3-login" ]; then
    dir=$(cd "$dir" && pwd -P)
    # Root's build folder can be closed to other users.
    if ! "${as_user[@]}" test -x "$dir/usr/lib/dovecot/pop3-login"; then
        cp -a "$dir" "$workdir/dovecot" || die "cannot copy $dir to $workdir"
        dir=$workdir/dovecot
    fi
    # Where the unpacked programs look for each other, see provide.sh.
    for folder in run run/login; do
        ln -s "$dir/usr/lib/dovecot" "$workdir/$folder/l"
        ln -s "$dir/usr/bin/doveconf" "$workdir/$folder/dc"
    done
    unpacked=yes
    dovecot=(env LD_LIBRARY_PATH=/proc/self/cwd/l "$dir/usr/sbin/dovecot")
else
    unpacked=
    dovecot=("$(command -v dovecot)") || die "no Dovecot, neither installed nor in '$dir': see provide.sh"
fi
version=$(cd "$workdir/run" && "${dovecot[@]}" --version 2>&1)
case $version in
2.3.*)
    version=2.3
    head=
    plus=
    connections='service_count = 0' ;;
2.4.*)
    version=2.4
    # These must come first: the version that the configuration is written for, whichever 2.4 reads it.
    head=$'dovecot_config_version = 2.4.0\ndovecot_storage_version = 2.4.0'
    plus='scram-sha-1-plus scram-sha-256-plus'
    connections='restart_request_count = unlimited' ;;
*) die "${dovecot[-1]} is version '$version'; the configurations here are for 2.3 and 2.4" ;;
esac

# --- certificates ---------------------------------------------------------------------------------------

certs=$workdir/certs
: > "$certs/index.txt"
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

# run COMMAND...: what openssl writes is of interest only when it fails
run() { "$@" > "$certs/openssl.log" 2>&1 < /dev/null || { cat "$certs/openssl.log" >&2; die "failed: $*"; }; }

# certificate NAME SUBJECTALTNAME END [PURPOSE KEY]
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
        -keyfile "$certs/ca.key" -startdate 20200101000000Z -enddate "$3" -extfile "$certs/$1.ext" \
        -in "$certs/$1.csr" -out "$certs/$1.pem"
}

run openssl ecparam -genkey -name prime256v1 -noout -out "$certs/ca.key"
run openssl ecparam -genkey -name prime256v1 -noout -out "$certs/server.key"
run openssl req -config "$certs/openssl.cnf" -x509 -new -key "$certs/ca.key" -subj "/CN=POP3 test CA" \
    -days 3650 -extensions authority -out "$workdir/ca.pem"
far=20491231235959Z
names=DNS:localhost,IP:127.0.0.1,IP:0:0:0:0:0:0:0:1
others=IP:127.0.0.2,IP:127.0.0.3,IP:127.0.0.4,IP:127.0.0.5
certificate localhost "$names" "$far"
certificate others "$names,$others" "$far"
certificate expired "$names,$others" 20210101000000Z
certificate wrong.example DNS:wrong.example "$far"
certificate sni.example DNS:sni.example "$far"

for name in client stranger; do
    run openssl ecparam -genkey -name prime256v1 -noout -out "$workdir/$name.key"
done
certificate alice email:alice@localhost "$far" clientAuth "$workdir/client.key"
cp "$certs/alice.pem" "$workdir/client.pem" || die "cannot write to $workdir"
run openssl req -config "$certs/openssl.cnf" -x509 -new -key "$workdir/stranger.key" -subj "/CN=alice" \
    -days 3650 -out "$workdir/stranger.pem"

# --- configuration --------------------------------------------------------------------------------------

ipv6=no
listen='127.0.0.1 127.0.0.2 127.0.0.3 127.0.0.4 127.0.0.5'
if [ -r /proc/net/if_inet6 ] && [[ $(< /proc/net/if_inet6) == *00000000000000000000000000000001* ]]; then
    ipv6=yes
    listen="$listen ::1"
fi

{
    printf 'odd:{PLAIN}pass word "\\ \303\244\303\266\303\274\n'
    printf 'a=1,b=\303\244:{PLAIN}p=1,q=\303\237\n'
} > "$workdir/users"

# All octets that UTF-8 uses beyond ASCII; no / and no %, because a name becomes part of a path.
printf -v name_octets '\\x%x' {128..191} {194..244}
printf -v name_octets '%b' "$name_octets"
name_octets=abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_@,=+!$name_octets

passwords='plain login cram-md5 apop scram-sha-1 scram-sha-256'
[ -z "$plus" ] || passwords="$passwords $plus"

# The key to tokens is looked up by a path: of the party that a token is for, of the algorithm, of the key's id.  All
# three are what stands for "none" or are the only ones here.
jwt_key=a-key-to-json-web-tokens-for-tests
mkdir -p "$workdir/tokens/default/HS256" &&
    printf %s "$jwt_key" | openssl base64 -A > "$workdir/tokens/default/HS256/default" ||
    die "cannot write to $workdir"
cat > "$workdir/tokens/settings" <<END
introspection_mode = local
local_validation_key_dict = fs:posix:prefix=$workdir/tokens/
username_attribute = sub
scope = mail
openid_configuration_url = https://localhost/.well-known/openid-configuration
END

# configuration PLAINPORT TLSPORT GREETING: what is the same in both versions, then what is not
configuration()
{
    cat <<END
$head
protocols = pop3
listen = $listen
login_greeting = $3
base_dir = $workdir/run
state_dir = $workdir/state
log_path = $workdir/dovecot.log

# All processes are the one user's: without root none can become another, and none can chroot.
default_internal_user = $user
default_internal_group = $group
default_login_user = $user
first_valid_uid = 1
first_valid_gid = 1
service auth {
  user = $user
}
service auth-worker {
  user = $user
}
service stats {
  chroot =
}
service anvil {
  chroot =
  # Without this socket a wrong password does not make the next answers slow.
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service pop3-login {
  chroot =
  # Processes that serve many connections, one after the other and at once: faster than one each.
  $connections
  process_min_avail = 1
  inet_listener pop3 {
    port = $1
  }
  inet_listener pop3s {
    port = $2
    ssl = yes
  }
}
service pop3 {
  process_limit = 300
}
default_vsz_limit = 2 G

ssl = yes
auth_mechanisms = $passwords anonymous external xoauth2 oauthbearer
auth_username_chars = $name_octets
auth_anonymous_username = anonymous
auth_ssl_username_from_cert = yes
auth_failure_delay = 0
auth_verbose = yes
mail_fsync = never
mail_max_userip_connections = 100
pop3_enable_last = yes
pop3_lock_session = yes
END
    "settings_$version"
}

# Of both:
# - The first password database decides nothing, it only says "nodelay" of all requests: even with
#   auth_failure_delay = 0 a refusal is sent by a timer, up to half a second late.  The databases that do decide
#   cannot say it, what they say of a request that they refuse is forgotten.
# - The stock format of unique-ids repeats itself when a test makes a maildrop anew within a second; file names
#   do not.
# - A database that knows no passwords answers for the mechanisms that have none, and for no others.
# - What is for one address only is last, because Dovecot 2.3 warns of global settings behind such a block.

settings_2.3()
{
    [ -z "$unpacked" ] || echo 'import_environment = $import_environment LD_LIBRARY_PATH'
    cat <<END
ssl_key = <$certs/server.key
ssl_cert = <$certs/localhost.pem
disable_plaintext_auth = no
passdb {
  driver = static
  args = noauthenticate=y nodelay=y
}
passdb {
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = $workdir/tokens/settings
}
passdb {
  driver = static
  mechanisms = external
  args = nopassword=y
}
passdb {
  driver = passwd-file
  mechanisms = $passwords
  args = username_format=%u $workdir/users
}
passdb {
  driver = static
  mechanisms = $passwords
  args = password=secret
}
userdb {
  driver = static
  args = uid=$uid gid=$gid home=$workdir/mail/%u allow_all_users=yes
}
mail_location = maildir:~
pop3_uidl_format = %f

local_name sni.example {
  ssl_cert = <$certs/sni.example.pem
}
local 127.0.0.2 {
  ssl_cert = <$certs/expired.pem
}
local 127.0.0.3 {
  ssl_cert = <$certs/wrong.example.pem
}
local 127.0.0.4 {
  ssl_cert = <$certs/others.pem
  disable_plaintext_auth = yes
}
local 127.0.0.5 {
  ssl_cert = <$certs/others.pem
  ssl_ca = <$workdir/ca.pem
  ssl_verify_client_cert = yes
  ssl_require_crl = no
}
END
}

# Of blocks that fit a connection the last one counts here, so that local_name follows local.
settings_2.4()
{
    [ -z "$unpacked" ] || echo 'import_environment/LD_LIBRARY_PATH = %{env:LD_LIBRARY_PATH}'
    cat <<END
ssl_server_key_file = $certs/server.key
ssl_server_cert_file = $certs/localhost.pem
auth_allow_cleartext = yes
oauth2 {
  introspection_mode = local
  username_attribute = sub
  scope = mail
  openid_configuration_url = https://localhost/.well-known/openid-configuration
  oauth2_local_validation {
    dict fs {
      fs posix {
        prefix = $workdir/tokens/
      }
    }
  }
}
passdb nodelay {
  driver = static
  fields {
    noauthenticate = y
    nodelay = y
  }
}
passdb external {
  driver = static
  mechanisms_filter = external
  fields {
    nopassword = y
  }
}
passdb passwd-file {
  mechanisms_filter = $passwords
  auth_username_format = %{user}
  passwd_file_path = $workdir/users
}
passdb static {
  mechanisms_filter = $passwords
  password = secret
}
userdb static {
  allow_all_users = yes
  fields {
    uid = $uid
    gid = $gid
    home = $workdir/mail/%{user}
  }
}
mail_driver = maildir
mail_path = ~
pop3_uidl_format = %{filename}

local 127.0.0.2 {
  ssl_server_cert_file = $certs/expired.pem
}
local 127.0.0.3 {
  ssl_server_cert_file = $certs/wrong.example.pem
}
local 127.0.0.4 {
  ssl_server_cert_file = $certs/others.pem
  auth_allow_cleartext = no
}
local 127.0.0.5 {
  ssl_server_cert_file = $certs/others.pem
  ssl_server_ca_file = $workdir/ca.pem
  ssl_server_request_client_cert = yes
  ssl_server_require_crl = no
}
local_name sni.example {
  ssl_server_cert_file = $certs/sni.example.pem
}
END
}

[ -n "${as_user[*]}" ] && chown -R "$uid:$gid" "$workdir"
"${as_user[@]}" test -x "$workdir/run/login" || die "user $user has no access to $workdir"

# --- start ----------------------------------------------------------------------------------------------

# greets PORT TEXT: does the greeting come, and is it this server's?
greets()
{
    (exec 3<> "/dev/tcp/127.0.0.1/$1" && IFS= read -r -t 5 line <&3 && [[ $line == "+OK $2 "* ]]) 2> /dev/null
}

# The ports are chosen at random, below those that the kernel gives to outgoing connections.  When one is in
# use, Dovecot says so and ends, and others are tried.
for ((attempt = 1; ; attempt++)); do
    plain=$((20000 + RANDOM % 6000))
    tls=$((26000 + RANDOM % 6000))
    greeting="Test server $$-$attempt ready."
    configuration "$plain" "$tls" "$greeting" > "$workdir/dovecot.conf"
    rm -f "$workdir/dovecot.log"
    (cd "$workdir/run" && exec timeout -k 5 "${POP3_DOVECOT_SECONDS:-900}" \
        "${as_user[@]}" "${dovecot[@]}" -F -c "$workdir/dovecot.conf") \
        > "$workdir/stdout.log" 2>&1 < /dev/null &
    pid=$!
    echo "$pid" > "$workdir/pid"
    for ((i = 0; i < 500; i++)); do
        kill -0 "$pid" 2> /dev/null || break
        greets "$plain" "$greeting" && break 2
        sleep 0.02
    done
    "$here/stop.sh" "$workdir"
    [ "$i" -lt 500 ] || die "no greeting within 10 seconds"
    [[ $(< "$workdir/stdout.log") == *'Address already in use'* ]] && [ "$attempt" -lt 20 ] ||
        die "Dovecot ended"
done

# Whether TLS works shows only when somebody connects.
if ! answer=$(printf 'QUIT\r\n' | timeout 10 openssl s_client -quiet -connect "127.0.0.1:$tls" \
                  -CAfile "$workdir/ca.pem" -verify_return_error -verify_hostname localhost 2>&1) ||
    [[ $answer != *"+OK $greeting "* ]]; then
    "$here/stop.sh" "$workdir"
    die "TLS does not work: $answer"
fi

cat > "$workdir/ports.new" <<END
plain=$plain
tls=$tls
tls_expired=$tls
host_expired=127.0.0.2
tls_wrong_host=$tls
host_wrong_host=127.0.0.3
host_tls_required=127.0.0.4
host_client_certificate=127.0.0.5
channel_binding=${plus:+yes}
jwt_key=$jwt_key
ipv6=$ipv6
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
