#!/bin/sh
# login.sh LOGIN DEMO_SERVER - the example `login` as a person runs it: each way in over each kind of connection, which of
# them is chosen, and what is said when it goes wrong.
set -u
login=$1
demo_server=$2
work=$(mktemp -d)
servers=
trap 'kill $servers; rm -rf "$work"' EXIT

# serve NAME ARGUMENTS...: starts a demo server; its port is in $port, its certificate in $work/NAME.pem
serve()
{
    log=$work/$1.log
    ca=$work/$1.pem
    shift
    : > "$log"
    "$demo_server" --ca-file "$ca" "$@" > "$log" &
    servers="$servers $!"
    port=
    for _ in $(seq 100); do
        port=$(sed -n 's/^listening on [^:]*:\([0-9]*\).*/\1/p' "$log")
        [ -n "$port" ] && return
        sleep 0.1
    done
    echo "the demo server does not start"
    exit 1
}

failed=0

# runs NAME ARGUMENTS...: the output is in $work/out and $work/err, the status in $status
runs()
{
    name=$1
    shift
    "$login" "$@" > "$work/out" 2> "$work/err" < /dev/null
    status=$?
}

complain()
{
    echo "$name: status $status, wanted '$1', got:"
    cat "$work/out" "$work/err"
    failed=1
}

# enters MECHANISM: logged in so, and the secret is nowhere in what was said
enters()
{
    if [ "$status" != 0 ] || ! grep -q "^logged in with $1\$" "$work/out" || ! grep -q '^5 messages, ' "$work/out" ||
        ! grep -q '^ C: QUIT$' "$work/err" || grep -q secret "$work/out" "$work/err"; then
        complain "$1"
    fi
}

# says TEXT, among the output; fails_with TEXT, as the first line of the error output
says()
{
    grep -q "$1" "$work/out" || complain "$1"
}
fails_with()
{
    [ "$status" = 1 ] && sed -n 1p "$work/err" | grep -q "$1" || complain "$1"
}

export POP3_PASSWORD=secret
unset POP3_TOKEN
serve tls
tls_port=$port
serve plain --plain
plain_port=$port

# Each way in, when it is asked for.
for auth in SCRAM-SHA-256 CRAM-MD5 PLAIN LOGIN +APOP USER; do
    runs "$auth, TLS" "pop://alice;AUTH=$auth@localhost:$tls_port" --ca-file "$work/tls.pem" --trace
    enters "$auth"
    runs "$auth, STLS" "pop://alice;AUTH=$auth@localhost:$plain_port" --stls --ca-file "$work/plain.pem" --trace
    enters "$auth"
    runs "$auth, clear text" "pop://alice;AUTH=$auth@localhost:$plain_port" --cleartext --trace
    enters "$auth"
done

# The safest, when nothing is asked for.
runs "the safest, TLS" "pop://alice@localhost:$tls_port" --ca-file "$work/tls.pem" --trace
enters SCRAM-SHA-256
says '^TLS: TLSv1\.'
says '^capabilities before the login: SASL:SCRAM-SHA-256 .* UTF8 LANG '
says '^capabilities after the login: .* PIPELINING'
runs "the safest, STLS" "pop://alice;AUTH=*@localhost:$plain_port" --stls --ca-file "$work/plain.pem" --trace
enters SCRAM-SHA-256
says '^TLS: TLSv1\.'
grep -q '^ C: STLS$' "$work/err" || complain STLS
serve old --without SCRAM-SHA-256
runs "the safest without SCRAM, TLS" "pop://alice@localhost:$port" --ca-file "$ca" --trace
enters PLAIN
serve older --without AUTH
runs "the safest without AUTH, TLS" "pop://alice@localhost:$port" --ca-file "$ca" --trace
enters USER
serve plain_old --plain --without SCRAM-SHA-256 --without STLS
runs "the safest without SCRAM, clear text" "pop://alice@localhost:$port" --cleartext --trace
enters CRAM-MD5
runs "STLS where it is not offered" "pop://alice@localhost:$port" --stls --ca-file "$ca"
fails_with 'does not offer STLS'

# What goes wrong.
POP3_PASSWORD=wrong
runs "a wrong password" "pop://alice@localhost:$tls_port" --ca-file "$work/tls.pem"
fails_with 'AUTH refused: \[AUTH\]'
grep -q '^details: invalid-proof$' "$work/err" || complain details
grep -q '^advice: other credentials' "$work/err" || complain advice
POP3_PASSWORD=secret
export POP3_TOKEN=secret
runs "a token that nobody takes" "pop://alice@localhost:$tls_port" --ca-file "$work/tls.pem"
fails_with 'offers no login'
runs "a token and the wrong mechanism" "pop://alice;AUTH=XOAUTH2@localhost:$tls_port" --ca-file "$work/tls.pem"
fails_with 'AUTH refused: unknown mechanism'
unset POP3_TOKEN
runs "no certificate" "pop://alice;AUTH=EXTERNAL@localhost:$tls_port" --ca-file "$work/tls.pem"
fails_with 'AUTH refused: unknown mechanism'
runs "a port without TLS" "pop://alice@localhost:$plain_port" --ca-file "$work/plain.pem"
fails_with 'does not speak TLS'
runs "a certificate that nobody trusts, STLS" "pop://alice@localhost:$plain_port" --stls
fails_with "certificate was rejected"
runs "a password in the URL" "pop://alice:secret@localhost:$tls_port"
fails_with 'no pop URL'
runs "no user" "pop://localhost:$tls_port"
fails_with 'usage'

exit $failed
