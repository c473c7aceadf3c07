// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// subjects [URL], such as pop://mrose@pop.example.org; the password is taken from the environment variable POP3_PASSWORD.
//
// Prints the subjects of all messages, decoded. Without an argument it asks a server of its own.

#include "decoded_subject.hpp"

#include <pop3/blocking.hpp>
#include <pop3/pop3.hpp>
#include <pop3/testing/server.hpp>

#include <asio/io_context.hpp>

#include <cstdlib>
#include <exception>
#include <iostream>
#include <utility>

namespace {

void print_subjects(const pop3::tls_context& tls, const pop3::url& where, const pop3::password& who)
{
    asio::io_context context;
    auto greeted = pop3::async_connect(context.get_executor(), tls, where, pop3::blocking);
    auto mailbox = std::move(greeted).async_login(who, pop3::blocking);
    for (const auto& entry : mailbox.async_list(pop3::blocking)) {
        const pop3::message header = mailbox.async_top(entry.number, 0, pop3::blocking);
        std::cout << pop3::printable(decoded_subject(header)) << '\n'; // it may hold anything
    }
    static_cast<void>(std::move(mailbox).async_quit(pop3::blocking));
}

void print_from_own_server()
{
    const pop3::testing::background_server server(pop3::testing::server_options({pop3::testing::account(
        "alice", "secret", {"Subject: =?ISO-8859-1?Q?Gr=FC=DFe?=\r\n\r\n", "From: x\r\n\r\n"})}));
    pop3::tls_context tls(pop3::no_system_roots);
    tls.add_certificate_authority(server.identity().pem());
    print_subjects(tls, pop3::url("localhost", server.port()), pop3::password("alice", "secret"));
}

} // namespace

int main(int argc, char** argv)
{
    g_mime_init();
    try {
        if (argc == 1) {
            print_from_own_server();
        } else {
            const auto where = pop3::parse_url(argv[1]);
            const char* secret = std::getenv("POP3_PASSWORD");
            print_subjects(pop3::tls_context(), where, pop3::password(where.user, secret ? secret : ""));
        }
    } catch (const std::exception& e) {
        std::cerr << e.what() << '\n';
        return 1;
    }
}
