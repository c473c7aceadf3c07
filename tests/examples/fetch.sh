#!/bin/sh
# fetch.sh FETCH DEMO_SERVER - the example `fetch` as a person runs it: what it keeps, octet by octet, and that nothing is lost
# or written elsewhere when the server, the disk or the user is not as it hopes.
set -u
fetch=$1
demo_server=$2
work=$(mktemp -d)
servers=
trap 'kill $servers 2> /dev/null; rm -rf "$work"' EXIT

# wait_for PATTERN FILE: what it matches, from the first line that has it, is in $port
wait_for()
{
    for _ in $(seq 100); do
        port=$(sed -n "s/$1/\\1/p" "$2" | head -n 1)
        [ -n "$port" ] && return
        sleep 0.1
    done
    echo "the server does not start"
    exit 1
}

# serve NAME ARGUMENTS...: starts a demo server; its port is in $port, its certificate in $ca
serve()
{
    log=$work/$1.log
    ca=$work/$1.pem
    shift
    : > "$log"
    "$demo_server" --ca-file "$ca" "$@" > "$log" &
    servers="$servers $!"
    wait_for '^listening on [^:]*:\([0-9]*\).*' "$log"
}

# answer: the replies of a server that means harm, to the commands that come in; it ends within a message
answer()
{
    printf '+OK ready\r\n'
    while IFS= read -r line; do
        case $line in
        ACCEPT*) printf '%s\n' "$line" > "$log" ;;
        CAPA*) printf '+OK\r\nUSER\r\nUIDL\r\nPIPELINING\r\n.\r\n' ;;
        USER* | PASS*) printf '+OK\r\n' ;;
        LIST*) printf -- '-ERR not now\r\n' ;;
        UIDL*) printf '%s\r\n' +OK '1 ../up' '2 refused' '3 ..' "4 $long" '5 a' '6 A' '7 none' '8 cut' . ;;
        'RETR 2'*) printf -- '-ERR no such message\r\n' ;;
        'RETR 7'*) printf '+OK\r\n.\r\n' ;;
        'RETR 8'*) printf '+OK\r\nThis is no more' && return ;;
        RETR*) printf '+OK\r\n%s\r\n.\r\n' "${line%?}" ;;
        esac
    done
}

# serve_harm: starts it, for one connection. What s_server says besides the commands is no command.
serve_harm()
{
    ca=$work/harm.pem
    log=$work/harm.log
    : > "$log"
    mkfifo "$work/commands" "$work/replies"
    openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/harm.key" -out "$ca" -subj /CN=localhost \
        -addext subjectAltName=DNS:localhost 2> /dev/null
    answer > "$work/replies" < "$work/commands" &
    servers="$servers $!"
    openssl s_server -accept 127.0.0.1:0 -naccept 1 -cert "$ca" -key "$work/harm.key" \
        < "$work/replies" > "$work/commands" 2> /dev/null &
    servers="$servers $!"
    wait_for '^ACCEPT .*:\([0-9]*\)$' "$log"
}

failed=0
blocks=

# runs NAME ARGUMENTS...: the output is in $work/out and $work/err, the status in $status; no file may have more than $blocks
runs()
{
    name=$1
    shift
    (
        [ -z "$blocks" ] || { trap '' XFSZ && ulimit -f "$blocks"; }
        exec "$fetch" "$@" > "$work/out" 2> "$work/err" < /dev/null
    )
    status=$?
}

complain()
{
    echo "$name: status $status, wanted $1, got:"
    cat "$work/out" "$work/err"
    ls -A "$work/inbox"
    failed=1
}

# gets NEW: so many are new, and nothing else is said; after that all of the maildrop is in the folder, and nothing else
gets()
{
    if [ "$status" != 0 ] || [ -s "$work/err" ] || ! grep -q "^$1 new, 0 left" "$work/out"; then
        complain "$1 messages"
    fi
    for number in 1 2 3 4 5; do
        cmp -s "$work/$number" "$work/inbox/$(name_of "$number")" || complain "message $number as it is"
    done
    [ "$(ls "$work/inbox" | wc -l)" = 5 ] || complain "no more than the messages"
    [ -z "$(ls -A "$work/inbox/.part")" ] || complain "no parts of messages"
}

# fails_with TEXT [FILES]: it is among the error output; so many files are in the folder
fails_with()
{
    if [ "$status" != 1 ] || ! grep -q "$1" "$work/err" || grep -q secret "$work/out" "$work/err"; then
        complain "'$1'"
    fi
    [ "$(ls "$work/inbox" 2> /dev/null | wc -l)" = "${2:-0}" ] || complain "${2:-0} files"
}

# says TEXT: so does the error output
says()
{
    grep -q -- "$1" "$work/err" || complain "'$1'"
}

# name_of NUMBER: the file in which that message of the demo server shall be
name_of()
{
    sed -n "s/^$1 \\([0-9]*\\)-\\([0-9]*\\).\$/\\1%2d\\2.eml/p" "$work/listing"
}

# ask COMMAND: what the demo server sends behind its status line, up to the line with the dot. By other means than ours.
ask()
{
    printf 'USER alice\r\nPASS secret\r\n%s\r\nQUIT\r\n' "$1" |
        openssl s_client -quiet -connect "localhost:$port" 2> /dev/null |
        LC_ALL=C sed -e 1,4d -e 's/^\.\(.*..\)$/\1/' | LC_ALL=C sed -e '$d' | LC_ALL=C sed -e '$d'
}

export POP3_PASSWORD=secret
serve demo
demo=pop://alice@localhost:$port
demo_ca=$ca
ask UIDL > "$work/listing"
for number in 1 2 3 4 5; do
    ask "RETR $number" > "$work/$number"
done
if [ "$(wc -l < "$work/listing")" != 5 ] || [ "$(wc -c < "$work/5")" -lt 1000000 ] || ! grep -q '^\.hidden' "$work/2"; then
    echo "openssl s_client did not get the messages"
    exit 1
fi

# All, nothing, and all once more by who has forgotten what it has.
runs "the first run" "$demo" "$work/inbox" --ca-file "$demo_ca"
gets 5
ls -l "$work/inbox" | sed 1d | grep -qv '^-rw-------' && complain "files for the user alone"
ls -il "$work/inbox" > "$work/before"
runs "the second run" "$demo" "$work/inbox" --ca-file "$demo_ca"
gets 0
rm "$work/inbox/.seen"
runs "without what it has seen" "$demo" "$work/inbox" --ca-file "$demo_ca"
gets 0
ls -il "$work/inbox" | cmp -s - "$work/before" || complain "the files of before"

# What goes wrong here.
rm -r "$work/inbox"
POP3_PASSWORD=wrong
runs "a wrong password" "$demo" "$work/inbox" --ca-file "$demo_ca"
fails_with 'AUTH refused: \[AUTH\]'
POP3_PASSWORD=secret
runs "a certificate that nobody trusts" "$demo" "$work/inbox"
fails_with 'certificate was rejected'
runs "a folder that cannot be" "$demo" "$work/1/inbox" --ca-file "$demo_ca"
fails_with 'Not a directory'
runs "no user" "pop://localhost:$port" "$work/inbox"
fails_with 'usage'
runs "no folder" "$demo"
fails_with 'usage'
runs "an option that is none" "$demo" "$work/inbox" --delete 3
fails_with 'what is --delete'
echo mine > "$work/inbox/.seen"
runs "another program's file" "$demo" "$work/inbox" --ca-file "$demo_ca"
fails_with 'no seen store'
rm "$work/inbox/.seen"
blocks=1000
runs "a file that is too large" "$demo" "$work/inbox" --ca-file "$demo_ca"
blocks=
fails_with 'message 5 is left: File too large' 4
runs "all is well again" "$demo" "$work/inbox" --ca-file "$demo_ca"
gets 1

# Killed in the middle, again and again, until it gets to the end.
for delay in 0.01 0.02 0.03 0.05 0.08 0.13; do
    rm -r "$work/inbox"
    for again in 1 2 3 4 5; do
        "$fetch" "$demo" "$work/inbox" --ca-file "$demo_ca" > /dev/null 2>&1 &
        sleep $delay
        kill -9 $! 2> /dev/null
        wait $! 2> /dev/null
    done
    runs "after it was killed" "$demo" "$work/inbox" --ca-file "$demo_ca"
    [ "$status" = 0 ] || complain "an end"
    rm -f "$work/inbox/.part/"* # what a kill leaves there
    runs "and once more" "$demo" "$work/inbox" --ca-file "$demo_ca"
    gets 0
done

# What goes wrong there.
rm -r "$work/inbox"
serve no_uidl --without UIDL
runs "no unique-ids" "pop://alice@localhost:$port" "$work/inbox" --ca-file "$ca"
fails_with 'UIDL refused: unknown command'
serve no_retr --without RETR
runs "nothing but refusals" "pop://alice@localhost:$port" "$work/inbox" --ca-file "$ca"
[ "$(grep -c '^message [1-5] is left: unknown command$' "$work/err")" = 5 ] || complain "5 refusals"
grep -q '^0 new, 5 left' "$work/out" || complain "5 left"

rm -r "$work/inbox"
long=$(printf '.%.0s' $(seq 128))
serve_harm
runs "a server that means harm" "pop://alice;AUTH=USER@localhost:$port" "$work/inbox" --ca-file "$ca"
fails_with '^fetch: .*cut' 6
says 'message 2 is left: no such message'
for entry in '1 %2e%2e%2fup' '3 %2e%2e' '5 a' '6 %41'; do
    printf 'RETR %s\r\n' "${entry%% *}" | cmp -s - "$work/inbox/${entry#* }.eml" || complain "message $entry"
done
[ -f "$work/inbox/none.eml" ] && [ ! -s "$work/inbox/none.eml" ] || complain "an empty message"
[ -z "$(ls -A "$work/inbox/.part")" ] || complain "no part of a message"

# Deleted in time.
serve deletes
runs "deleting" "pop://alice@localhost:$port" "$work/mirror" --ca-file "$ca" --delete-after 0
[ "$status" = 0 ] && grep -q '^5 new, 0 left, 5 deleted$' "$work/out" || complain "5 deletions"
runs "nothing is left" "pop://alice@localhost:$port" "$work/mirror" --ca-file "$ca"
grep -q '^0 new, 0 left, 0 deleted$' "$work/out" && [ "$(ls "$work/mirror" | wc -l)" = 5 ] || complain "nothing more"

exit $failed
