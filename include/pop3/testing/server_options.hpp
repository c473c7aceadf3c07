// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/testing/certificate.hpp>
#include <pop3/testing/fault.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace pop3::testing {

class fuse;

/// Who has mail on a test server, and which.
struct account {
    // Not an aggregate: g++ 12 miscompiles temporaries of such in a co_await expression.
    /// With a password; a `token` is set beside it.
    account(std::string account_name, std::string account_password, std::vector<std::string> mail = {},
            std::vector<std::string> ids = {})
        : name(std::move(account_name)), password(std::move(account_password)), messages(std::move(mail)),
          unique_ids(std::move(ids))
    {
    }

    std::string name;     ///< What the client logs in with.
    std::string password; ///< In clear.
    std::string
        token; ///< If not empty: for OAUTHBEARER and XOAUTH2, which are announced if an account has one.
    /// Have CRLF line ends and are not dot-stuffed.
    std::vector<std::string> messages;
    /// Of the messages, in their order, as they are said, also if two are the same or one is malformed. Those that are
    /// missing are made of the text and its place.
    std::vector<std::string> unique_ids;
};

/// What a server makes of commands that are sent ahead of their replies.
enum class pipelining {
    announced,   ///< Is able to do it, and says so.
    unannounced, ///< Is able to do it, and does not say so.
    forgets,     ///< Says so, and answers only the first of the commands that come together.
    interleaves, ///< Says so, and the status line of the next RETR stands in the midst of a message, before its dot.
};

/// What can be chosen of a test server.
struct server_options {
    /// served: the accounts.
    explicit server_options(std::vector<account> served = {}) : accounts(std::move(served))
    {
    }

    std::vector<account> accounts; ///< Whom it serves.
    bool tls = true;               ///< From the first octet, as on port 995. Otherwise plain TCP, and STLS.
    certificate identity;          ///< Used with TLS only.
    std::string address = "127.0.0.1";                               ///< Where to listen.
    std::uint16_t port = 0;                                          ///< 0 is any free one.
    testing::pipelining pipelining = testing::pipelining::announced; ///< What it makes of pipelined commands.
    /// Commands and SASL mechanisms that the server shall not know, such as {"UIDL", "SCRAM-SHA-256"}.
    std::vector<std::string> disabled;
    std::vector<fault> faults;     ///< What it does instead of what it should.
    testing::fuse* fuse = nullptr; ///< Hangs up at the step that fails. Must outlive the server.
    std::chrono::steady_clock::duration idle_timeout = std::chrono::minutes(10); ///< RFC 1939 wants no less.
};

/// A few messages that a client may stumble over: dots, all octets, an empty body, a megabyte.
std::vector<std::string> sample_messages();

} // namespace pop3::testing

#if !defined(POP3_TESTING_SEPARATE_COMPILATION)
#include <pop3/testing/sample_messages.ipp>
#endif
