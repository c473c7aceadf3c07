// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// The library against Cyrus: see cyrus/cyrus.hpp for what it does unlike Dovecot.

#include "cyrus/cyrus.hpp"

#include <asio/buffer.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/read_until.hpp>
#include <asio/ssl/context.hpp>
#include <asio/ssl/host_name_verification.hpp>
#include <asio/ssl/stream.hpp>
#include <asio/write.hpp>
#include <doctest/doctest.h>

#include <cstddef>
#include <string>

namespace {

test::cyrus& server()
{
    return test::cyrus::instance();
}

/// What the server sends from here to `end`, which is included.
template <class Stream>
std::string read_to(Stream& stream, const std::string& end)
{
    std::string text;
    const std::size_t size = asio::read_until(stream, asio::dynamic_buffer(text), end);
    CHECK(text.size() == size); // nothing behind it
    return text;
}

template <class Stream>
std::string tell(Stream& stream, const std::string& command, const std::string& end = "\r\n")
{
    asio::write(stream, asio::buffer(command + "\r\n"));
    return read_to(stream, end);
}

bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

} // namespace

// Without the library: it is the server that is looked at, whether it is what the other tests take it for.
TEST_CASE("what Cyrus offers in the clear and by STLS")
{
    server().deliver("alice", {"Subject: one\r\n\r\n.a dot\r\n"});

    asio::io_context context;
    asio::ssl::context tls(asio::ssl::context::tls_client);
    tls.load_verify_file(server().ca_file());
    tls.set_verify_mode(asio::ssl::verify_peer);
    tls.set_verify_callback(asio::ssl::host_name_verification("localhost"));
    asio::ssl::stream<asio::ip::tcp::socket> stream(context, tls);
    auto& plain = stream.next_layer();
    plain.connect({asio::ip::make_address(server().host()), server().plain_port()});

    CHECK(contains(read_to(plain, "\r\n"), " Cyrus POP3 "));
    const std::string before = tell(plain, "CAPA", "\r\n.\r\n");
    CHECK(contains(before, "\r\nSTLS\r\n"));
    CHECK(contains(before, " SCRAM-SHA-512"));
    CHECK(!contains(before, "-PLUS"));

    CHECK(tell(plain, "STLS").starts_with("+OK"));
    stream.handshake(asio::ssl::stream_base::client);
    const std::string after = tell(stream, "CAPA", "\r\n.\r\n");
    CHECK(!contains(after, "\r\nSTLS\r\n"));
    CHECK(contains(after, " SCRAM-SHA-512-PLUS"));
    CHECK(!contains(after, " EXTERNAL"));

    CHECK(tell(stream, "USER alice").starts_with("+OK"));
    CHECK(tell(stream, std::string("PASS ") + test::cyrus::password).starts_with("+OK"));
    CHECK(tell(stream, "STAT").starts_with("+OK 1 "));
    CHECK(contains(tell(stream, "RETR 1", "\r\n.\r\n"), "\r\n\r\n..a dot\r\n.\r\n"));
    CHECK(tell(stream, "QUIT").starts_with("+OK"));
}
