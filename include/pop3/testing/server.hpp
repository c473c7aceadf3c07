// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

// A POP3 server for tests: RFC 1939 with CAPA and response codes (RFC 2449 and 3206), APOP, AUTH (RFC 5034: SCRAM-SHA-256,
// CRAM-MD5, PLAIN, LOGIN), STLS (RFC 2595), UTF8 and LANG (RFC 6856), and LAST (RFC 1460), over TLS or plain TCP. It does
// what it should, but for the faults that the test asks for. Mail is kept in memory.
//
//     pop3::testing::server_options served({pop3::testing::account("alice", "secret", {"Subject: 1\r\n\r\nOne.\r\n"})});
//     served.faults = {pop3::testing::fault::hang_up_after("RETR", 100).times(1)};
//     pop3::testing::background_server server(served);
//
//     pop3::tls_context tls(pop3::no_system_roots);
//     tls.add_certificate_authority(server.identity().pem()); // connect to "localhost", server.port()
//
// It shares no code with the client, so that each is a check on the other. It is not made for the Internet: nothing limits
// how many clients connect, or how often one may guess a password.

#include <pop3/testing/certificate.hpp>
#include <pop3/testing/config.hpp>
#include <pop3/testing/fault.hpp>
#include <pop3/testing/server_options.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/io_context.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

/// For tests of programs that use pop3: a server, conversations that are written down, and a fuse.
namespace pop3::testing {

namespace detail {
struct served;
} // namespace detail

/// A test server on an executor of the test's. It listens from its construction on, and serves while its executor runs. What
/// the executor belongs to (say, an `io_context`) must outlive the server.
///
/// Threads: all members may be called from any thread.
class server {
public:
    /// Throws `std::system_error` if it cannot listen.
    server(const asio::any_io_executor& executor, server_options options);

    server(const server&) = delete;
    server& operator=(const server&) = delete;
    ~server();

    /// Where it listens.
    std::uint16_t port() const noexcept
    {
        return port_;
    }

    /// Its certificate: the client is to trust `identity().pem()`.
    const certificate& identity() const noexcept;

    /// The messages that an account has, without those that a QUIT has deleted. None if there is no such account.
    std::vector<std::string> messages(std::string_view account) const;

    /// A message comes. A client that has the maildrop open does not see it before its next session.
    ///
    /// account: one of the options; `std::out_of_range` is thrown if it is not.
    /// unique_id: if empty, it is made of the text and how many came before it.
    void deliver(std::string_view account, std::string message, std::string unique_id = {});

    /// Adds a fault behind those that there are.
    void add(fault f);

    /// The lines of all clients, in the order in which they were heard, passwords included; the last 10,000.
    std::vector<std::string> lines() const;

    /// How many clients have connected.
    std::size_t connections() const;

    /// Closes the listener and the sessions; deletions that no QUIT has confirmed are forgotten. May be called more than
    /// once. It only starts this: it is done when the executor has nothing left to run for the server.
    void stop();

private:
    std::shared_ptr<detail::served> served_;
    std::uint16_t port_;
};

namespace detail {

/// Is made before the server that runs on it, and destroyed after it.
class own_context {
protected:
    asio::io_context context_{1};
};

} // namespace detail

/// A server with a thread of its own. The destructor stops the one and joins the other.
class background_server : detail::own_context, public server {
public:
    /// Throws `std::system_error` if it cannot listen.
    explicit background_server(server_options options)
        : server(context_.get_executor(), std::move(options)), thread_([this] { context_.run(); })
    {
    }

    ~background_server()
    {
        stop();
        thread_.join();
    }

private:
    std::thread thread_;
};

} // namespace pop3::testing

#if !defined(POP3_TESTING_SEPARATE_COMPILATION)
#include <pop3/testing/server.ipp>
#endif
