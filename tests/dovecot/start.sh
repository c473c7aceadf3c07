#!/usr/bin/env bash
# start.sh WORKDIR [DIR] [--watch-stdin] - starts a Dovecot POP3 server for the integration tests.
#
# WORKDIR gets everything the server reads or writes; it is created when absent.  DIR is the folder given to
# provide.sh; the installed Dovecot is used when DIR is empty or has none.  Any number of servers can run at
# the same time, each in its own WORKDIR.  ../support/stop_server.sh WORKDIR ends the server; by itself it ends
# after POP3_DOVECOT_SECONDS (900) seconds.  With --watch-stdin it also ends, and WORKDIR is removed, as soon as
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
#   pid      the process to end (as stop_server.sh does)
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

server=Dovecot
. "$(dirname "${BASH_SOURCE[0]}")/../support/start_server.sh"
server_begin "$@"
group=$("${as_user[@]}" id -gn 2> /dev/null) || die "group $gid has no name, but Dovecot wants one"
server_folder
mkdir "$workdir"/{run,run/login,state,mail,tokens} || die "cannot write to $workdir"
chmod 750 "$workdir/run/login"
: > "$workdir/mail/broken" # a file where a folder is needed

# --- which Dovecot --------------------------------------------------------------------------------------

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

names=DNS:localhost,IP:127.0.0.1,IP:0:0:0:0:0:0:0:1
others=IP:127.0.0.2,IP:127.0.0.3,IP:127.0.0.4,IP:127.0.0.5
server_certificates "$names"
certificate others "$names,$others"
certificate expired "$names,$others" 20210101000000Z
certificate wrong.example DNS:wrong.example
certificate sni.example DNS:sni.example

new_key "$workdir/stranger.key"
self_signed "$workdir/stranger.key" alice "$workdir/stranger.pem"

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

# --- start ----------------------------------------------------------------------------------------------

server_own "$workdir/run/login"
cd "$workdir/run" || die "cannot enter $workdir/run"
# When a port is in use, Dovecot says so and ends, and others are tried.
for ((attempt = 1; ; attempt++)); do
    server_ports
    greeting="Test server $$-$attempt ready."
    configuration "$plain" "$tls" "$greeting" > "$workdir/dovecot.conf"
    rm -f "$workdir/dovecot.log"
    server_run "${POP3_DOVECOT_SECONDS:-900}" "$greeting" "${dovecot[@]}" -F -c "$workdir/dovecot.conf" && break
    [[ $(< "$workdir/stdout.log") == *'Address already in use'* ]] && [ "$attempt" -lt 20 ] ||
        die "the server does not start${answer:+: $answer}"
done

server_ready "tls_expired=$tls" host_expired=127.0.0.2 "tls_wrong_host=$tls" host_wrong_host=127.0.0.3 \
    host_tls_required=127.0.0.4 host_client_certificate=127.0.0.5 "channel_binding=${plus:+yes}" \
    "jwt_key=$jwt_key" "ipv6=$ipv6"
