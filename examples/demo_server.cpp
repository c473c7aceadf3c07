// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// demo_server [port] [--ca-file FILE] [--plain] [--without NAME]...
//
// A POP3 server with TLS on 127.0.0.1 and one account: alice, password secret, with a few messages to try a
// client on. Its certificate is new with every start; FILE gets a copy, for the client to trust:
//
//     demo_server 9995 --ca-file ca.pem
//     curl --cacert ca.pem pop3s://alice:secret@localhost:9995/1
//
// --plain: without TLS, until the client asks for it by STLS. --without: a command or SASL mechanism that it shall not
// know, such as SCRAM-SHA-256.

#include <pop3/testing/server.hpp>

#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>

#include <charconv>
#include <csignal>
#include <cstdint>
#include <exception>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace {

struct arguments {
    std::uint16_t port = 0;
    std::string ca_file;
    bool plain = false;
    std::vector<std::string> without;
};

std::uint16_t to_port(std::string_view text)
{
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc() || end != text.data() + text.size())
        throw std::invalid_argument(
            "usage: demo_server [port] [--ca-file FILE] [--plain] [--without NAME]...");
    return port;
}

arguments parse(int argc, char** argv)
{
    arguments result;
    for (int i = 1; i < argc; ++i) {
        const std::string_view arg = argv[i];
        if (arg == "--plain")
            result.plain = true;
        else if (arg == "--ca-file" && i + 1 < argc)
            result.ca_file = argv[++i];
        else if (arg == "--without" && i + 1 < argc)
            result.without.emplace_back(argv[++i]);
        else
            result.port = to_port(argv[i]);
    }
    return result;
}

void write_file(const std::string& name, const std::string& content)
{
    std::ofstream file(name);
    if (!(file << content << std::flush))
        throw std::runtime_error("cannot write " + name);
}

void run(const arguments& args)
{
    asio::io_context context(1);
    asio::signal_set signals(context, SIGINT, SIGTERM);

    pop3::testing::server_options settings(
        {pop3::testing::account("alice", "secret", pop3::testing::sample_messages())});
    settings.port = args.port;
    settings.tls = !args.plain;
    settings.disabled = args.without;
    pop3::testing::server server(context.get_executor(), settings);

    // Written before the line below, so that a script that waits for the line finds the file.
    if (!args.ca_file.empty())
        write_file(args.ca_file, server.identity().pem());
    std::cout << "listening on " << settings.address << ':' << server.port()
              << ", user alice, password secret" << std::endl;

    signals.async_wait([&server](std::error_code, int) { server.stop(); });
    context.run();
}

} // namespace

int main(int argc, char** argv)
{
    try {
        run(parse(argc, argv));
    } catch (const std::exception& e) {
        std::cerr << e.what() << '\n';
        return 1;
    }
}
