// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// fetch URL FOLDER [--delete-after DAYS] [--ca-file FILE]
//
// Fetches what is new into FOLDER, a file for each message, and remembers in FOLDER/.seen what it has; FOLDER is for one account.
// Deletes on the server what was delivered so many days ago; nothing without that option. The password is asked for, or
// taken from the environment variable POP3_PASSWORD. Ctrl-C ends it in order, a second one at once. Whenever it ends, run it
// again: no message is lost, and none comes twice. The status is 1 if something is left.

#include "read_password.hpp"

#include <pop3/mailbox.hpp>
#include <pop3/pop3.hpp>

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/redirect_error.hpp>
#include <asio/signal_set.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <exception>
#include <filesystem>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

namespace {

struct arguments {
    pop3::url from;
    std::filesystem::path to;
    std::optional<std::chrono::days> delete_after;
    std::string ca_file;
};

arguments parse(const std::vector<std::string>& words)
{
    arguments a;
    if (words.size() >= 2)
        a.from = pop3::parse_url(words[0]);
    if (a.from.user.empty() || words.size() % 2 != 0)
        throw std::invalid_argument(
            "usage: fetch pop://USER@HOST[:PORT] FOLDER [--delete-after DAYS] [--ca-file FILE]");
    a.to = words[1];
    for (std::size_t i = 2; i != words.size(); i += 2) {
        if (words[i] == "--delete-after")
            a.delete_after = std::chrono::days(std::stoi(words[i + 1]));
        else if (words[i] == "--ca-file")
            a.ca_file = words[i + 1];
        else
            throw std::invalid_argument("what is " + words[i] + '?');
    }
    return a;
}

// Shows how far it is, in one line that changes, if somebody looks on.
void show(const pop3::fetch_progress& p, std::chrono::steady_clock::time_point begun)
{
    if (::isatty(STDERR_FILENO) != 1)
        return;
    const auto elapsed = std::chrono::floor<std::chrono::seconds>(std::chrono::steady_clock::now() - begun);
    const auto rate = p.octets / (static_cast<std::size_t>(elapsed.count()) + 1) + 1;
    const auto left = (p.of_octets - std::min(p.octets, p.of_octets)) / rate;
    std::cerr << '\r' << p.account << ": " << p.messages << " of " << p.of_messages << " messages, "
              << p.octets / 1024 << " KiB, " << rate / 1024 << " KiB/s, " << left << " s left\033[K"
              << (p.messages == p.of_messages ? "\n" : "") << std::flush;
}

asio::awaitable<pop3::fetch_report> fetch(const arguments& a, const bool& stop)
{
    std::filesystem::create_directories(a.to);
    pop3::seen_file seen(a.to / ".seen");
    pop3::message_files inbox(a.to);
    const pop3::fetch_policy policy =
        a.delete_after ? pop3::fetch_policy(pop3::delete_after(*a.delete_after)) : pop3::keep_on_server();

    pop3::tls_context tls;
    if (!a.ca_file.empty())
        tls.load_verify_file(a.ca_file);
    const pop3::mail_account account(tls, a.from,
                                     pop3::password(a.from.user, demo::read_password(a.from.user)));
    pop3::fetch_options options;
    options.retry.tries = 1; // whoever looks on may try again
    options.on_progress = [&stop, begun = std::chrono::steady_clock::now()](const pop3::fetch_progress& p) {
        show(p, begun);
        return stop ? pop3::flow::drain : pop3::flow::more;
    };
    std::error_code ec; // stands in the report, too
    co_return co_await pop3::async_fetch(co_await asio::this_coro::executor, account, seen, inbox, policy,
                                         std::move(options), asio::redirect_error(asio::use_awaitable, ec));
}

// What there is to say; true if all is well.
bool tell(const pop3::fetch_report& r)
{
    for (const auto& s : r.skipped)
        std::cerr << "message " << s.number << " is left: " << pop3::printable(s.text)
                  << (s.error ? s.error.message() : "") << '\n';
    std::cout << r.fetched << " new, " << r.left << " left, " << r.deleted << " deleted\n";
    if (r.error)
        std::cerr << "fetch: " << (r.refused ? to_string(*r.refused) + ": " : "") << r.error.message() << ' '
                  << r.failed_at << '\n';
    return r.left == 0 && !r.error;
}

} // namespace

int main(int argc, char** argv)
{
    ::umask(077); // Mail is for its reader only.
    try {
        const auto a = parse({argv + 1, argv + argc});
        asio::io_context context(1);
        bool stop = false;
        asio::signal_set signals(context, SIGINT, SIGTERM);
        signals.async_wait([&](std::error_code ec, int) {
            stop = !ec;
            signals.clear(ec); // the next one ends the program
        });
        bool good = false;
        std::exception_ptr error;
        asio::co_spawn(context, fetch(a, stop), [&](std::exception_ptr e, const pop3::fetch_report& report) {
            signals.cancel();
            error = e;
            good = !e && tell(report);
        });
        context.run();
        if (error)
            std::rethrow_exception(error);
        return good ? 0 : 1;
    } catch (const std::exception& e) { // std::system_error: it broke; pop3::refused: the server said no
        std::cerr << "fetch: " << e.what() << '\n';
        return 1;
    }
}
