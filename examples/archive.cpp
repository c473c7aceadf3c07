// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// archive URL DATABASE [--ca-file FILE]
//
// Moves mail into the table `message` of an SQLite database, by the program sqlite3, and deletes it on the server. The password is
// asked for, or in POP3_PASSWORD. Whenever it ends, run it again: no message is lost, and none is there twice.

#include "read_password.hpp"

#include <pop3/mailbox.hpp>
#include <pop3/pop3.hpp>

#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/thread_pool.hpp>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <sys/stat.h>

namespace {

// An SQL literal. Whatever a server sends is in the script only so, and can end no string.
std::string blob(std::string_view octets)
{
    std::string sql = "X'";
    for (const char c : octets)
        (sql += "0123456789ABCDEF"[(c >> 4) & 15]) += "0123456789ABCDEF"[c & 15];
    return sql += '\'';
}

// A transaction. After true its rows are durable, or were there before. If sqlite3 fails, or this program ends, there is no COMMIT.
bool insert(const std::vector<pop3::batch_message>& batch)
{
    std::FILE* const script = ::popen("exec sqlite3 -batch -bail -init /dev/null \"$ARCHIVE_DATABASE\"", "w");
    if (!script)
        return false;
    const auto say = [script](const std::string& sql) {
        std::fputs(sql.c_str(), script);
    };
    say(".timeout 30000\nPRAGMA synchronous=EXTRA;\nBEGIN IMMEDIATE;\n"
        "CREATE TABLE IF NOT EXISTS message(account, unique_id, ordinal, sha3, octets,"
        " PRIMARY KEY(account, unique_id, ordinal, sha3));\n");
    for (const auto& m : batch) // sha3: a server may give a unique-id again, to another message
        say("INSERT INTO message SELECT CAST(" + blob(m.account) + " AS TEXT), CAST(" + blob(m.unique_id) +
            " AS TEXT), " + std::to_string(m.ordinal) + ", sha3(x), x FROM (SELECT " + blob(m.octets) +
            " AS x) WHERE true ON CONFLICT DO NOTHING;\n");
    say("COMMIT;\n");
    const bool written = std::fflush(script) == 0 && std::ferror(script) == 0;
    return ::pclose(script) == 0 && written;
}

bool archive(const pop3::url& from, const std::string& ca_file)
{
    pop3::tls_context tls;
    if (!ca_file.empty())
        tls.load_verify_file(ca_file);
    const pop3::mail_account account(tls, from, pop3::password(from.user, demo::read_password(from.user)));
    asio::thread_pool pool(1); // The session goes on meanwhile, and says NOOP now and then.
    pop3::batch_delivery database([&](std::vector<pop3::batch_message> batch, pop3::commit_callback done) {
        asio::post(pool, [batch = std::move(batch), done = std::move(done)] {
            const auto error = insert(batch) ? std::errc() : std::errc::io_error;
            done(std::make_error_code(error), std::vector(batch.size(), pop3::kept::yes));
        });
    });
    // The database is the record: what is in it and still on the server comes again, changes nothing, and is deleted. (A program
    // that keeps mail on the server has a pop3::seen_file.)
    pop3::seen_memory seen;
    pop3::fetch_options options;
    options.retry.tries = 1; // whoever looks on may try again
    pop3::fetch_report r;
    asio::io_context context(1);
    pop3::async_fetch(context.get_executor(), account, seen, database, pop3::delete_after_delivery(), options,
                      [&r](std::error_code, pop3::fetch_report report) { r = std::move(report); });
    context.run();
    std::cout << r.fetched << " archived, " << r.left << " left, " << r.deleted << " deleted\n";
    if (r.error)
        std::cerr << "archive: " << r.error.message() << ' ' << r.failed_at << '\n';
    return !r.error && r.left == 0;
}

} // namespace

int main(int argc, char** argv)
{
    ::umask(077);                  // Mail is for its reader only.
    std::signal(SIGPIPE, SIG_IGN); // if sqlite3 ends early
    try {
        if (argc != 3 && (argc != 5 || argv[3] != std::string_view("--ca-file")))
            throw std::invalid_argument("usage: archive pop://USER@HOST[:PORT] DATABASE [--ca-file FILE]");
        ::setenv("ARCHIVE_DATABASE", std::filesystem::absolute(argv[2]).c_str(),
                 1); // the shell reads none of it
        return archive(pop3::parse_url(argv[1]), argc == 5 ? argv[4] : "") ? 0 : 1;
    } catch (const std::exception& e) {
        std::cerr << "archive: " << e.what() << '\n';
        return 1;
    }
}
