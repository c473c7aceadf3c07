// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// Sessions over tcp_stream and over cleartext_stream run by the same code. Only the second may show a secret.

#include <pop3/blocking.hpp>
#include <pop3/command/pass.hpp>
#include <pop3/pop3.hpp>
#include <pop3/secret.hpp>
#include <pop3/testing/server.hpp>

#include <asio/io_context.hpp>
#include <asio/thread_pool.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace cleartext_tests {
namespace {

using pop3::errc;

/// What a login sends to a server that has no way in but such as show the password, and how it ends.
template <class How>
std::pair<std::string, std::error_code> log_in(const How& how)
{
    pop3::testing::server_options plain({pop3::testing::account("alice", "secret", {})});
    plain.tls = false;
    plain.disabled = {"SCRAM-SHA-256",    "SCRAM-SHA-256-PLUS", "SCRAM-SHA-1",
                      "SCRAM-SHA-1-PLUS", "CRAM-MD5",           "APOP"};
    asio::thread_pool pool(1);
    pop3::testing::server server(pool.get_executor(), plain);
    std::pair<std::string, std::error_code> result;
    pop3::connect_options options;
    options.observer = [&](pop3::direction d, std::string_view line) {
        if (d == pop3::direction::sent)
            result.first.append(line).append("\n");
    };
    asio::io_context context;
    auto in = pop3::async_connect(context.get_executor(), how, pop3::url("localhost", server.port()), options,
                                  pop3::blocking)
                  .async_login(pop3::password("alice", "secret"), pop3::blocking(result.second));
    CHECK(in.has_value() == !result.second);
    server.stop();
    return result;
}

/// How PASS ends over a stream that is not connected.
template <class Stream>
std::error_code pass_over()
{
    namespace detail = pop3::detail;
    using finish =
        detail::leave<pop3::session<pop3::transaction, Stream>, pop3::session<pop3::authorization, Stream>>;
    asio::io_context context;
    std::error_code result;
    detail::async_drive(
        detail::make_connection(Stream(context.get_executor()), {}), context.get_executor(),
        pop3::command::single<pop3::command::pass>(pop3::command::pass(pop3::secret("secret"))), finish(),
        detail::part::whole, [&](std::error_code ec, const typename finish::reply_type&) { result = ec; });
    context.run();
    return result;
}

} // namespace

TEST_CASE("a login shows the password over a cleartext_stream, and not over a tcp_stream")
{
    const auto [without, refused] = log_in(pop3::without_tls);
    CHECK(refused == errc::no_shared_mechanism);
    CHECK(without == "CAPA\n");

    const auto [allowed, none] = log_in(pop3::allow_cleartext);
    CHECK(!none);
    CHECK(allowed.starts_with("CAPA\nAUTH PLAIN"));
}

TEST_CASE("the driver sends no secret over a tcp_stream, whoever begins it")
{
    CHECK(pass_over<pop3::tcp_stream>() == errc::cleartext_not_allowed);
    const auto not_connected = pass_over<pop3::cleartext_stream>();
    CHECK(not_connected);
    CHECK(not_connected != errc::cleartext_not_allowed);
}

} // namespace cleartext_tests
