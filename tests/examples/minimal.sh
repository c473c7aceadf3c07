#!/bin/sh
# minimal.sh MINIMAL DEMO_SERVER - the example `minimal` as a person runs it on a server that is not its own: what goes
# well, and what goes wrong, which must be one clear line and a status that is not zero.
set -u
minimal=$1
work=$(mktemp -d)
: > "$work/server"
: > "$work/plain_server"
"$2" --ca-file "$work/ca.pem" > "$work/server" &
server=$!
"$2" --plain > "$work/plain_server" &
plain_server=$!
trap 'kill $server $plain_server; rm -rf "$work"' EXIT

port=
plain_port=
for _ in $(seq 100); do
    port=$(sed -n 's/^listening on [^:]*:\([0-9]*\).*/\1/p' "$work/server")
    plain_port=$(sed -n 's/^listening on [^:]*:\([0-9]*\).*/\1/p' "$work/plain_server")
    [ -n "$port" ] && [ -n "$plain_port" ] && break
    sleep 0.1
done
[ -n "$port" ] && [ -n "$plain_port" ] || { echo "the demo server does not start"; exit 1; }

failed=0

# runs NAME PASSWORD ARGUMENTS...: its output is in $work/out and $work/err, its status in $status
runs()
{
    name=$1
    password=$2
    shift 2
    POP3_PASSWORD=$password "$minimal" "$@" > "$work/out" 2> "$work/err" < /dev/null
    status=$?
}

# fails_with TEXT
fails_with()
{
    if [ "$status" = 0 ] || [ "$(wc -l < "$work/err")" != 1 ] || ! grep -q "$1" "$work/err"; then
        echo "$name: status $status, wanted one line with '$1', got:"
        cat "$work/err"
        failed=1
    fi
}

runs "all right" secret localhost alice "$port" "$work/ca.pem"
if [ "$status" != 0 ] || ! grep -q '^ C: PASS \*\*\*\*$' "$work/out" || grep -q secret "$work/out" "$work/err"; then
    echo "$name: status $status"
    cat "$work/out" "$work/err"
    failed=1
fi

runs "wrong password" wrong localhost alice "$port" "$work/ca.pem"
fails_with 'PASS refused: \[AUTH\]'
runs "no password" "" localhost alice "$port" "$work/ca.pem"
fails_with 'no password'
runs "line break in the name" secret localhost "ali
ce" "$port" "$work/ca.pem"
fails_with 'control character'
runs "a certificate that nobody trusts" secret localhost alice "$port"
fails_with "^minimal: localhost:$port (127.0.0.1): the server's certificate was rejected"
runs "a host where nothing is" secret 127.0.0.2 alice "$port" "$work/ca.pem"
fails_with "127.0.0.2:$port: .*refused"
runs "a port where nothing is" secret localhost alice 1 "$work/ca.pem"
fails_with 'localhost:1 .*: .*refused'
runs "a port without TLS" secret localhost alice "$plain_port" "$work/ca.pem"
fails_with "^minimal: localhost:$plain_port (127.0.0.1): the server does not speak TLS"
runs "no port" secret localhost alice no-port "$work/ca.pem"
fails_with 'no-port'
runs "no such file" secret localhost alice "$port" "$work/none.pem"
fails_with 'none.pem: '
runs "too few arguments" secret localhost
fails_with 'usage'
unset POP3_PASSWORD
"$minimal" localhost alice "$port" "$work/ca.pem" > "$work/out" 2> "$work/err" < /dev/null
status=$?
name="no terminal"
fails_with 'POP3_PASSWORD'

exit $failed
