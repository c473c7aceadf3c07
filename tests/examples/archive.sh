#!/bin/sh
# archive.sh ARCHIVE DEMO_SERVER - the example `archive` as a person runs it: what is in the database, octet by octet, and that
# nothing is lost, deleted too early, or taken for SQL when the server or the database is not as it hopes.
set -u
archive=$1
demo_server=$2
work=$(mktemp -d)
servers=
trap 'kill $servers 2> /dev/null; rm -rf "$work"' EXIT
database=$work/it\'s\ \"mail\".db
failed=0

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

# serve NAME: starts a demo server; its port is in $port, its certificate in $ca
serve()
{
    ca=$work/$1.pem
    : > "$work/$1.log"
    "$demo_server" --ca-file "$ca" > "$work/$1.log" &
    servers="$servers $!"
    wait_for '^listening on [^:]*:\([0-9]*\).*' "$work/$1.log"
    url=pop://alice@localhost:$port
}

# ask COMMAND: what the demo server sends behind its status line, up to the line with the dot. By other means than ours.
ask()
{
    printf 'USER alice\r\nPASS secret\r\n%s\r\nQUIT\r\n' "$1" |
        openssl s_client -quiet -connect "localhost:$port" 2> /dev/null |
        LC_ALL=C sed -e 1,4d -e 's/^\.\(.*..\)$/\1/' | LC_ALL=C sed -e '$d' | LC_ALL=C sed -e '$d'
}

# runs NAME [DATABASE]: the output is in $work/out and $work/err, the status in $status
runs()
{
    name=$1
    "$archive" "$url" "${2:-$database}" --ca-file "$ca" > "$work/out" 2> "$work/err" < /dev/null
    status=$?
}

complain()
{
    echo "$name: status $status, wanted $1, got:"
    cat "$work/out" "$work/err"
    failed=1
}

# sql STATEMENT: what the database says
sql()
{
    sqlite3 -batch -init /dev/null "$database" "$1"
}

# has_all: the rows are the messages of the demo server, each once
has_all()
{
    [ "$(sql 'SELECT count(*) FROM message')" = 5 ] || complain "5 rows"
    for number in 1 2 3 4 5; do
        unique_id=$(sed -n "s/^$number \\(.*\\).\$/\\1/p" "$work/listing")
        sql "SELECT hex(octets) FROM message WHERE unique_id = '$unique_id' AND ordinal = 1 AND account = '${url#pop://}'" \
            > "$work/row"
        cmp -s "$work/row" "$work/$number.hex" || complain "message $number as it is"
    done
}

# gets ARCHIVED DELETED
gets()
{
    if [ "$status" != 0 ] || [ -s "$work/err" ] || [ "$(cat "$work/out")" != "$1 archived, 0 left, $2 deleted" ]; then
        complain "$1 messages"
    fi
}

# fails_with TEXT: it is among the error output, and the server has all it had
fails_with()
{
    if [ "$status" != 1 ] || ! grep -q "$1" "$work/err" || ! grep -q '^0 archived.* 0 deleted$' "$work/out"; then
        complain "'$1'"
    fi
    ask UIDL | cmp -s - "$work/listing" || complain "all of it on the server"
}

# keeps ROWS SUM: so many rows are in the database, of so many octets
keeps()
{
    [ "$(sql 'SELECT count(*), sum(length(octets)) FROM message')" = "$1|$2" ] || complain "$1 rows as they were"
}

export POP3_PASSWORD=secret
serve demo
ask UIDL > "$work/listing"
for number in 1 2 3 4 5; do
    ask "RETR $number" | od -An -v -tx1 | tr -d ' \n' | tr a-f A-F > "$work/$number.hex"
    echo >> "$work/$number.hex"
done
if [ "$(wc -l < "$work/listing")" != 5 ] || [ "$(wc -c < "$work/5.hex")" -lt 2000000 ]; then
    echo "openssl s_client did not get the messages"
    exit 1
fi

# What goes wrong: nothing is deleted.
runs "a path that cannot be" "$work/none/mail.db"
fails_with 'unable to open database'
runs "a directory" "$work"
fails_with 'unable to open database'
echo 'This is no database; it is a text, and somebody wants it as it is.' > "$work/text"
cp "$work/text" "$work/text.before"
runs "another program's file" "$work/text"
fails_with 'not a database'
cmp -s "$work/text" "$work/text.before" || complain "the text as it was"
path=$PATH
PATH=/nowhere
runs "no sqlite3"
PATH=$path
fails_with 'sqlite3'
# An earlier row of this name is kept; the last message cannot be had, and so none of them is.
sql "CREATE TABLE message(account, unique_id, ordinal, sha3, octets, PRIMARY KEY(account, unique_id, ordinal, sha3));
    INSERT INTO message VALUES('bob', 'x', 1, x'', x'0102');
    CREATE TRIGGER full BEFORE INSERT ON message WHEN length(NEW.octets) > 1000000 BEGIN SELECT RAISE(FAIL, 'too large'); END"
runs "a row that cannot be"
fails_with 'too large'
keeps 1 2
sql 'DROP TRIGGER full'
# To SQLite a file is read-only that a newer version has written, for all users.
cp "$database" "$work/before.db"
printf '\003' | dd of="$database" bs=1 seek=18 conv=notrunc 2> /dev/null
runs "a database that is read-only"
fails_with 'readonly'
keeps 1 2
cp "$work/before.db" "$database"

# All; what a run left on the server that broke off before it deleted; nothing.
sql "DELETE FROM message"
runs "the first run"
gets 5 5
has_all
runs "nothing is left"
gets 0 0
has_all
serve again
sql "UPDATE message SET account = '${url#pop://}'"
runs "all of it comes again"
gets 5 5
has_all

# Killed in the middle, again and again, until it gets to the end.
for delay in 0.01 0.02 0.03 0.05 0.08 0.13; do
    rm -f "$database"*
    serve "killed_$delay"
    for again in 1 2 3 4; do
        "$archive" "$url" "$database" --ca-file "$ca" > /dev/null 2>&1 &
        sleep $delay
        kill -9 $! 2> /dev/null
        wait $! 2> /dev/null
    done
    runs "after it was killed"
    [ "$status" = 0 ] || complain "an end"
    has_all
    ls -l "$database" | grep -q '^-rw-------' || complain "a file for the user alone"
done

# answer: the replies of a server that means harm; what it sends is SQL, and commands of sqlite3
answer()
{
    printf '+OK ready\r\n'
    while IFS= read -r line; do
        case $line in
        ACCEPT*) printf '%s\n' "$line" > "$work/harm.log" ;;
        CAPA*) printf '+OK\r\nUSER\r\nUIDL\r\nPIPELINING\r\n.\r\n' ;;
        USER* | PASS* | DELE* | QUIT*) printf '+OK\r\n' ;;
        LIST*) printf -- '-ERR not now\r\n' ;;
        UIDL*) printf '%s\r\n' +OK "1 ');DROP/**/TABLE/**/message;--" '2 "' "3 '" '4 $(touch$IFS$HARM)' . ;;
        RETR*) printf '%s\r\n' +OK "');" 'DROP TABLE message;' '..shell touch "$HARM"' '..quit' '$(touch "$HARM")' . ;;
        esac
    done
}

export HARM="$work/harm"
mkfifo "$work/commands" "$work/replies"
ca=$work/harm.pem
: > "$work/harm.log"
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/harm.key" -out "$ca" -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost 2> /dev/null
answer > "$work/replies" < "$work/commands" &
servers="$servers $!"
openssl s_server -accept 127.0.0.1:0 -naccept 1 -cert "$ca" -key "$work/harm.key" \
    < "$work/replies" > "$work/commands" 2> /dev/null &
servers="$servers $!"
wait_for '^ACCEPT .*:\([0-9]*\)$' "$work/harm.log"
url="pop://al%27ice;AUTH=USER@localhost:$port"
runs "a server that means harm"
[ "$(sql "SELECT count(DISTINCT unique_id), count(DISTINCT octets) FROM message WHERE account LIKE 'al''ice@%'")" = '4|1' ] ||
    complain "4 rows"
[ "$(sql "SELECT count(*) FROM message WHERE unique_id = ''');DROP/**/TABLE/**/message;--'")" = 1 ] || complain "a name"
[ "$(sql "SELECT count(*) FROM message")" = 9 ] || complain "9 rows"
[ ! -e "$HARM" ] || complain "no harm"

url=$1
name=usage
"$archive" > "$work/out" 2> "$work/err"
status=$?
[ "$status" = 1 ] && grep -q '^archive: usage' "$work/err" || complain "how to use it"

exit $failed
