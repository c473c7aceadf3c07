// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

// A second real POP3 server, Cyrus, for what differs between servers before there is a maildrop: STLS and login.
// test::cyrus starts one in a folder of its own and ends it again.  What it listens on and which users and mechanisms
// it knows is described in start.sh.
//
//     auto& server = test::cyrus::instance();
//     server.deliver("alice", {"Subject: one\r\n\r\nbody\r\n"});
//     ... connect to "localhost", server.plain_port(), STLS, trusting server.ca_file(), as alice, "secret" ...
//
// What it does unlike Dovecot:
// - SCRAM-*-PLUS is offered under TLS, but of all bindings only tls-unique is taken; for others the first message gets
//   its challenge, but the answer to the proof, right or wrong, is "-ERR [AUTH] authenticating: bad protocol / cancel",
//   and the connection goes on.
// - Where it offers -PLUS, a client that says it does not (`y,,`) is refused; `n,,` is not.
// - EXTERNAL is offered only to who shows a certificate.
// - An unknown command is "-ERR Unrecognized command"; there is no close_notify after QUIT; no TLS session is resumed.
//
// Two compile definitions say where things are: POP3_CYRUS_START, the path of start.sh, and POP3_CYRUS_DIR, the folder
// that provide.sh was given.

#include "support/started_server.hpp"

#include <asio/buffer.hpp>
#include <asio/io_context.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/read_until.hpp>
#include <asio/write.hpp>

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#ifndef POP3_CYRUS_START
#define POP3_CYRUS_START ""
#endif
#ifndef POP3_CYRUS_DIR
#define POP3_CYRUS_DIR ""
#endif

namespace test {

class cyrus : public started_server {
public:
    // Of alice, bob, carol, dave and erin.
    static constexpr const char* password = "secret";
    // Of odd.
    static constexpr const char* odd_password = "p=1,q=\"\xC3\x9F\\";

    // Starts a server; throws std::runtime_error with what the script said when that fails.  `provided` is the folder
    // given to provide.sh.
    explicit cyrus(std::string start_script = POP3_CYRUS_START, std::string provided = POP3_CYRUS_DIR)
        : started_server("cyrus", std::move(start_script), std::move(provided))
    {
    }

    // The one server of this test program.
    static cyrus& instance()
    {
        return only<cyrus>();
    }

    // The certificate is for this host and for localhost.
    std::string host() const
    {
        return "127.0.0.1";
    }

    // POP3 without TLS, with STLS.
    std::uint16_t plain_port() const
    {
        return port("plain");
    }

    // POP3 over TLS.
    std::uint16_t tls_port() const
    {
        return port("tls");
    }

    // PEM files of the certificate and the key of a client who is the user "alice".
    std::string client_certificate() const
    {
        return work_dir() + "/client.pem";
    }

    std::string client_key() const
    {
        return work_dir() + "/client.key";
    }

    // Adds messages to the user's maildrop.  They must have CRLF at the ends of lines; a header is added on the way.
    void deliver(const std::string& user, const std::vector<std::string>& messages)
    {
        asio::io_context context;
        asio::local::stream_protocol::socket socket(context);
        socket.connect(work_dir() + "/lmtp");
        std::string read;
        reply(socket, read, '2');
        const auto send = [&](const std::string& text, char expected) {
            asio::write(socket, asio::buffer(text));
            reply(socket, read, expected);
        };
        send("LHLO localhost\r\n", '2');
        for (const std::string& message : messages) {
            send("MAIL FROM:<sender@example.org> BODY=8BITMIME\r\n", '2');
            send("RCPT TO:<" + user + ">\r\n", '2');
            send("DATA\r\n", '3');
            send(stuffed(message) + ".\r\n", '2');
        }
        send("QUIT\r\n", '2');
    }

private:
    // A reply of SMTP: of several lines all but the last have a '-' behind the code.
    static void reply(asio::local::stream_protocol::socket& socket, std::string& read, char expected)
    {
        for (bool more = true; more;) {
            const std::size_t size = asio::read_until(socket, asio::dynamic_buffer(read), '\n');
            const std::string line = read.substr(0, size);
            read.erase(0, size);
            if (line.front() != expected) {
                throw std::runtime_error("cyrus: mail is refused: " + line);
            }
            more = line.size() > 3 && line[3] == '-';
        }
    }

    static std::string stuffed(std::string_view message)
    {
        std::string text;
        for (bool begin = true; const char c : message) {
            if (begin && c == '.') {
                text += '.';
            }
            text += c;
            begin = c == '\n';
        }
        return text;
    }
};

} // namespace test
