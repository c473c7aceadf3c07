// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// login URL [--tls|--stls|--cleartext] [--ca-file FILE] [--certificate FILE] [--trace]
//
// Every way in, and what comes of it: logs in as the URL says, shows what was negotiated, and looks into the maildrop.
//
//     login pop://mrose@pop.example.org                           the safest way that the server offers
//     login 'pop://mrose;AUTH=SCRAM-SHA-256@pop.example.org'      this way, or none
//     login pop://mrose@pop.example.org --stls                    TLS that begins in clear, on port 110
//     login 'pop://mrose;AUTH=EXTERNAL@pop.example.org' --certificate mrose.pem
//
// The password is asked for, or taken from the environment variable POP3_PASSWORD. An OAuth 2.0 access token, if there is
// one in POP3_TOKEN, is used instead. FILE of --certificate has a certificate and its key, in PEM form.

#include "read_password.hpp"

#include <pop3/pop3.hpp>

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <cstdlib>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace {

struct arguments {
    pop3::url where;
    std::string security = "--tls";
    std::string ca_file;
    std::string certificate;
    bool trace = false;
};

// ---- What is shown ------------------------------------------------------------------------------

// What a server says is untrusted input: it could move the cursor of a terminal.
std::string safe(const std::string& text)
{
    return pop3::printable(text);
}

void show(const pop3::tls_info& tls)
{
    std::cout << "TLS: " << tls.version << ", " << tls.cipher << ", group " << tls.group
              << (tls.resumed ? ", resumed" : "") << '\n'
              << "public key, to pin: " << tls.public_key_sha256 << '\n';
}

void show(std::string_view when, const pop3::reply<pop3::capabilities>& said)
{
    std::cout << "capabilities " << when << ':';
    if (!said) {
        std::cout << " refused\n"; // An old server: nothing is wrong with the session.
        return;
    }
    const pop3::capabilities& can = *said;
    for (const auto& mechanism : can.sasl)
        std::cout << " SASL:" << safe(mechanism);
    const std::pair<bool, std::string_view> keywords[] = {
        {can.user, "USER"}, {can.stls, "STLS"}, {can.utf8.has_value(), "UTF8"}, {can.lang, "LANG"},
        {can.top, "TOP"},   {can.uidl, "UIDL"}, {can.pipelining, "PIPELINING"}};
    for (const auto& [has, keyword] : keywords)
        if (has)
            std::cout << ' ' << keyword;
    if (can.expire && can.expire->days)
        std::cout << " EXPIRE:" << *can.expire->days << " days";
    if (can.login_delay)
        std::cout << " LOGIN-DELAY:" << can.login_delay->delay.count() << " s";
    std::cout << '\n';
}

void explain(const pop3::refusal& why)
{
    std::cerr << "login: " << to_string(why) << '\n';
    if (!why.details().empty()) // The JSON of XOAUTH2 and OAUTHBEARER, the error of SCRAM.
        std::cerr << "details: " << safe(why.details()) << '\n';
    switch (why.advice()) {
    case pop3::retry_advice::ask_for_credentials:
        std::cerr << "advice: other credentials may do\n";
        break;
    case pop3::retry_advice::wait:
        std::cerr << "advice: the same will do later\n";
        break;
    case pop3::retry_advice::give_up:
        std::cerr << "advice: a person must mend something on the server\n";
        break;
    case pop3::retry_advice::unknown:
        break;
    }
    if (why.retry_after())
        std::cerr << "advice: wait " << why.retry_after()->count() << " seconds\n";
}

// ---- Every way in -------------------------------------------------------------------------------

template <class Stream>
using login_reply =
    pop3::reply<pop3::session<pop3::transaction, Stream>, pop3::session<pop3::authorization, Stream>>;

// With asio::use_awaitable a refusal is a value and is not thrown.
template <class Stream>
asio::awaitable<login_reply<Stream>> log_in(pop3::session<pop3::authorization, Stream> greeted,
                                            const pop3::url& where)
{
    if (where.auth == "EXTERNAL")
        co_return co_await std::move(greeted).async_auth(pop3::sasl::external(where.user),
                                                         asio::use_awaitable);
    if (where.auth == "ANONYMOUS")
        co_return co_await std::move(greeted).async_auth(pop3::sasl::anonymous(where.user),
                                                         asio::use_awaitable);

    // "*", or nothing, is the safest way that server and credentials share.
    const pop3::login_options options(where.auth);
    if (const char* given = std::getenv("POP3_TOKEN")) {
        const pop3::access_token credentials(where.user, given);
        co_return co_await std::move(greeted).async_login(credentials, options, asio::use_awaitable);
    }
    const pop3::password credentials(where.user, demo::read_password(where.user));
    co_return co_await std::move(greeted).async_login(credentials, options, asio::use_awaitable);
}

template <class Stream>
asio::awaitable<void> look(pop3::session<pop3::authorization, Stream> greeted, const pop3::url& where)
{
    std::cout << "greeting: " << safe(greeted.greeting().text) << '\n';
    if constexpr (pop3::is_secure_stream<Stream>)
        show(greeted.tls());
    show("before the login", co_await greeted.async_capa(asio::use_awaitable));

    auto entered = co_await log_in(std::move(greeted), where);
    if (!entered)
        throw pop3::refused(entered.error());
    auto mailbox = *std::move(entered);
    std::cout << "logged in with " << mailbox.login_mechanism() << '\n';
    show("after the login", co_await mailbox.async_capa(asio::use_awaitable));

    const auto [count, octets] = co_await mailbox.async_stat();
    std::cout << count << " messages, " << octets << " octets\n";
    (void)co_await std::move(mailbox).async_quit();
}

// ---- Every kind of connection -------------------------------------------------------------------

pop3::tls_context make_tls(const arguments& args)
{
    pop3::tls_context tls; // The system's certificate authorities, TLS 1.2 or newer.
    if (!args.ca_file.empty())
        tls.load_verify_file(args.ca_file);
    if (!args.certificate.empty()) {
        tls.use_certificate_chain_file(args.certificate);
        tls.use_private_key_file(args.certificate);
    }
    return tls;
}

void print(pop3::direction from, std::string_view line)
{
    std::cerr << (from == pop3::direction::sent ? " C: " : " S: ") << safe(std::string(line)) << '\n';
}

asio::awaitable<void> converse(arguments args)
{
    const auto executor = co_await asio::this_coro::executor;
    const auto tls = make_tls(args);
    pop3::connect_options options;
    if (args.trace)
        options.observer = print;

    if (args.security == "--stls")
        co_await look(co_await pop3::async_connect(executor, pop3::stls(tls), args.where, options),
                      args.where);
    else if (args.security == "--cleartext")
        co_await look(co_await pop3::async_connect(executor, pop3::allow_cleartext, args.where, options),
                      args.where);
    else
        co_await look(co_await pop3::async_connect(executor, tls, args.where, options), args.where);
}

arguments parse(int argc, char** argv)
{
    arguments result;
    for (int i = 1; i < argc; ++i) {
        const std::string_view arg = argv[i];
        if (arg == "--tls" || arg == "--stls" || arg == "--cleartext")
            result.security = arg;
        else if (arg == "--trace")
            result.trace = true;
        else if (arg == "--ca-file" && i + 1 < argc)
            result.ca_file = argv[++i];
        else if (arg == "--certificate" && i + 1 < argc)
            result.certificate = argv[++i];
        else
            result.where = pop3::parse_url(arg);
    }
    if (result.where.user.empty())
        throw std::invalid_argument("usage: login pop://USER@HOST[:PORT] [--tls|--stls|--cleartext] "
                                    "[--ca-file FILE] [--certificate FILE] [--trace]");
    return result;
}

} // namespace

int main(int argc, char** argv)
{
    try {
        asio::io_context context(1);
        std::exception_ptr error;
        asio::co_spawn(context, converse(parse(argc, argv)), [&error](std::exception_ptr e) { error = e; });
        context.run();
        if (error)
            std::rethrow_exception(error);
    } catch (const pop3::refused& no) { // The server said no.
        explain(no.refusal());
        return 1;
    } catch (const std::exception& broken) { // The connection, the protocol, or what was asked for.
        std::cerr << "login: " << broken.what() << '\n';
        return 1;
    }
}
