// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// A session whose security is known at run time.

#include "support/peer.hpp"
#include "support/run.hpp"

#include <pop3/blocking.hpp>
#include <pop3/connect_any.hpp>
#include <pop3/mailbox.hpp>
#include <pop3/mailbox/any_mail_account.hpp>
#include <pop3/pop3.hpp>
#include <pop3/testing/server.hpp>

#include <asio/io_context.hpp>
#include <asio/thread_pool.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

namespace any_stream_tests {
namespace {

using pop3::blocking;
using pop3::errc;
using pop3::security_kind;
using mailbox = pop3::session<pop3::transaction, pop3::any_stream>;
using greeted = pop3::session<pop3::authorization, pop3::any_stream>;

constexpr security_kind kinds[] = {security_kind::tls, security_kind::stls, security_kind::no_tls,
                                   security_kind::cleartext};

bool has_tls(security_kind kind)
{
    return kind == security_kind::tls || kind == security_kind::stls;
}

/// A server for each kind, that runs by itself.
class server {
public:
    explicit server(security_kind kind, std::vector<std::string> disabled = {})
        : server_(pool_.get_executor(), options(kind, std::move(disabled))), tls_(pop3::no_system_roots),
          kind_(kind)
    {
        if (has_tls(kind) || kind == security_kind::no_tls)
            tls_.add_certificate_authority(server_.identity().pem());
    }

    ~server()
    {
        server_.stop();
    }

    greeted connect(const pop3::connect_options& options = {})
    {
        return pop3::async_connect(context.get_executor(), pop3::security(kind_, tls_),
                                   pop3::url("localhost", server_.port()), options, blocking);
    }

    pop3::any_mail_account account() const
    {
        return {pop3::security(kind_, tls_), pop3::url("localhost", server_.port()),
                pop3::password("alice", "secret")};
    }

    asio::io_context context;

private:
    static pop3::testing::server_options options(security_kind kind, std::vector<std::string> disabled)
    {
        pop3::testing::server_options o(
            {pop3::testing::account("alice", "secret", pop3::testing::sample_messages())});
        o.tls = kind == security_kind::tls;
        o.disabled = std::move(disabled);
        return o;
    }

    asio::thread_pool pool_{1};
    pop3::testing::server server_;
    pop3::tls_context tls_;
    security_kind kind_;
};

const pop3::password alice("alice", "secret");

} // namespace

TEST_CASE("security: as a configuration names it")
{
    CHECK(pop3::parse_security("tls") == security_kind::tls);
    CHECK(pop3::parse_security("stls") == security_kind::stls);
    CHECK(pop3::parse_security("without_tls") == security_kind::no_tls);
    CHECK(pop3::parse_security("allow_cleartext") == security_kind::cleartext);
    for (const auto* const none : {"", "TLS", "ssl", "tls ", "none", "cleartext"})
        CHECK(!pop3::parse_security(none));
}

TEST_CASE("any_stream: a whole session of each kind")
{
    for (const auto kind : kinds) {
        CAPTURE(static_cast<int>(kind));
        server s(kind);
        std::vector<std::string> sent;
        pop3::connect_options options;
        options.observer = [&](pop3::direction d, std::string_view line) {
            if (d == pop3::direction::sent)
                sent.emplace_back(line);
        };
        auto hello = s.connect(options);
        CHECK(hello.is_encrypted() == has_tls(kind));
        CHECK(hello.tls().version.empty() != has_tls(kind));
        mailbox m = std::move(hello).async_login(alice, blocking);
        CHECK(m.is_encrypted() == has_tls(kind));
        CHECK(m.login_mechanism().starts_with("SCRAM") == true);
        CHECK(m.account().starts_with("alice@localhost"));
        CHECK(m.async_stat(blocking).count == 5);
        CHECK(m.async_retr(5, blocking).octets() == pop3::testing::sample_messages()[4]);
        std::string text;
        m.async_retr(
            2, [&](std::span<const char> piece) { text.append(piece.data(), piece.size()); }, blocking);
        CHECK(text == pop3::testing::sample_messages()[1]);
        std::vector<pop3::command::retr> all;
        for (int i = 1; i <= 5; ++i)
            all.emplace_back(i);
        std::size_t octets = 0;
        m.async_pipeline(
            all, [&](std::size_t, const pop3::reply<pop3::message>& r) { octets += r->octets().size(); },
            blocking);
        CHECK(octets > 1'000'000);
        auto receiving = std::move(m).async_receive(pop3::command::retr(1), blocking);
        m = std::move(receiving).async_finish(blocking);
        m.async_dele(1, blocking);
        CHECK(std::move(m).async_quit(blocking).deletions() == pop3::deletions::committed);
        CHECK(!sent.empty());
    }
}

TEST_CASE("any_stream: a secret is not shown without TLS, unless that was allowed")
{
    for (const auto kind : kinds) {
        CAPTURE(static_cast<int>(kind));
        const bool may = kind != security_kind::no_tls;
        server s(kind, {"SCRAM-SHA-256", "SCRAM-SHA-256-PLUS", "SCRAM-SHA-1", "SCRAM-SHA-1-PLUS", "CRAM-MD5",
                        "APOP"});
        std::string sent;
        pop3::connect_options options;
        options.observer = [&](pop3::direction d, std::string_view line) {
            if (d == pop3::direction::sent)
                sent.append(line).append("\n");
        };
        std::error_code ec;
        // The login finds nothing that it may use.
        auto in = s.connect(options).async_login(alice, blocking(ec));
        CHECK((ec ? std::error_code(ec) : std::error_code()) ==
              (may ? std::error_code() : make_error_code(errc::no_shared_mechanism)));
        CHECK(in.has_value() == may);

        // A mechanism, a command and a token that show one.
        sent.clear();
        in = {}; // the maildrop is for one at a time
        in = s.connect(options).async_auth(pop3::sasl::plain(alice), blocking(ec));
        CHECK(ec == (may ? std::error_code() : make_error_code(errc::cleartext_not_allowed)));
        CHECK(in.has_value() == may);
        CHECK((sent.find("AUTH") != sent.npos) == may);
        if (!may)
            CHECK(std::move(in).session().is_open()); // and may do something else

        sent.clear();
        in = {};
        auto user = s.connect(options).async_user("alice", blocking(ec));
        CHECK((ec == errc::cleartext_not_allowed || user.has_value()));
        if (user.has_value()) {
            in = std::move(*user).async_pass("secret", blocking(ec));
            CHECK(ec == (may ? std::error_code() : make_error_code(errc::cleartext_not_allowed)));
            CHECK((sent.find("PASS") != sent.npos) == may);
        }

        sent.clear();
        in = {}; // the maildrop is for one at a time
        in = s.connect(options).async_login(pop3::access_token("alice", "token"), blocking(ec));
        if (!may)
            CHECK(ec == errc::no_shared_mechanism);
        CHECK((may || sent.find("AUTH") == sent.npos));
        in = {};
        in = s.connect(options).async_auth(pop3::sasl::xoauth2(pop3::access_token("alice", "token")),
                                           blocking(ec));
        if (!may)
            CHECK(ec == errc::cleartext_not_allowed);
        CHECK((may || sent.find("AUTH") == sent.npos));
    }
}

TEST_CASE("any_stream: errors of connecting say where, and a refused greeting is a refusal")
{
    asio::io_context context;
    const pop3::tls_context tls(pop3::no_system_roots);
    std::error_code ec;
    pop3::connect_options options;
    options.port = 1;
    for (const auto kind : kinds) {
        const auto r = pop3::async_connect(context.get_executor(), pop3::security(kind, tls), "127.0.0.1",
                                           options, blocking(ec));
        CHECK(ec == asio::error::connection_refused);
        CHECK(r.verb().starts_with("127.0.0.1:1"));
    }
}

TEST_CASE("any_mail_account: mail is fetched with each kind of security")
{
    for (const auto kind : kinds) {
        CAPTURE(static_cast<int>(kind));
        server s(kind);
        std::size_t delivered = 0;
        pop3::batch_delivery count([&](std::vector<pop3::batch_message> batch, pop3::commit_callback done) {
            delivered += batch.size();
            done({}, std::vector(batch.size(), pop3::kept::yes));
        });
        pop3::seen_memory seen;
        const auto account = s.account();
        CHECK(account.name().starts_with("alice@localhost:"));
        const auto report = pop3::async_fetch(s.context.get_executor(), account, seen, count,
                                              pop3::delete_after_delivery(), blocking);
        CHECK(report.fetched == 5);
        CHECK(report.deleted == 5);
        CHECK(delivered == 5);
    }
    // Without SCRAM and the like there is no way in that shows no secret.
    server s(security_kind::no_tls, {"SCRAM-SHA-256", "CRAM-MD5", "APOP"});
    pop3::seen_memory seen;
    pop3::batch_delivery none([](std::vector<pop3::batch_message>, pop3::commit_callback) {});
    std::error_code ec;
    const auto report = pop3::async_fetch(s.context.get_executor(), s.account(), seen, none,
                                          pop3::keep_on_server(), blocking(ec));
    CHECK(ec == errc::no_shared_mechanism);
    CHECK(report.sessions == 0);
}

TEST_CASE("any_stream: what comes behind the greeting is unasked")
{
    for (const auto kind : {security_kind::no_tls, security_kind::cleartext}) {
        asio::io_context context;
        asio::ip::tcp::acceptor acceptor(context, {asio::ip::make_address("127.0.0.1"), 0});
        std::optional<asio::ip::tcp::socket> peer;
        acceptor.async_accept([&](std::error_code, asio::ip::tcp::socket s) {
            peer.emplace(std::move(s));
            asio::write(*peer, asio::buffer(std::string_view("+OK ready\r\n+OK and more\r\n")));
        });
        pop3::connect_options options;
        options.port = acceptor.local_endpoint().port();
        const pop3::tls_context tls(pop3::no_system_roots);
        auto s = pop3::async_connect(context.get_executor(), pop3::security(kind, tls), "127.0.0.1", options,
                                     blocking);
        std::error_code ec;
        std::ignore = s.async_capa(blocking(ec));
        CHECK(ec == errc::unexpected_data);
        CHECK(s.notice() == "+OK and more");
        CHECK(!s.is_open());
    }
}

} // namespace any_stream_tests
